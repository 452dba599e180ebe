/** Places for the boxes and lines of a control-flow graph, by dagre: layers from top to bottom, few crossings. */
import { Graph, layout } from "@dagrejs/dagre";
import type { CfgBox, CfgLayout, CfgLink, CfgPoint } from "../disasm/index.js";
import { route } from "./cfg-route.js";

/** Room beside a block that jumps to itself, in which that way goes. */
const loopRoom = 22;

/** A way from the foot of a block around its right side to its head: dagre's own would start in the middle. */
function loop({ width, height }: CfgBox, { x, y }: CfgPoint): CfgPoint[] {
  const edge = x + width / 2;
  const out = edge + loopRoom;
  const [foot, head] = [y + height / 2 - 10, y - height / 2 + 10];
  return [
    { x: edge, y: foot },
    { x: out, y: foot },
    { x: out, y: head },
    { x: edge, y: head },
  ];
}

/** The layout of one function. The same boxes and links give the same places. */
export function layoutCfg(boxes: readonly CfgBox[], links: readonly CfgLink[]): CfgLayout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 28, ranksep: 44, edgesep: 14, marginx: 4, marginy: 4 });
  graph.setDefaultEdgeLabel(() => ({}));
  const loops = new Set(links.filter(({ from, to }) => from === to).map(({ from }) => from));
  for (const [i, { width, height }] of boxes.entries()) {
    graph.setNode(String(i), { width: width + (loops.has(i) ? 2 * loopRoom : 0), height });
  }
  for (const [i, { from, to, weight }] of links.entries()) {
    if (from !== to) graph.setEdge(String(from), String(to), { weight }, String(i));
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const places = boxes.map((_, i) => {
    const { x, y } = graph.node(String(i)) as CfgPoint;
    return { x, y };
  });
  const others = links.flatMap(({ from, to }, i) => {
    if (from === to) return [];
    return [{ from, to, points: (graph.edge(String(from), String(to), String(i)) as { points: CfgPoint[] }).points }];
  });
  const lines = route(boxes, places, others).values();
  const lineOf = ({ from, to }: CfgLink): readonly CfgPoint[] =>
    from === to ? loop(boxes[from]!, places[from]!) : lines.next().value!;
  return { width, height, boxes: places, links: links.map(lineOf) };
}
