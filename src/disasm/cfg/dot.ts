/** Control-flow graphs in the language of Graphviz. */
import { blockTitle, edgeColours, outsideNames, titleOf } from "./style.js";
import type { FunctionGraph } from "./cfg.js";

/** A string of DOT, where `\l` ends a line that is aligned to the left. */
function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex -- names of corrupt files hold anything
  return `"${text.replaceAll(/[\\"]/g, "\\$&").replaceAll(/[\u0000-\u001f\u007f]/g, "?")}"`;
}

const lines = (texts: readonly string[]): string =>
  `"${texts.map((text) => `${quoted(text).slice(1, -1)}\\l`).join("")}"`;

/** One `digraph` a function. The same facts give the same text. */
export function formatCfgDot(graphs: readonly FunctionGraph[]): string {
  return graphs.map(one).join("\n");
}

function one(graph: FunctionGraph): string {
  const out = [
    `digraph ${quoted(graph.name)} {`,
    `\tlabel=${quoted(titleOf(graph))};`,
    '\tlabelloc="t";',
    '\tnode [shape=box, fontname="monospace", fontsize=10];',
    '\tedge [fontname="monospace", fontsize=9];',
  ];
  for (const block of graph.blocks) {
    const text = [
      blockTitle(block),
      ...block.lines.map(({ text: insn, comment }) => (comment === "" ? insn : `${insn}  # ${comment}`)),
    ];
    const style = [
      ...(block.entry || block.exit ? ["penwidth=2"] : []),
      ...(block.dead ? ['style="dashed"', 'color="gray50"', 'fontcolor="gray40"'] : []),
    ];
    out.push(`\tb${block.index} [${[`label=${lines(text)}`, ...style].join(", ")}];`);
  }
  const outside = outsideNames(graph);
  for (const [i, name] of outside.entries())
    out.push(`\to${i} [label=${quoted(name)}, shape=ellipse, style="dotted"];`);
  const places = new Map(outside.map((name, i) => [name, i]));
  for (const { from, to, outside: name, kind, back } of graph.edges) {
    const goal = to === undefined ? `o${places.get(name)!}` : `b${to}`;
    const style = [`color="${edgeColours[kind]}"`, ...(back ? ['style="dashed"', "penwidth=2"] : [])];
    out.push(`\tb${from} -> ${goal} [${style.join(", ")}];`);
  }
  return `${out.join("\n")}\n}\n`;
}
