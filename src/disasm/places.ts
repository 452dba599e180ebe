/**
 * Names for places in an Object: the symbols of each section by offset, and what a relocation refers to.
 */
import { countBefore } from "../bytes/index.js";
import {
  dialects,
  relocTable,
  type ObjectFile,
  type RelocDialect,
  type Relocation,
  type RelocKind,
} from "../object/index.js";

/** A named place in a section. */
export interface Label {
  /** In bytes from the section's start. */
  readonly offset: number;
  readonly name: string;
}

/** The named symbols of each section, by offset, then in the order of the symbol table; section symbols left out. */
export function labelsOf(object: ObjectFile): readonly (readonly Label[])[] {
  const labels: Label[][] = object.sections.map(() => []);
  for (const { home, type, name } of object.symbols) {
    if (home.kind !== "section" || type === "section" || type === "file" || name === "") continue;
    labels[home.section]?.push({ offset: home.offset, name });
  }
  for (const list of labels) list.sort((a, b) => a.offset - b.offset);
  return labels;
}

/** How many labels stand at `offset` or before it. */
function labelsUpTo(labels: readonly Label[], offset: number): number {
  return countBefore(labels.length, (at) => labels[at]!.offset <= offset);
}

/** The last label at or before `offset`, or undefined. */
export function labelBefore(labels: readonly Label[], offset: number): Label | undefined {
  // Of several names of one place the first.
  let at = labelsUpTo(labels, offset) - 1;
  while (at > 0 && labels[at - 1]!.offset === labels[at]!.offset) at--;
  return labels[at];
}

/** The first label behind `offset`. */
export function labelAfter(labels: readonly Label[], offset: number): Label | undefined {
  return labels[labelsUpTo(labels, offset)];
}

/** `name`, or `name+0x10`, of a place: counted from the label before it, or from the section's start. */
export function placeName(labels: readonly Label[], section: string, offset: number): string {
  const label = offset < 0 ? undefined : labelBefore(labels, offset);
  const distance = offset - (label?.offset ?? 0);
  const base = label?.name ?? section;
  if (distance === 0) return base;
  return distance < 0 ? `${base}-0x${(-distance).toString(16)}` : `${base}+0x${distance.toString(16)}`;
}

/** A symbol's name; a section symbol without one has its section's. */
export function symbolName(object: ObjectFile, index: number): string {
  const symbol = object.symbols[index];
  if (symbol === undefined) return "";
  if (symbol.name !== "" || symbol.home.kind !== "section") return symbol.name;
  return object.sections[symbol.home.section]?.name ?? "";
}

/** An operand as assemblers take it: `name`, `name+8`, `name-8`. */
export function plusAddend(name: string, addend: bigint): string {
  if (addend === 0n) return name;
  return addend < 0n ? `${name}${addend}` : `${name}+${addend}`;
}

/** The operand a relocation stands for. Addends that land on a label of the symbol's section become the label's name. */
export function relocationOperand(
  object: ObjectFile,
  labels: readonly (readonly Label[])[],
  relocation: Relocation,
): string {
  const { symbol: index, addend } = relocation;
  const symbol = object.symbols[index];
  if (symbol?.type === "section" && symbol.home.kind === "section") {
    const offset = symbol.home.offset + Number(addend);
    const list = labels[symbol.home.section] ?? [];
    const label = labelBefore(list, offset);
    if (label?.offset === offset) return label.name;
  }
  return plusAddend(symbolName(object, index), addend);
}

/** What a relocation does, in one or two words. */
export function relocationMeaning(kind: RelocKind): string {
  const { value } = relocTable[kind];
  if (value === "MAP") return "map";
  if (value === "HELPER") return "helper";
  if (value === "KFUNC") return "kernel function";
  if (kind === "call_imm32") return "call";
  if (value === "(S+A-P)/8-1") return "jump";
  if (value === "G+A") return "address of a GOT slot";
  return value === "S+A-P" ? "distance" : "address";
}

/** The name of the kind's number in the file's dialect, else in LLVM's, else the kind's own. */
export function relocationName(kind: RelocKind, place: "code" | "data", dialect: RelocDialect = "llvm"): string {
  const rows = [...dialects[dialect], ...dialects.llvm];
  const row = rows.find((each) => each.kind === kind && each.in === place && each.readOnly !== true);
  return row?.name ?? kind;
}
