/** A walk through the blocks of a function: what is reached, and which edges close loops. */

interface Edge {
  readonly from: number;
  readonly to: number | undefined;
}

export interface Walk {
  /** Of each block: does a way lead to it from block 0? */
  readonly reached: readonly boolean[];
  /** Of each edge: does it lead back to a block on the way to it? */
  readonly back: readonly boolean[];
}

/** Walks depth first from block 0, then from each block not yet seen, in their order. No recursion: functions are long. */
export function markEdges(blocks: number, edges: readonly Edge[]): Walk {
  const out: number[][] = Array.from({ length: blocks }, () => []);
  for (const [i, { from, to }] of edges.entries()) if (to !== undefined) out[from]!.push(i);
  const back = edges.map(() => false);
  const reached = Array.from({ length: blocks }, () => false);
  /** 0 not seen, 1 on the way, 2 done. */
  const state = new Uint8Array(blocks);
  const next = new Uint32Array(blocks);
  for (let root = 0; root < blocks; root++) {
    if (state[root] !== 0) continue;
    const way = [root];
    state[root] = 1;
    while (way.length > 0) {
      const at = way.at(-1)!;
      if (root === 0) reached[at] = true;
      const edge = out[at]![next[at]!++];
      if (edge === undefined) {
        state[at] = 2;
        way.pop();
        continue;
      }
      const to = edges[edge]!.to!;
      if (state[to] === 1) back[edge] = true;
      if (state[to] !== 0) continue;
      state[to] = 1;
      way.push(to);
    }
  }
  return { reached, back };
}
