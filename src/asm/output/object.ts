/** What a run has gathered, as an Object: symbols numbered, locals first, relocations by symbol number. */
import type { Endian } from "../../bytes/index.js";
import {
  isOutsideText,
  type ObjectFile,
  type ObjectSymbol,
  type Section,
  type SymbolHome,
} from "../../object/index.js";
import { reduce } from "../match/expression.js";
import { placeOf } from "./place.js";
import type { Report } from "../text/report.js";
import { isDefined } from "./symbols.js";
import type { AsmGroup, AsmSection, AsmSymbol } from "../types.js";

/** Where a symbol is; an equation that is no place and no number is an error. */
function homeOf(symbol: AsmSymbol, report: Report): SymbolHome {
  if (symbol.equation !== undefined) {
    const found = reduce(symbol.equation);
    if (!("problem" in found) && found.sub === undefined && found.add === undefined) {
      return { kind: "absolute", value: found.value };
    }
    report.add("asm-equation", { name: symbol.name }, symbol.at, symbol.at + symbol.name.length);
    return { kind: "undefined" };
  }
  if (symbol.common !== undefined) return { kind: "common", align: symbol.common.align };
  if (symbol.section === undefined) return { kind: "undefined" };
  return { kind: "section", section: symbol.section.index, offset: placeOf(symbol) };
}

/** Is `symbol` another name of one that is not of this file? Then that one stands in its relocations, and nothing is left of it. */
function namesForeign({ equation, binding }: AsmSymbol): boolean {
  if (equation === undefined || binding !== "local") return false;
  const found = reduce(equation);
  return !("problem" in found) && found.sub === undefined && found.add !== undefined && !isDefined(found.add);
}

function sizeOf(symbol: AsmSymbol, report: Report): number {
  if (symbol.size === undefined) return symbol.common?.size ?? 0;
  const found = reduce(symbol.size);
  if (!("problem" in found) && found.add === undefined && found.sub === undefined) {
    const size = Number(found.value);
    if (size >= 0 && Number.isSafeInteger(size)) return size;
  }
  report.add("asm-size", { name: symbol.name }, symbol.at, symbol.at + symbol.name.length);
  return 0;
}

/** Has a directive said something of an undefined symbol that the object must tell? (`.extern` says nothing.) */
function isStated({ binding, visibility, type, temporary }: AsmSymbol): boolean {
  return !temporary && (binding !== "local" || visibility !== "default" || type !== "notype");
}

/** Alignment that LLVM gives sections and does not print. */
const alignments: ReadonlyMap<string, number> = new Map([
  [".BTF", 4],
  [".BTF.ext", 4],
]);

/** The groups, by the symbol that names each. */
function groupsOf(sections: readonly AsmSection[]): ReadonlyMap<AsmSymbol, AsmGroup> {
  const groups = new Map<AsmSymbol, AsmGroup>();
  for (const { group } of sections) {
    if (group !== undefined && !groups.has(group.signature)) groups.set(group.signature, group);
  }
  return groups;
}

/** Index of the section that `section` accompanies, or -1. */
function linkedTo({ linked, name }: AsmSection, report: Report): number {
  if (linked === undefined) return -1;
  if (linked.section === undefined) {
    report.add("asm-linked-to", { name, symbol: linked.name }, linked.at, linked.at + linked.name.length);
    return -1;
  }
  return linked.section.index;
}

/** The bytes of `section`; where little more was kept for them, not once more. */
function contents({ type, data, size }: AsmSection): Uint8Array {
  if (type === "nobits") return new Uint8Array(0);
  return data.length - size < size / 8 ? data.subarray(0, size) : data.slice(0, size);
}

export function makeObject(
  file: string,
  endian: Endian,
  sections: readonly AsmSection[],
  named: readonly AsmSymbol[],
  files: readonly string[],
  significant: readonly AsmSymbol[] | undefined,
  report: Report,
): ObjectFile {
  const symbols: ObjectSymbol[] = [];
  sections.forEach((section, index) => (section.index = index));
  for (const name of files) {
    const home: SymbolHome = { kind: "absolute", value: 0n };
    symbols.push({ name, home, size: 0, binding: "local", type: "file", visibility: "default" });
  }
  const referenced = new Set<AsmSection | AsmSymbol>();
  for (const section of sections) for (const { target } of section.relocations) referenced.add(target);
  for (const section of sections) {
    if (!referenced.has(section)) continue;
    section.symbol = symbols.length;
    const home: SymbolHome = { kind: "section", section: section.index, offset: 0 };
    symbols.push({ name: "", home, size: 0, binding: "local", type: "section", visibility: "default" });
  }
  const groups = groupsOf(sections);
  const onlyNames = (symbol: AsmSymbol): boolean =>
    groups.has(symbol) && !referenced.has(symbol) && (symbol.temporary || !isDefined(symbol));
  const add = (symbol: AsmSymbol): void => {
    symbol.index = symbols.length;
    if (symbol.type === "func" && symbol.binding === "local" && symbol.section && isOutsideText(symbol.section)) {
      const { name, at, section } = symbol;
      report.add("asm-static-program", { name, section: section.name }, at, at + name.length);
    }
    // Who refers to what another object has makes it global; LLVM and GNU alike. A name of a group alone is nobody else's.
    const foreign = symbol.binding === "local" && !isDefined(symbol) && !onlyNames(symbol);
    const binding = foreign ? (symbol.referred === "weakly" ? "weak" : "global") : symbol.binding;
    symbols.push({
      name: symbol.name,
      home: homeOf(symbol, report),
      size: sizeOf(symbol, report),
      binding,
      type: symbol.type,
      visibility: symbol.visibility,
    });
  };
  for (const symbol of named) {
    if (namesForeign(symbol)) continue;
    if (symbol.binding === "local" && ((isDefined(symbol) && !symbol.temporary) || onlyNames(symbol))) add(symbol);
  }
  for (const symbol of named) {
    if (symbol.index >= 0) continue;
    if (isDefined(symbol) ? symbol.binding !== "local" : referenced.has(symbol) || isStated(symbol)) add(symbol);
  }
  const groupNumbers = new Map([...groups.keys()].map((signature, number) => [signature, number]));
  const made = sections.map((section): Section => ({
    name: section.name,
    type: section.type,
    flags: section.flags,
    align: Math.max(section.align, alignments.get(section.name) ?? 1),
    entsize: section.entsize,
    size: section.size,
    data: contents(section),
    relocations: section.relocations.map(({ offset, kind, target, addend }) => {
      return { offset, kind, symbol: "flags" in target ? target.symbol : target.index, addend };
    }),
    group: section.group === undefined ? -1 : groupNumbers.get(section.group.signature)!,
    linkedTo: linkedTo(section, report),
  }));
  return {
    file,
    endian,
    flags: 0,
    sections: made,
    symbols,
    ...(significant === undefined
      ? {}
      : { addressSignificant: significant.flatMap(({ index }) => (index < 0 ? [] : [index])) }),
    groups: [...groups.values()].map(({ signature, comdat }) => ({ signature: signature.index, comdat })),
  };
}
