/**
 * Shapes as a tree over the bytes of lines: an edge is up to four bytes, a register, a number or a name.
 *
 * It is records in the memory of `kernel-wasm.ts`, which follows it. The records of a node make a chain: its byte edges, the longer before the
 * shorter, then one without bytes (mask 0) for what else may stand there.
 */
import type { Field, Part } from "./shape.js";

/**
 * What a record has, as byte offsets. `target`: the node behind the edge, or `~` of what is known of the shape where a line is over;
 * `other`: what may stand here besides `what`.
 */
export const Edge = { key: 0, mask: 4, bytes: 8, target: 12, next: 16, what: 20, other: 24 } as const;
export const edgeBytes = 32;
export const mostEdges: number = 1 << 15;

/** What may stand where bytes end. */
export const What = {
  nothing: 0,
  register: 1,
  name: 2,
  digits: 3,
  imm: 4,
  off: 5,
  high: 6,
  minusImm: 7,
  minusOff: 8,
  minusHigh: 9,
} as const;

const numbers: Readonly<Record<Field, readonly [plus: number, minus: number]>> = {
  imm: [What.imm, What.minusImm],
  off: [What.off, What.minusOff],
  high: [What.high, What.minusHigh],
};

/** Bytes of an edge. */
const word = 4;

function whatOf(part: Exclude<Part, { kind: "bytes" }>): number {
  return part.kind === "number" ? numbers[part.field][part.negative ? 1 : 0] : What[part.kind];
}

export class ShapeTree {
  /** All of the memory, and where the roots (by the first byte of a line) and the edges are in it. Edge 0 is where nothing goes on. */
  readonly #memory: Int32Array;
  readonly #roots: number;
  readonly #edges: number;
  #count = 0;

  constructor(memory: Int32Array, roots: number, edges: number) {
    this.#memory = memory;
    this.#roots = roots;
    this.#edges = edges;
  }

  clear(): void {
    if (this.#count === 0) return;
    this.#memory.fill(0, this.#edges / 4, (this.#edges + this.#count * edgeBytes) / 4);
    this.#memory.fill(0, this.#roots / 4, this.#roots / 4 + 256);
    this.#count = 0;
  }

  /** Is there hardly room for one more line? */
  get full(): boolean {
    return this.#count > mostEdges - mostEdges / 8;
  }

  #get(edge: number, field: keyof typeof Edge): number {
    return this.#memory[(edge + Edge[field]) / 4]!;
  }

  #set(edge: number, field: keyof typeof Edge, value: number): void {
    this.#memory[(edge + Edge[field]) / 4] = value;
  }

  /**
   * Adds a line of `parts`, whose bytes are in `text`, and that starts with the byte `first`; `leaf` is what is known of it. False where
   * that leads another way already.
   */
  add(parts: readonly Part[], first: number, text: Uint8Array, leaf: number): boolean {
    const root = this.#roots / 4 + first;
    let node = this.#memory[root]!;
    if (node === 0) this.#memory[root] = node = this.#new();
    const last = parts.at(-1);
    if (last?.kind !== "bytes") return false;
    for (const part of parts) {
      if (part.kind !== "bytes") {
        node = this.#slot(node, whatOf(part));
        if (node === 0) return false;
        continue;
      }
      for (let at = part.from; at < part.to; at += word) {
        const bytes = Math.min(word, part.to - at);
        const over = part === last && at + bytes === part.to;
        const edge = this.#edge(node, text.subarray(at, at + bytes), over ? ~leaf : 0);
        node = this.#get(edge, "target");
        if (over ? node !== ~leaf : node < 0) return false;
      }
    }
    return true;
  }

  #new(): number {
    return this.#edges + this.#count++ * edgeBytes;
  }

  /** The edge of `bytes` out of `node`; a new one leads to `target`, or to a new node (0). */
  #edge(node: number, bytes: Uint8Array, target: number): number {
    let key = 0;
    bytes.forEach((byte, i) => (key |= byte << (8 * i)));
    let edge = node;
    for (; this.#get(edge, "bytes") >= bytes.length; edge = this.#get(edge, "next")) {
      if (this.#get(edge, "key") === key && this.#get(edge, "bytes") === bytes.length) return edge;
    }
    // The new edge takes the place of the one that it comes before, which others know.
    const moved = this.#new();
    this.#memory.copyWithin(moved / 4, edge / 4, (edge + edgeBytes) / 4);
    this.#memory.fill(0, edge / 4, (edge + edgeBytes) / 4);
    this.#set(edge, "key", key);
    this.#set(edge, "mask", bytes.length === word ? -1 : (1 << (8 * bytes.length)) - 1);
    this.#set(edge, "bytes", bytes.length);
    this.#set(edge, "target", target === 0 ? this.#new() : target);
    this.#set(edge, "next", moved);
    return edge;
  }

  /** The node behind what stands at `node` besides bytes; 0 where something else stands there that could be taken for it. */
  #slot(node: number, what: number): number {
    let edge = node;
    while (this.#get(edge, "mask") !== 0) edge = this.#get(edge, "next");
    const known = this.#get(edge, "what");
    if (known !== What.nothing && known !== what) {
      // A name begins with no digit.
      const besides = (known >= What.imm && what === What.name) || (known === What.name && what >= What.imm);
      if (!besides) return 0;
      let other = this.#get(edge, "other");
      if (other === 0) this.#set(edge, "other", (other = this.#new()));
      edge = other;
    }
    const found = this.#get(edge, "what");
    if (found !== What.nothing) return found === what ? this.#get(edge, "target") : 0;
    const target = this.#new();
    this.#set(edge, "what", what);
    this.#set(edge, "target", target);
    return target;
  }
}
