/** What a picture of a function's graph shows: boxes with their sizes and texts, and the lines between them. */
import type { CfgBlock, CfgEdge, CfgEdgeKind, FunctionGraph } from "./cfg.js";
import type { Piece } from "./pieces.js";
import { blockTitle } from "./style.js";

export const fontSize = 12;
/** Monospaced fonts are 0.6 wide; a little more, so that no machine's font is wider than its box. */
export const charWidth = 7.4;
export const lineHeight = 16;
export const padding = 10;
/** Longer lines would make a picture of one box. */
const longest = 96;

export interface Box {
  readonly title: string;
  readonly lines: readonly { readonly text: string; readonly comment: string }[];
  readonly style: string;
  readonly width: number;
  readonly height: number;
}

/** What a line says: the kind of way, or that its beginning is in another part of the function. */
export type LineKind = CfgEdgeKind | "entering";

export interface Line {
  /** Numbers of boxes. */
  readonly from: number;
  readonly to: number;
  readonly kind: LineKind;
  readonly back: boolean;
}

export interface Scene {
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

/** A character is one column; surrogate pairs and what else is wide are rare in assembly. */
export const columns = (text: string): number => text.length;

function clip(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

function blockBox(block: CfgBlock): Box {
  const lines = block.lines.map(({ text, comment }) => ({ text: clip(text), comment: clip(comment) }));
  const title = blockTitle(block);
  const widths = lines.map(({ text, comment }) => columns(text) + (comment === "" ? 0 : columns(comment) + 4));
  const width = Math.max(columns(title), ...widths) * charWidth + 2 * padding;
  const style = [block.entry ? "entry" : "", block.exit ? "exit" : "", block.dead ? "dead" : ""]
    .filter(Boolean)
    .join(" ");
  return { title, lines, style, width, height: (lines.length + 1) * lineHeight + 2 * padding };
}

/** A place outside of the function, or the name of a block far away. */
function smallBox(name: string, style: "outside" | "tag"): Box {
  const title = clip(name);
  const width = columns(title) * charWidth + 2 * padding;
  return { title, lines: [], style, width, height: lineHeight + padding };
}

/** Blocks that so many ways lead to, from so many blocks away, would be behind bundles of lines across the picture. */
const manyWays = 6;
const farAway = 16;

/** The edges that end in a tag with the name of their goal, instead of a line to it. One line to each block stays. */
export function taggedEdges({ blocks, edges }: FunctionGraph): ReadonlySet<CfgEdge> {
  const ways = blocks.map(() => 0);
  const nearest = blocks.map(() => Infinity);
  for (const { from, to } of edges) {
    if (to === undefined) continue;
    ways[to]!++;
    nearest[to] = Math.min(nearest[to]!, Math.abs(to - from));
  }
  const tagged = new Set<CfgEdge>();
  for (const edge of edges) {
    if (edge.to === undefined || ways[edge.to]! < manyWays) continue;
    const distance = Math.abs(edge.to - edge.from);
    if (distance > farAway && distance > nearest[edge.to]!) tagged.add(edge);
  }
  return tagged;
}

/** The blocks that a part is entered from; of many only the first. */
function enteringTitle(from: readonly number[]): string {
  const shown = from.slice(0, 4).map((block) => `B${block}`);
  const more = from.length - shown.length;
  return `from ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** The scene of one part of `graph`, given the edges that begin in it and those that enter it from other parts. */
export function sceneOf(
  { blocks }: FunctionGraph,
  { first, end }: Piece,
  { leaving, entering }: { readonly leaving: readonly CfgEdge[]; readonly entering: readonly CfgEdge[] },
  tagged: ReadonlySet<CfgEdge>,
): Scene {
  const boxes = blocks.slice(first, end).map(blockBox);
  const lines: Line[] = [];
  const places = new Map<string, number>();
  for (const edge of leaving) {
    const { from, to, outside, kind, back } = edge;
    let goal = to === undefined ? places.get(outside) : to - first;
    if (to === undefined && goal === undefined) {
      goal = boxes.push(smallBox(outside, "outside")) - 1;
      places.set(outside, goal);
    } else if (to !== undefined && (to < first || to >= end || tagged.has(edge))) {
      goal = boxes.push(smallBox(`B${to}`, "tag")) - 1;
    }
    lines.push({ from: from - first, to: goal!, kind, back });
  }
  const sources = new Map<number, number[]>();
  for (const { from, to } of entering) {
    const known = sources.get(to!);
    if (known === undefined) sources.set(to!, [from]);
    else if (!known.includes(from)) known.push(from);
  }
  for (const [to, from] of sources) {
    lines.push({
      from: boxes.push(smallBox(enteringTitle(from), "tag")) - 1,
      to: to - first,
      kind: "entering",
      back: false,
    });
  }
  return { boxes, lines };
}
