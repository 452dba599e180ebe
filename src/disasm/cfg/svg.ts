/**
 * Control-flow graphs as one SVG. Where boxes and lines go is somebody else's work: a layout function gets the sizes and
 * gives the places, so that any layout library can do it.
 */
import { blockTitle, edgeColours, edgeMeanings, outsideNames, titleOf } from "./style.js";
import type { CfgBlock, CfgEdgeKind, FunctionGraph } from "./cfg.js";

export interface CfgBox {
  readonly width: number;
  readonly height: number;
}

export interface CfgLink {
  /** Numbers of boxes. */
  readonly from: number;
  readonly to: number;
  /** How much it matters that the line is short and straight: 1 and more. */
  readonly weight: number;
}

export interface CfgPoint {
  readonly x: number;
  readonly y: number;
}

export interface CfgLayout {
  readonly width: number;
  readonly height: number;
  /** The middle of each box. */
  readonly boxes: readonly CfgPoint[];
  /** The points each link goes through, from the edge of one box to that of the other. */
  readonly links: readonly (readonly CfgPoint[])[];
}

export type CfgLayoutFunction = (boxes: readonly CfgBox[], links: readonly CfgLink[]) => CfgLayout;

const fontSize = 12;
/** Monospaced fonts are 0.6 wide; a little more, so that no machine's font is wider than its box. */
const charWidth = 7.4;
const lineHeight = 16;
const padding = 10;
const margin = 24;
const heading = 56;
/** Longer lines would make a picture of one box. */
const longest = 96;

/** A character is one column; surrogate pairs and what else is wide are rare in assembly. */
const columns = (text: string): number => text.length;

function clip(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}

/** Text of XML. Characters that XML cannot hold become `?`. */
function escaped(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex -- names of corrupt files hold anything
      .replaceAll(
        /[\u0000-\u001f\u007f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
        "?",
      )
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
  );
}

const round = (value: number): number => Math.round(value * 10) / 10;

interface Drawn {
  readonly title: string;
  readonly lines: readonly { readonly text: string; readonly comment: string }[];
  readonly style: string;
  readonly width: number;
  readonly height: number;
}

