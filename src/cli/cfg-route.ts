/**
 * Lines between boxes that stand in layers: upright within a layer, so that none runs behind a box, slanted only between
 * layers; each line has its own place at the foot and at the head of a box.
 */
import type { CfgBox, CfgPoint } from "../disasm/index.js";

export interface RoutedLink {
  readonly from: number;
  readonly to: number;
  /** The layout's points; those inside are in the middle of the layers that the line goes through. */
  readonly points: readonly CfgPoint[];
}

/** Lines leave and reach a box upright for so long: their arrows point at it. */
const stub = 9;

/** How far a line reaches into a layer on either side of its middle, by the layer's middle. */
function layers(boxes: readonly CfgBox[], places: readonly CfgPoint[]): ReadonlyMap<number, number> {
  const reach = new Map<number, number>();
  for (const [i, { y }] of places.entries()) {
    const key = Math.round(y);
    reach.set(key, Math.max(reach.get(key) ?? 0, boxes[i]!.height / 2 + stub));
  }
  return reach;
}

interface End {
  readonly link: number;
  readonly first: boolean;
  readonly toward: number;
}

/** The x of each line's two ends: side by side in the order in which they go apart. */
function ends(boxes: readonly CfgBox[], places: readonly CfgPoint[], links: readonly RoutedLink[]) {
  const sides = new Map<string, End[]>();
  const add = (box: number, below: boolean, end: End): void => {
    const key = `${box} ${below}`;
    const list = sides.get(key);
    if (list === undefined) sides.set(key, [end]);
    else list.push(end);
  };
  for (const [link, { from, to, points }] of links.entries()) {
    const down = places[to]!.y > places[from]!.y;
    // The ends themselves are on the boxes: the points beside them tell the direction.
    add(from, down, { link, first: true, toward: (points[1] ?? places[to]!).x });
    add(to, !down, { link, first: false, toward: (points.at(-2) ?? places[from]!).x });
  }
  const found = links.map(() => ({ start: 0, end: 0 }));
  for (const [key, list] of sides) {
    const box = Number(key.split(" ")[0]);
    const { width } = boxes[box]!;
    const left = places[box]!.x - width / 2;
    list.sort((a, b) => a.toward - b.toward || a.link - b.link);
    for (const [i, { link, first }] of list.entries()) {
      found[link]![first ? "start" : "end"] = left + (width * (i + 1)) / (list.length + 1);
    }
  }
  return found;
}

/** The lines of `links`, none of which leads from a box to itself. */
export function route(
  boxes: readonly CfgBox[],
  places: readonly CfgPoint[],
  links: readonly RoutedLink[],
): readonly (readonly CfgPoint[])[] {
  const reach = layers(boxes, places);
  const ports = ends(boxes, places, links);
  return links.map(({ from, to, points }, i) => {
    const way = places[to]!.y > places[from]!.y ? 1 : -1;
    const { start, end } = ports[i]!;
    const leave = places[from]!.y;
    const arrive = places[to]!.y;
    const line = [
      { x: start, y: leave + (way * boxes[from]!.height) / 2 },
      { x: start, y: leave + way * reach.get(Math.round(leave))! },
    ];
    for (const { x, y } of points.slice(1, -1)) {
      const half = reach.get(Math.round(y)) ?? 0;
      line.push({ x, y: y - way * half }, { x, y: y + way * half });
    }
    line.push(
      { x: end, y: arrive - way * reach.get(Math.round(arrive))! },
      { x: end, y: arrive - (way * boxes[to]!.height) / 2 },
    );
    return straightened(line);
  });
}

/** Without points that are where the one before is, or on the straight line between their neighbours. */
function straightened(line: readonly CfgPoint[]): CfgPoint[] {
  const out: CfgPoint[] = [];
  for (const point of line) {
    const last = out.at(-1);
    if (last !== undefined && Math.hypot(point.x - last.x, point.y - last.y) < 0.5) continue;
    const before = out.at(-2);
    if (last !== undefined && before !== undefined) {
      const turn = (last.x - before.x) * (point.y - before.y) - (last.y - before.y) * (point.x - before.x);
      if (Math.abs(turn) < 0.5) out.pop();
    }
    out.push(point);
  }
  return out;
}
