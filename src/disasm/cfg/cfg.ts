/**
 * Control-flow graphs as facts: the basic blocks of each function with their instructions, and the ways from one to the
 * next. Plain data; `cfg-dot.ts` and `cfg-svg.ts` print it.
 */
import { decodeSlot, helperName, insnTable, newSlot, opcodes, type Dialect, type InsnOp } from "../../isa/index.js";
import { firstAt, type ObjectFile, type Relocation, type Section } from "../../object/index.js";
import { tablesOf, type TableLoads } from "./tables.js";
import { functionsOf, placedSymbols, type FunctionRange } from "./functions.js";
import { markEdges } from "./walk.js";
import { dataDirective, listedSections, operandField, patchAt, truncatedNote } from "../disassemble.js";
import { formatInsn } from "../format-insn.js";
import { labelsOf, placeName, relocationOperand, type Label } from "../places.js";
import { explainSlot, goes, scanCode, secondSlot, targetOf, unknownSlot } from "../scan.js";

export interface CfgLine {
  /** In bytes from the section's start. */
  readonly address: number;
  /** The instruction; jumps inside the function name the block they go to. */
  readonly text: string;
  /** A helper's name, a callee, why it is no instruction; empty where nothing needs to be said. */
  readonly comment: string;
}

export interface CfgBlock {
  /** Its number, from 0 in the order of addresses: `B0`. */
  readonly index: number;
  /** In bytes from the section's start; `end` is the byte behind. */
  readonly start: number;
  readonly end: number;
  readonly lines: readonly CfgLine[];
  /** Execution starts here, ends here. */
  readonly entry: boolean;
  readonly exit: boolean;
  /** No way leads here from the entry. */
  readonly dead: boolean;
}

export type CfgEdgeKind =
  /** The only way, `goto`, or one of those that a jump table has for `gotox`. */
  | "jump"
  /** A condition holds. */
  | "taken"
  /** A condition does not hold, or the next block starts because others jump to it. */
  | "next";

export interface CfgEdge {
  readonly from: number;
  /** The block's number; undefined when the way leads out of the function. */
  readonly to: number | undefined;
  /** Where a way out leads: `other+0x8`; empty for a block of the function. */
  readonly outside: string;
  readonly kind: CfgEdgeKind;
  /** It closes a loop. */
  readonly back: boolean;
}

export interface FunctionGraph {
  readonly name: string;
  readonly section: string;
  readonly start: number;
  readonly end: number;
  readonly instructions: number;
  readonly blocks: readonly CfgBlock[];
  readonly edges: readonly CfgEdge[];
}

export interface CfgOptions {
  readonly dialect?: Dialect;
  /** Only functions of this name. */
  readonly name?: string | undefined;
  /** Only this section. */
  readonly sections?: readonly string[];
}

/** An instruction of a function before it has its block. */
interface Step {
  readonly address: number;
  readonly end: number;
  readonly row: number;
  /** Where it jumps, in bytes from the section's start; undefined when it does not, or nobody can tell where. */
  readonly target: number | undefined;
  /** Where a jump to a register goes: the places in the last jump table that was loaded before it. */
  readonly targets: readonly number[] | undefined;
  /** What the target is called when it is in another section or object. */
  readonly elsewhere: string | undefined;
  readonly flow: Flow;
  readonly patch: Relocation | undefined;
}

type Flow = "none" | "jump" | "branch" | "indirect" | "exit";

function flowOf(op: InsnOp, isJump: boolean): Flow {
  switch (op) {
    case "exit":
      return "exit";
    case "ja":
      return "jump";
    case "gotox":
      return "indirect";
    case "call_local":
      return "none";
    default:
      return isJump ? "branch" : "none";
  }
}

class Grapher {
  readonly #object: ObjectFile;
  readonly #labels: readonly (readonly Label[])[];
  readonly #dialect: Dialect;
  readonly #index: number;
  readonly #section: Section;
  readonly #rows: Int16Array;
  readonly #tables: TableLoads;

  constructor(
    object: ObjectFile,
    labels: readonly (readonly Label[])[],
    tables: TableLoads,
    dialect: Dialect,
    index: number,
  ) {
    this.#tables = tables;
    this.#object = object;
    this.#labels = labels;
    this.#dialect = dialect;
    this.#index = index;
    this.#section = object.sections[index]!;
    this.#rows = scanCode(this.#section.data, object.endian);
  }

  #place(offset: number): string {
    return placeName(this.#labels[this.#index]!, this.#section.name, offset);
  }

