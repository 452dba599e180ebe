/**
 * Control-flow graphs as one SVG. Where boxes and lines go is somebody else's work: a layout function gets the sizes and
 * gives the places, so that any layout library can do it.
 */
import type { CfgEdge, FunctionGraph } from "./cfg.js";
import { piecesOf, type Piece } from "./pieces.js";
import {
  charWidth,
  columns,
  fontSize,
  lineHeight,
  padding,
  sceneOf,
  taggedEdges,
  type Box,
  type LineKind,
  type Scene,
} from "./scene.js";
import { edgeColours, edgeMeanings, titleOf } from "./style.js";

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

const margin = 24;
const heading = 56;
/** Above each part of a large function: which blocks are in it. */
const pieceHeading = 26;
/** Between the parts. */
const pieceGap = 60;

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

function boxText(box: Box, { x, y }: CfgPoint): string {
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

const kinds = ["taken", "next", "jump"] as const;
const colours: Readonly<Record<LineKind, string>> = { ...edgeColours, entering: "#8c959f" };

/** The looks of everything; `used` are the kinds of lines there are. */
function styles(used: readonly LineKind[]): string {
  const own = used.map((kind) => `.${kind}{stroke:${colours[kind]}}`).join("\n");
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
${used.map((kind) => `#arrow-${kind} path{fill:${colours[kind]}}`).join("\n")}
</style>
<defs>
${used.map((kind) => `<marker id="arrow-${kind}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0,0L10,5L0,10z"/></marker>`).join("\n")}
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

function scenePicture({ boxes, lines }: Scene, layout: CfgLayoutFunction): Picture {
  const links = lines.map(({ from, to, kind, back }) => {
    const isShort = !back && kind !== "taken" && boxes[to]!.style !== "tag" && kind !== "entering";
    return { from, to, weight: isShort ? 6 : 1 };
  });
  const placed = layout(boxes, links);
  const paths = lines.map(({ kind, back }, i) => {
    const style = back ? `${kind} back` : kind;
    return `<path class="${style}" d="${path(placed.links[i]!)}" marker-end="url(#arrow-${kind})"/>`;
  });
  const text = [...paths, ...boxes.map((box, i) => boxText(box, placed.boxes[i]!))].join("\n");
  return { width: placed.width, height: placed.height, text };
}

/** The edges of each part: those that begin in it, and those that come from another one. */
function sortedEdges({ edges, blocks }: FunctionGraph, pieces: readonly Piece[]) {
  const pieceOf = new Uint32Array(blocks.length);
  pieces.forEach(({ first, end }, i) => pieceOf.fill(i, first, end));
  const parts = pieces.map(() => ({ leaving: [] as CfgEdge[], entering: [] as CfgEdge[] }));
  for (const edge of edges) {
    parts[pieceOf[edge.from]!]!.leaving.push(edge);
    if (edge.to !== undefined && pieceOf[edge.to] !== pieceOf[edge.from]) parts[pieceOf[edge.to]!]!.entering.push(edge);
  }
  return parts;
}

/** Parts side by side, in rows that make the whole about as high as it is wide. */
function arranged(pieces: readonly Piece[], pictures: readonly Picture[]): Picture {
  const area = pictures.reduce((sum, { width, height }) => sum + (width + pieceGap) * (height + pieceGap), 0);
  const limit = Math.max(Math.sqrt(area), ...pictures.map(({ width }) => width));
  const groups: string[] = [];
  let [x, y, rowHeight, width] = [0, 0, 0, 0];
  for (const [i, picture] of pictures.entries()) {
    if (x > 0 && x + picture.width > limit) {
      [x, y] = [0, y + rowHeight + pieceGap];
      rowHeight = 0;
    }
    const { first, end } = pieces[i]!;
    const title = `Part ${i + 1} of ${pieces.length}: B${first} to B${end - 1}`;
    groups.push(
      `<g transform="translate(${round(x)} ${round(y)})">`,
      `<text class="head" x="0" y="14">${title}</text>`,
      `<g transform="translate(0 ${pieceHeading})">\n${picture.text}\n</g>`,
      "</g>",
    );
    rowHeight = Math.max(rowHeight, pieceHeading + picture.height);
    width = Math.max(width, x + Math.max(picture.width, columns(title) * 9.4));
    x += Math.max(picture.width, columns(title) * 9.4) + pieceGap;
  }
  return { width, height: y + rowHeight, text: groups.join("\n") };
}

function picture(graph: FunctionGraph, layout: CfgLayoutFunction): Picture {
  const tagged = taggedEdges(graph);
  const pieces = piecesOf(graph);
  const parts = sortedEdges(graph, pieces);
  const pictures = pieces.map((piece, i) => scenePicture(sceneOf(graph, piece, parts[i]!, tagged), layout));
  const whole = pictures.length === 1 ? pictures[0]! : arranged(pieces, pictures);
  const title = titleOf(graph);
  const text = [
    `<text class="head" x="0" y="16">${escaped(title)}</text>`,
    legend(),
    `<g transform="translate(0 ${heading})">`,
    whole.text,
    "</g>",
  ].join("\n");
  const width = Math.max(whole.width, legendWidth, columns(title) * 9.4);
  return { width, height: heading + whole.height, text };
}

/** All graphs in one SVG, one below the other. The same facts and layout give the same text. */
export function formatCfgSvg(graphs: readonly FunctionGraph[], layout: CfgLayoutFunction): string {
  const pictures = graphs.map((graph) => picture(graph, layout));
  const isParted = graphs.some((graph) => piecesOf(graph).length > 1);
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
    styles(isParted ? [...kinds, "entering"] : kinds),
    `<rect width="${width}" height="${height}" style="fill:#fff;stroke:none"/>`,
    ...groups,
    "</svg>\n",
  ].join("\n");
}
