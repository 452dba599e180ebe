/** `bpfkit objdump --cfg`: control-flow graphs as SVG or DOT. */
import { controlFlow, formatCfgDot, formatCfgSvg, listableObject, type FunctionGraph } from "../disasm/index.js";
import { failure } from "../diag/index.js";
import type { Dialect } from "../isa/index.js";
import { writeOutput } from "../node/index.js";
import { eachElf } from "./open.js";
import { put } from "./output.js";
import { asWarnings, report, toJson } from "./report.js";

export interface CfgCommand {
  readonly format: "svg" | "dot";
  readonly function: string | undefined;
  /** All code sections where none is named. */
  readonly sections: readonly string[];
  readonly syntax: Dialect;
  readonly output: string;
  readonly json: boolean;
}

export async function drawGraphs(files: readonly string[], command: CfgCommand): Promise<void> {
  const graphs: FunctionGraph[] = [];
  const sections = command.sections.length === 0 ? {} : { sections: command.sections };
  let read = 0;
  await eachElf(files, ({ elf }) => {
    const { object, problems } = listableObject(elf);
    report(asWarnings(problems));
    read++;
    graphs.push(...controlFlow(object, { dialect: command.syntax, name: command.function, ...sections }));
  });
  // What could not be read has been told.
  if (read === 0) return;
  if (graphs.length === 0) {
    const reason = command.function === undefined ? "no code" : `no function ${command.function}`;
    throw failure("cli-function", { reason });
  }
  const drawing = await text(graphs, command);
  if (command.output === "-") put(drawing);
  else await writeOutput(command.output, new TextEncoder().encode(drawing));
}

/** Placing more blocks takes minutes, and nobody looks at a picture of so many. */
const mostBlocks = 20_000;

function refuseLarge(graphs: readonly FunctionGraph[]): void {
  const all = graphs.reduce((sum, { blocks }) => sum + blocks.length, 0);
  if (all <= mostBlocks) return;
  const what = graphs.length === 1 ? `function ${graphs[0]!.name}` : "the code in all";
  throw failure("cli-graph-size", { what, blocks: all, limit: mostBlocks });
}

async function text(graphs: readonly FunctionGraph[], { format, json }: CfgCommand): Promise<string> {
  if (json) return `${toJson(graphs)}\n`;
  if (format === "dot") return formatCfgDot(graphs);
  refuseLarge(graphs);
  // The layout library is loaded for a drawing only.
  const { layoutCfg } = await import("./cfg-layout.js");
  return formatCfgSvg(graphs, layoutCfg);
}