  #step(address: number, limit: number, next: number): Step {
    const { data, relocations } = this.#section;
    const slot = newSlot();
    const i = address / opcodes.SLOT;
    const row = this.#rows[i] ?? unknownSlot;
    const step = {
      address,
      row,
      target: undefined,
      elsewhere: undefined,
      flow: "none" as Flow,
      patch: undefined,
      targets: undefined,
    };
    if (row < 0) return { ...step, row: unknownSlot, end: Math.min(address + opcodes.SLOT, limit) };
    decodeSlot(data, address, this.#object.endian, slot);
    const end = address + (this.#rows[i + 1] === secondSlot ? 2 : 1) * opcodes.SLOT;
    const patch = patchAt(relocations, next, address);
    const { op, off, imm } = insnTable[row]!;
    const flow = flowOf(op, off === "jump" || imm === "jump");
    if (flow !== "jump" && flow !== "branch") return { ...step, end, flow, patch };
    if (patch === undefined) return { ...step, end, flow, target: targetOf(row, slot, i) * opcodes.SLOT };
    const home = this.#object.symbols[patch.symbol]?.home;
    const isHere = home?.kind === "section" && home.section === this.#index;
    const target = isHere ? home.offset + Number(patch.addend) : undefined;
    return { ...step, end, flow, patch, target, elsewhere: relocationOperand(this.#object, this.#labels, patch) };
  }

  #steps({ start, end }: FunctionRange): Step[] {
    const { relocations } = this.#section;
    const steps: Step[] = [];
    let next = firstAt(relocations, start);
    let targets: readonly number[] | undefined;
    for (let at = start; at < end;) {
      while (next < relocations.length && relocations[next]!.offset < at) next++;
      const step = this.#step(at, end, next);
      if (step.patch !== undefined) targets = this.#tables.get(step.patch) ?? targets;
      steps.push(step.flow === "indirect" ? { ...step, targets } : step);
      at = step.end;
    }
    return steps;
  }

  /** `names`: the block that starts at an address. */
  #line(step: Step, names: ReadonlyMap<number, number>): CfgLine {
    const { address, end, row, target, patch } = step;
    const { data } = this.#section;
    const { endian } = this.#object;
    const slot = newSlot();
    if (row < 0) {
      const bytes = data.subarray(address, end);
      const isWhole = bytes.length === opcodes.SLOT;
      if (isWhole) decodeSlot(data, address, endian, slot);
      const comment = isWhole ? explainSlot(slot, end + opcodes.SLOT > data.length) : truncatedNote;
      return { address, text: dataDirective(this.#object, bytes), comment };
    }
    decodeSlot(data, address, endian, slot);
    const high = end - address > opcodes.SLOT ? decodeSlot(data, address + opcodes.SLOT, endian, newSlot()).imm : 0;
    const insn = insnTable[row]!;
    const field = insn.off === "jump" ? "off" : "imm";
    const block = target === undefined ? undefined : names.get(target);
    if (block !== undefined) {
      return { address, text: formatInsn(row, slot, high, this.#dialect, { [field]: `B${block}` }), comment: "" };
    }
    if (patch !== undefined) {
      const operand = relocationOperand(this.#object, this.#labels, patch);
      const text = formatInsn(row, slot, high, this.#dialect, { [operandField(patch)]: operand });
      return { address, text, comment: "" };
    }
    const text = formatInsn(row, slot, high, this.#dialect);
    if (goes(row)) {
      const target = targetOf(row, slot, address / opcodes.SLOT);
      return { address, text, comment: this.#place(target * opcodes.SLOT) };
    }
    const helper = insn.op === "call" && this.#dialect !== "kernel" ? helperName(slot.imm) : undefined;
    return { address, text, comment: helper ?? "" };
  }

  graph(range: FunctionRange): FunctionGraph {
    const steps = this.#steps(range);
    const at = new Map(steps.map(({ address }, i) => [address, i]));
    const leads = new Uint8Array(steps.length + 1);
    leads[0] = 1;
    for (const [i, { flow, target, targets }] of steps.entries()) {
      if (flow !== "none") leads[i + 1] = 1;
      for (const each of targets ?? (target === undefined ? [] : [target])) {
        const goal = at.get(each);
        if (goal !== undefined) leads[goal] = 1;
      }
    }
    const names = new Map<number, number>();
    const bounds: number[] = [];
    for (let i = 0; i < steps.length; i++) {
      if (leads[i] === 0) continue;
      names.set(steps[i]!.address, bounds.length);
      bounds.push(i);
    }
    const edges: Omit<CfgEdge, "back">[] = [];
    for (const [from, first] of bounds.entries()) {
      const last = steps[(bounds[from + 1] ?? steps.length) - 1] ?? steps[first]!;
      const add = (kind: CfgEdgeKind, target: number | undefined, name: string): void => {
        const to = target === undefined ? undefined : names.get(target);
        edges.push({ from, to, kind, outside: to === undefined ? name : "" });
      };
      const goal = (): string => last.elsewhere ?? this.#place(last.target ?? 0);
      if (last.flow === "indirect" && last.targets === undefined) add("jump", undefined, "by register");
      for (const each of last.targets ?? []) add("jump", each, this.#place(each));
      if (last.flow === "jump")
        add("jump", last.target, last.target === undefined || !names.has(last.target) ? goal() : "");
      if (last.flow === "branch") add("taken", last.target, goal());
      if (last.flow === "branch" || last.flow === "none") add("next", last.end, this.#place(last.end));
    }
    const walk = markEdges(bounds.length, edges);
    const blocks = bounds.map((first, index): CfgBlock => {
      const own = steps.slice(first, bounds[index + 1] ?? steps.length);
      return {
        index,
        start: own[0]!.address,
        end: own.at(-1)!.end,
        lines: own.map((step) => this.#line(step, names)),
        entry: index === 0,
        exit: own.at(-1)!.flow === "exit",
        dead: !walk.reached[index],
      };
    });
    return {
      name: range.name,
      section: this.#section.name,
      start: range.start,
      end: range.end,
      instructions: steps.length,
      blocks,
      edges: edges.map((edge, i) => ({ ...edge, back: walk.back[i]! })),
    };
  }
}

/** The control-flow graph of each function of `object`, section by section. */
export function controlFlow(object: ObjectFile, options: CfgOptions = {}): readonly FunctionGraph[] {
  const labels = labelsOf(object);
  const graphs: FunctionGraph[] = [];
  const placed = placedSymbols(object);
  const tables = tablesOf(object);
  for (const [index, section] of listedSections(object, options)) {
    const grapher = new Grapher(object, labels, tables, options.dialect ?? "pseudoc", index);
    for (const range of functionsOf(section, placed[index]!)) {
      if (options.name === undefined || options.name === range.name) graphs.push(grapher.graph(range));
    }
  }
  return graphs;
}
