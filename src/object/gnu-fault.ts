/**
 * The fault of GNU's assembler up to 2.40: against a global symbol defined in the same object it stores the symbol's value plus
 * the addend (in jumps and calls: the value in bytes plus the addend in slots), and linkers add the value again.
 *
 * Nothing in a file says whether its assembler had the fault, so it is proven or not from the references: each is read both ways,
 * and a reading that leads out of the symbol, or calls no function, is impossible. Source: docs/psabi.md "The fault of gas 2.40".
 */
import { countBefore } from "../bytes/index.js";
import { elfTable, SymbolBind } from "../elf/index.js";
import type { DialectRow } from "./dialects.js";
import { accessedBytes } from "./gnu-fault-uses.js";
import { inSection } from "./reloc-match.js";
import { relocTable } from "./relocations.js";
import type { RelocRecord, RelocScene } from "./reloc-scene.js";

/** A reference to a global symbol defined in the same object, at a value other than 0. */
interface Witness {
  readonly record: RelocRecord;
  /** The addend as stored, and as it is when the fault is taken out. */
  readonly stored: bigint;
  readonly repaired: bigint;
  readonly storedPossible: boolean;
  readonly repairedPossible: boolean;
}

export type FaultVerdict =
  /** Nothing to decide, or the addends are right as they stand. */
  | { readonly kind: "right" }
  | { readonly kind: "faulty"; readonly proof: RelocRecord }
  /** Both or neither can be; `record` is a reference that shows it. */
  | { readonly kind: "open"; readonly record: RelocRecord; readonly both: boolean };

export interface Reading {
  readonly record: RelocRecord;
  readonly row: DialectRow;
  readonly addend: bigint;
}

/** Can the fault be in this reference's addend? */
export function canHaveFault({ symbol, addend }: RelocRecord): boolean {
  if (symbol === undefined || addend !== undefined || symbol.bind === SymbolBind.STB_LOCAL) return false;
  return !symbol.reserved && symbol.shndx !== elfTable.SHN_UNDEF && symbol.value !== 0n;
}

/** The addend without the fault. */
export function withoutFault(row: DialectRow, { symbol }: RelocRecord, stored: bigint): bigint {
  const slots = relocTable[row.kind].value.endsWith("/8-1");
  return stored - symbol!.value * (slots ? 8n : 1n);
}

/** The places of each section where a symbol stands, rising. */
function symbolPlaces({ symbols }: RelocScene): ReadonlyMap<number, readonly bigint[]> {
  const places = new Map<number, bigint[]>();
  symbols.forEach(({ shndx, reserved, value }, index) => {
    if (index === 0 || reserved || shndx === elfTable.SHN_UNDEF) return;
    const known = places.get(shndx);
    if (known === undefined) places.set(shndx, [value]);
    else known.push(value);
  });
  for (const list of places.values()) list.sort((a, b) => Number(a > b) - Number(a < b));
  return places;
}

/** The first of the rising `values` that is not below `from` (or, with `after`, that is above it). */
function search(values: readonly bigint[], from: bigint, after: boolean): bigint | undefined {
  return values[countBefore(values.length, (at) => values[at]! < from || (after && values[at] === from))];
}

/** What the references are judged by. */
interface Grounds {
  readonly scene: RelocScene;
  readonly places: ReadonlyMap<number, readonly bigint[]>;
  /** Offsets with a relocation, by section. */
  readonly relocated: ReadonlyMap<number, ReadonlySet<number>>;
}

function groundsOf(scene: RelocScene): Grounds {
  const relocated = new Map<number, Set<number>>();
  for (const { section, offset } of scene.records) {
    const known = relocated.get(section.index);
    if (known === undefined) relocated.set(section.index, new Set([offset]));
    else known.add(offset);
  }
  return { scene, places: symbolPlaces(scene), relocated };
}

/**
 * Is `addend` one that somebody would write? A map has no inside, a call leads to a symbol, an address stays within its symbol, and
 * so does what code accesses there.
 */
function possible({ scene, places: all, relocated }: Grounds, { row, record }: Reading, addend: bigint): boolean {
  if (row.of === "map") return addend === 0n;
  const { value, size, shndx } = record.symbol!;
  const places = all.get(shndx)!;
  const target = value + addend;
  if (row.kind === "call_imm32") return search(places, target, false) === target;
  const sectionEnd = BigInt(scene.elf.sections[shndx]!.size);
  const next = search(places, value, true) ?? sectionEnd;
  const end = size > 0n ? value + size : next;
  if (target < value || target > end || target > sectionEnd) return false;
  if (row.insn !== "lddw" || !inSection(row, record.offset, record.data)) return true;
  const accessed = accessedBytes(record.data, record.offset, record.endian, relocated.get(record.section.index)!);
  return accessed === undefined || (target + BigInt(accessed.from) >= value && target + BigInt(accessed.to) <= end);
}

/** Judges the references of a file as the fault's. */
export function judgeFault(scene: RelocScene, readings: readonly Reading[]): FaultVerdict {
  let grounds: Grounds | undefined;
  const witnesses: Witness[] = [];
  for (const reading of readings) {
    const { record, row, addend: stored } = reading;
    if (!canHaveFault(record)) continue;
    grounds ??= groundsOf(scene);
    const repaired = withoutFault(row, record, stored);
    const storedPossible = possible(grounds, reading, stored);
    const repairedPossible = possible(grounds, reading, repaired);
    witnesses.push({ record, stored, repaired, storedPossible, repairedPossible });
  }
  const wrong = witnesses.find((each) => !each.storedPossible);
  const unrepairable = witnesses.find((each) => !each.repairedPossible);
  if (wrong === undefined && unrepairable !== undefined) return { kind: "right" };
  if (wrong !== undefined && unrepairable === undefined) return { kind: "faulty", proof: wrong.record };
  if (wrong !== undefined) return { kind: "open", record: wrong.record, both: false };
  // Both can be. References without an addend are the rule, addends that equal the symbol's own value are no accident.
  const plain = witnesses.find(({ stored }) => stored === 0n);
  const equal = witnesses.filter(({ repaired }) => repaired === 0n);
  if (equal.length === 0) return { kind: "right" };
  const values = new Set(equal.map(({ record }) => record.symbol!.value));
  if (plain === undefined && values.size > 1) return { kind: "faulty", proof: equal[0]!.record };
  return { kind: "open", record: equal[0]!.record, both: true };
}