function drawn(block: CfgBlock): Drawn {
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
function smallBox(name: string, style: "outside" | "tag"): Drawn {
  const title = clip(name);
  const width = columns(title) * charWidth + 2 * padding;
  return { title, lines: [], style, width, height: lineHeight + padding };
}

/** Blocks that so many ways lead to, from so many blocks away, would be behind bundles of lines across the picture. */
const manyWays = 6;
const farAway = 16;

/** The edges that end in a tag with the name of their goal, instead of a line to it. One line to each block stays. */
function taggedEdges({ blocks, edges }: FunctionGraph): ReadonlySet<number> {
  const ways = blocks.map(() => 0);
  const nearest = blocks.map(() => Infinity);
  for (const { from, to } of edges) {
    if (to === undefined) continue;
    ways[to]!++;
    nearest[to] = Math.min(nearest[to]!, Math.abs(to - from));
  }
  const tagged = new Set<number>();
  for (const [i, { from, to }] of edges.entries()) {
    if (to === undefined || ways[to]! < manyWays) continue;
    const distance = Math.abs(to - from);
    if (distance > farAway && distance > nearest[to]!) tagged.add(i);
  }
  return tagged;
}

function boxText(box: Drawn, { x, y }: CfgPoint): string {
  const left = round(x - box.width / 2);
  const top = round(y - box.height / 2);
  const isSmall = box.style === "outside" || box.style === "tag";
  const size = `width="${round(box.width)}" height="${round(box.height)}"`;
  const out = [`<g class="block ${box.style}"><rect x="${left}" y="${top}" ${size} rx="${isSmall ? 12 : 3}"/>`];
  const textX = round(left + padding);
  const first = round(top + (isSmall ? padding / 2 : padding) + fontSize);
  out.push(`<text class="title" x="${textX}" y="${first}">${escaped(box.title)}</text>`);
  for (const [i, { text, comment }] of box.lines.entries()) {
    const note = comment === "" ? "" : `<tspan class="note">  # ${escaped(comment)}</tspan>`;
    out.push(`<text x="${textX}" y="${round(first + (i + 1) * lineHeight)}">${escaped(text)}${note}</text>`);
  }
  out.push("</g>");
  return out.join("\n");
}

/** A line through `points` with round corners. */
function path(points: readonly CfgPoint[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return "";
  const at = ({ x, y }: CfgPoint): string => `${round(x)},${round(y)}`;
  const out = [`M${at(first)}`];
  for (const [i, point] of rest.entries()) {
    const next = rest[i + 1];
    if (next === undefined) out.push(`L${at(point)}`);
    else {
      const before = toward(point, i === 0 ? first : rest[i - 1]!);
      out.push(`L${at(before)}Q${at(point)} ${at(toward(point, next))}`);
    }
  }
  return out.join("");
}

/** The point on the way from `corner` to `to` where the bend begins. */
function toward(corner: CfgPoint, to: CfgPoint): CfgPoint {
  const length = Math.hypot(to.x - corner.x, to.y - corner.y);
  const part = length === 0 ? 0 : Math.min(9, length / 2) / length;
  return { x: corner.x + (to.x - corner.x) * part, y: corner.y + (to.y - corner.y) * part };
}

const kinds: readonly CfgEdgeKind[] = ["taken", "next", "jump"];

function styles(): string {
  const own = kinds.map((kind) => `.${kind}{stroke:${edgeColours[kind]}}`).join("\n");
  return `<style>
text{font:${fontSize}px "DejaVu Sans Mono",Menlo,Consolas,monospace;fill:#1b1f24}
.head{font-size:15px;font-weight:bold}
.title{font-weight:bold;fill:#57606a}
.note{fill:#6b7480}
rect{fill:#fff;stroke:#57606a}
.entry rect{fill:#e8f3ea;stroke-width:2}
.exit rect{fill:#eceff4;stroke-width:2}
.dead rect{fill:#f4f4f4;stroke:#8c959f;stroke-dasharray:4 3}
.dead text{fill:#737b84}
.tag rect{fill:#eef2fb;stroke:#8c959f}
.outside rect{fill:#fff8e5;stroke-dasharray:2 3}
path{fill:none;stroke-width:1.6}
path.back{stroke-width:2.6;stroke-dasharray:7 4}
marker path{stroke:none}
${own}
${kinds.map((kind) => `#arrow-${kind} path{fill:${edgeColours[kind]}}`).join("\n")}
</style>
<defs>
${kinds.map((kind) => `<marker id="arrow-${kind}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0,0L10,5L0,10z"/></marker>`).join("\n")}
</defs>`;
}

/** What the colours mean, below the title. */
function legend(): string {
  const out: string[] = [];
  let x = 0;
  for (const [style, meaning] of [
    ...kinds.map((kind) => [kind, edgeMeanings[kind]] as const),
    ["next back", "back, closes a loop"] as const,
  ]) {
    out.push(`<path class="${style}" d="M${x},36L${x + 34},36"/><text x="${x + 40}" y="40">${meaning}</text>`);
    x = round(x + 40 + columns(meaning) * charWidth + 18);
  }
  return out.join("\n");
}

const legendWidth = 620;

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly text: string;
}

function picture(graph: FunctionGraph, layout: CfgLayoutFunction): Picture {
  const outside = outsideNames(graph);
  const boxes = [...graph.blocks.map(drawn), ...outside.map((name) => smallBox(name, "outside"))];
  const places = new Map(outside.map((name, i) => [name, i]));
  const tagged = taggedEdges(graph);
  const links = graph.edges.map(({ from, to, outside: name, kind, back }, i): CfgLink => {
    const weight = back || kind === "taken" ? 1 : 6;
    if (!tagged.has(i)) return { from, to: to ?? graph.blocks.length + places.get(name)!, weight };
    boxes.push(smallBox(`B${to}`, "tag"));
    return { from, to: boxes.length - 1, weight: 1 };
  });
  const placed = layout(boxes, links);
  const paths = graph.edges.map(({ kind, back }, i) => {
    const style = back ? `${kind} back` : kind;
    return `<path class="${style}" d="${path(placed.links[i]!)}" marker-end="url(#arrow-${kind})"/>`;
  });
  const title = titleOf(graph);
  const text = [
    `<text class="head" x="0" y="16">${escaped(title)}</text>`,
    legend(),
    `<g transform="translate(0 ${heading})">`,
    ...paths,
    ...boxes.map((box, i) => boxText(box, placed.boxes[i]!)),
    "</g>",
  ].join("\n");
  const width = Math.max(placed.width, legendWidth, columns(title) * 9.4);
  return { width, height: heading + placed.height, text };
}

/** All graphs in one SVG, one below the other. The same facts and layout give the same text. */
export function formatCfgSvg(graphs: readonly FunctionGraph[], layout: CfgLayoutFunction): string {
  const pictures = graphs.map((graph) => picture(graph, layout));
  let y = margin;
  const groups: string[] = [];
  for (const { text, height } of pictures) {
    groups.push(`<g transform="translate(${margin} ${round(y)})">\n${text}\n</g>`);
    y += height + margin;
  }
  const width = Math.ceil(pictures.reduce((most, each) => Math.max(most, each.width), 0) + 2 * margin);
  const height = Math.ceil(y);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" xml:space="preserve">`,
    styles(),
    `<rect width="${width}" height="${height}" style="fill:#fff;stroke:none"/>`,
    ...groups,
    "</svg>\n",
  ].join("\n");
}
