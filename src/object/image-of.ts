/**
 * Linked Object to Image: code laid out in one array, jumps and calls resolved, everything else in the patch table.
 *
 * Source: docs/psabi.md "Images". An Object needs no linker when it has no undefined symbols.
 */
import { fits } from "../bytes/index.js";
import { BpfkitError, diagnostic, failure, type BinaryPlace, type Diagnostic } from "../diag/index.js";
import { helperId, opcodes, sectionRule, writeSrc } from "../isa/index.js";
import { readBtfMaps, type PlacedMap } from "./btf-maps.js";
import { fitsField, noFunction, relocate, writeField } from "./fields.js";
import { kernelNamesOf, type KernelName } from "./kernel-names.js";
import { calledPlaces, functionsOf } from "./image-functions.js";
import { debugOf } from "./image-debug.js";
import type { Image, ImageFunction, ImageMap, ImageProgram, ImageSegment, Patch, PatchKind } from "./image.js";
import { readLegacyMaps } from "./legacy-maps.js";
import { eachEntry, jumpTablesOf, type JumpTable } from "./jump-tables.js";
import { mapValues } from "./map-values.js";
import { isDebugSection, isJumpTableSection, isLegacyMapSection, isMapSection, isMetadataSection } from "./names.js";
import { patchesInsn, relocTable, type RelocValue } from "./relocations.js";
import type { ObjectFile, Relocation, Section } from "./types.js";

const { SLOT } = opcodes;

/** Where an Object's section went in the Image. */
type Landing =
  | { readonly kind: "code"; readonly base: number }
  | { readonly kind: "segment"; readonly segment: number }
  | { readonly kind: "maps"; readonly at: ReadonlyMap<number, number>; readonly placed: readonly PlacedMap[] }
  | { readonly kind: "none" };

interface Building {
  readonly object: ObjectFile;
  readonly landings: readonly Landing[];
  readonly code: Uint8Array;
  readonly segments: readonly ImageSegment[];
  readonly functions: readonly ImageFunction[];
  /** Function number by first slot. */
  readonly functionAt: ReadonlyMap<number, number>;
  readonly names: string[];
  readonly patches: Patch[];
  readonly faults: Diagnostic[];
  /** Names that the object's types say are the kernel's: read when a name is undefined. */
  readonly kernelNames: () => ReadonlyMap<string, KernelName>;
}

function place(object: ObjectFile, section: string, offset: number): BinaryPlace {
  return { kind: "binary", file: object.file, section, offset };
}

function addPatch(building: Building, patch: Patch): void {
  building.patches.push(patch);
}

/** The patch for a name that only a loader knows: a helper, or what the kernel has. */
function namePatch(building: Building, kind: PatchKind, name: string, at: number, optional = false): void {
  let target = building.names.indexOf(name);
  if (target < 0) target = building.names.push(name) - 1;
  const patch: Patch = { kind, target, addend: 0, field: kind === "kernel" ? "imm64" : "imm32", segment: -1, at };
  addPatch(building, optional ? { ...patch, optional } : patch);
}

/** Resolves a call or jump, both ends in code. */
function resolveBranch(building: Building, section: Section, base: number, relocation: Relocation): void {
  const { object, code, faults, landings } = building;
  const { offset, kind, addend } = relocation;
  const symbol = object.symbols[relocation.symbol]!;
  const at = base + offset / SLOT;
  const where = place(object, section.name, offset);
  const { field, range } = relocTable[kind];
  if (symbol.home.kind === "undefined") {
    // A name that the types say is the kernel's function, then a helper's (docs/psabi.md "Calls").
    if (kind === "kfunc_imm32" || (kind === "call_imm32" && building.kernelNames().get(symbol.name) === "function")) {
      writeSrc(code, at * SLOT, object.endian, opcodes.BPF_PSEUDO_KFUNC_CALL);
      return namePatch(building, "kfunc", symbol.name, at, symbol.binding === "weak");
    }
    if ((kind === "call_imm32" || kind === "helper_imm32") && helperId(symbol.name) !== undefined) {
      writeSrc(code, at * SLOT, object.endian, 0);
      return namePatch(building, "helper", symbol.name, at);
    }
    if (kind === "call_imm32" && symbol.binding === "weak") {
      writeSrc(code, at * SLOT, object.endian, 0);
      return writeField(code, at * SLOT, field, object.endian, noFunction);
    }
    faults.push(diagnostic("image-undefined", { name: symbol.name }, where));
    return;
  }
  const landing = symbol.home.kind === "section" ? landings[symbol.home.section]! : undefined;
  if (symbol.home.kind !== "section" || landing?.kind !== "code") {
    faults.push(diagnostic("image-target", { kind, name: symbol.name, expected: "code" }, where));
    return;
  }
  const target = BigInt(landing.base * SLOT + symbol.home.offset) + addend;
  const distance = (target - BigInt(at * SLOT)) / 8n - 1n;
  const inCode = target >= 0n && target < BigInt(code.length) && target % 8n === 0n;
  if (!inCode || (kind === "call_imm32" && !building.functionAt.has(Number(target) / SLOT))) {
    const expected = kind === "call_imm32" ? "the start of a function" : "an instruction";
    faults.push(diagnostic("image-target", { kind, name: symbol.name, expected }, where));
    return;
  }
  if (!fitsField(distance, field, range)) {
    faults.push(diagnostic("image-range", { value: distance, name: symbol.name, field }, where));
    return;
  }
  writeField(code, at * SLOT, field, object.endian, distance);
}

/** Turns an address reference (from code or from a data segment) into a patch, or a number where the symbol is absolute. */
function resolveAddress(
  building: Building,
  section: Section,
  from: { readonly segment: number; readonly base: number },
  relocation: Relocation,
): void {
  const { object, faults, landings } = building;
  const { offset, kind, addend } = relocation;
  const { field, range } = relocTable[kind];
  const symbol = object.symbols[relocation.symbol]!;
  const where = place(object, section.name, offset);
  const { home } = symbol;
  const known = home.kind === "undefined" ? building.kernelNames().get(symbol.name) : undefined;
  if (known === "config" || (known === "untyped" && symbol.binding !== "weak")) {
    const section = known === "config" ? ".kconfig" : ".ksyms";
    faults.push(diagnostic("image-kernel", { name: symbol.name, section }, where));
    return;
  }
  const isAddress = kind === "abs_imm64" && from.segment < 0 && addend === 0n;
  if (isAddress && (known === "function" || known === "variable")) {
    return namePatch(building, "kernel", symbol.name, from.base + offset / SLOT, symbol.binding === "weak");
  }
  const missing = home.kind === "undefined" && symbol.binding === "weak" && relocTable[kind].value === "S+A";
  if ((home.kind === "absolute" && relocTable[kind].value === "S+A") || missing) {
    const value = (home.kind === "absolute" ? home.value : 0n) + addend;
    const bytes = from.segment < 0 ? building.code : building.segments[from.segment]!.data;
    if (!fitsField(value, field, range)) {
      faults.push(diagnostic("image-range", { value, name: symbol.name, field }, where));
      return;
    }
    return writeField(bytes, from.segment < 0 ? from.base * SLOT + offset : offset, field, object.endian, value);
  }
  if (home.kind !== "section") {
    faults.push(diagnostic("image-undefined", { name: symbol.name }, where));
    return;
  }
  const landing = landings[home.section]!;
  if (relocTable[kind].value === "S+A-P") {
    // Only distances within one segment are known: a loader places each by itself.
    const same = landing.kind === "segment" && landing.segment === from.segment;
    const { value, fault } = relocate(kind, BigInt(home.offset), addend, BigInt(offset));
    if (!same) faults.push(diagnostic("image-distance", { name: symbol.name, section: section.name }, where));
    else if (fault === "range") faults.push(diagnostic("image-range", { value, name: symbol.name, field }, where));
    else writeField(building.segments[from.segment]!.data, offset, field, object.endian, value);
    return;
  }
  const at = from.segment < 0 ? from.base + offset / SLOT : offset;
  const target = home.offset + Number(addend);
  const narrow =
    landing.kind === "maps" ? field !== "imm64" && field !== "imm32" : field !== "imm64" && field !== "data64";
  if (narrow || !fits(addend, 32, "signed")) {
    faults.push(diagnostic("image-unsupported", { kind, name: symbol.name, section: section.name }, where));
    return;
  }
  const patch = { field: field as Patch["field"], segment: from.segment, at };
  if (landing.kind === "maps") {
    const map = landing.at.get(target);
    if (map !== undefined) return addPatch(building, { kind: "map", target: map, addend: 0, ...patch });
    faults.push(diagnostic("image-target", { kind, name: symbol.name, expected: "the start of a map" }, where));
  } else if (landing.kind === "segment") {
    addPatch(building, { kind: "segment", target: landing.segment, addend: target, ...patch });
  } else if (landing.kind === "code") {
    const called = building.functionAt.get(landing.base + target / SLOT);
    if (called !== undefined) return addPatch(building, { kind: "function", target: called, addend: 0, ...patch });
    const slot = landing.base + target / SLOT;
    const inside = target >= 0 && target < object.sections[home.section]!.size && target % SLOT === 0;
    if (inside) return addPatch(building, { kind: "instruction", target: slot, addend: 0, ...patch });
    faults.push(diagnostic("image-target", { kind, name: symbol.name, expected: "an instruction" }, where));
  } else {
    faults.push(diagnostic("image-target", { kind, name: symbol.name, expected: "code, data or a map" }, where));
  }
}

/** What a dynamic linker puts in, and has not: see docs/psabi.md "The dynamic part". */
const dynamicValues: ReadonlySet<RelocValue> = new Set<RelocValue>(["B+A", "G+A", "S"]);

/** Resolves one relocation of a section that landed in code or data; what is elsewhere is nothing that runs. */
function resolve(building: Building, section: Section, landing: Landing, relocation: Relocation): void {
  if (landing.kind !== "code" && landing.kind !== "segment") return;
  const { kind, offset } = relocation;
  const { value } = relocTable[kind];
  const name = building.object.symbols[relocation.symbol]!.name;
  const facts = { kind, name, section: section.name };
  if (dynamicValues.has(value)) {
    building.faults.push(diagnostic("image-dynamic", facts, place(building.object, section.name, offset)));
  } else if (landing.kind === "segment") {
    resolveAddress(building, section, { segment: landing.segment, base: 0 }, relocation);
  } else if (!patchesInsn(kind)) {
    building.faults.push(diagnostic("image-data-in-code", facts, place(building.object, section.name, offset)));
  } else if (value.endsWith("/8-1") || value === "HELPER" || value === "KFUNC") {
    resolveBranch(building, section, landing.base, relocation);
  } else {
    resolveAddress(building, section, { segment: -1, base: landing.base }, relocation);
  }
}

/** Places every section: code one after the other, data as segments, maps as definitions. */
function land(
  object: ObjectFile,
  tables: readonly JumpTable[],
): { landings: Landing[]; slots: number; segments: ImageSegment[]; maps: ImageMap[] } {
  const segments: ImageSegment[] = [];
  const maps: ImageMap[] = [];
  let slots = 0;
  const landings = object.sections.map((section, number): Landing => {
    const { name, flags, size } = section;
    if (flags.exec) {
      if (size % SLOT !== 0) throw failure("image-code-size", { name, size }, place(object, name, size));
      if (section.type === "nobits" && size > 0) {
        throw failure("image-code-missing", { name, size }, place(object, name, 0));
      }
      const base = slots;
      slots += size / SLOT;
      return { kind: "code", base };
    }
    if (isMapSection(name)) {
      if (size === 0) return { kind: "none" };
      const legacy = isLegacyMapSection(name);
      const placed = legacy ? [] : readBtfMaps(object, number);
      const at = new Map<number, number>();
      for (const { offset, map } of legacy ? readLegacyMaps(object, number) : placed)
        at.set(offset, maps.push(map) - 1);
      return { kind: "maps", at, placed };
    }
    const used = isJumpTableSection(name) ? tables.some((table) => table.section === number) : flags.alloc;
    if (!used || size === 0 || isMetadataSection(name) || isDebugSection(name)) return { kind: "none" };
    segments.push({ name, readOnly: !flags.write, align: section.align, size, data: section.data.slice() });
    return { kind: "segment", segment: segments.length - 1 };
  });
  return { landings, slots, segments, maps };
}

/** Gives maps their initial contents. */
function fillMaps(building: Building, maps: ImageMap[], programs: readonly ImageProgram[]): void {
  const { object, landings, functionAt, faults } = building;
  const programOf = new Map(programs.map((each, number) => [each.function, number]));
  const targets = {
    map(section: number, offset: number) {
      const landing = landings[section]!;
      return landing.kind === "maps" ? landing.at.get(offset) : undefined;
    },
    program(section: number, offset: number) {
      const landing = landings[section]!;
      const start = landing.kind === "code" ? functionAt.get(landing.base + offset / SLOT) : undefined;
      return start === undefined ? undefined : programOf.get(start);
    },
  };
  landings.forEach((landing, section) => {
    if (landing.kind !== "maps" || landing.placed.length === 0) return;
    mapValues(object, section, landing.placed, targets, faults).forEach((values, i) => {
      const number = landing.at.get(landing.placed[i]!.offset)!;
      if (values.length > 0) maps[number] = { ...maps[number]!, values };
    });
  });
}

function licenseOf(object: ObjectFile): string {
  const bytes = object.sections.find(({ name }) => name === "license")?.data ?? new Uint8Array(0);
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? Math.min(bytes.length, 128) : Math.min(end, 128)));
}

/** The Image of `object`. Throws BpfkitError with every reference that cannot be resolved or patched. */
export function imageOf(object: ObjectFile): Image {
  const tables = jumpTablesOf(object);
  const { landings, slots, segments, maps } = land(object, tables);
  const code = new Uint8Array(slots * SLOT);
  const functions: ImageFunction[] = [];
  const called = calledPlaces(object);
  object.sections.forEach((section, number) => {
    const landing = landings[number]!;
    if (landing.kind !== "code") return;
    code.set(section.data, landing.base * SLOT);
    functions.push(...functionsOf(object, number, landing.base, called.get(number) ?? new Set()));
  });
  const functionAt = new Map(functions.map(({ start }, number) => [start, number]));
  const building: Building = {
    object,
    landings,
    code,
    segments,
    functions,
    functionAt,
    names: [],
    patches: [],
    faults: [],
    kernelNames: kernelNamesOf(object),
  };
  object.sections.forEach((section, number) => {
    const landing = landings[number]!;
    for (const relocation of section.relocations) {
      resolve(building, section, landing, relocation);
    }
  });
  for (const table of tables) {
    const landing = landings[table.section]!;
    const code = landings[table.code]!;
    if (landing.kind !== "segment" || code.kind !== "code") continue;
    const { segment } = landing;
    eachEntry(object, table, (at, target) => {
      const slot = code.base + target / SLOT;
      addPatch(building, { kind: "instruction", target: slot, addend: 0, field: "data64", segment, at });
    });
  }
  const programs = functions.flatMap((each, number): ImageProgram[] =>
    each.section === ".text" || !each.global
      ? []
      : [{ name: each.name, section: each.section, function: number, rule: sectionRule(each.section) }],
  );
  fillMaps(building, maps, programs);
  if (building.faults.length > 0) throw new BpfkitError(building.faults);
  const { file, endian } = object;
  const license = licenseOf(object);
  const { names, patches } = building;
  patches.sort((a, b) => a.segment - b.segment || a.at - b.at);
  const debug = debugOf(object, (section) => {
    const landing = landings[section]!;
    return landing.kind === "code" ? landing.base : undefined;
  });
  const image = { file, endian, license, code, functions, programs, maps, segments, names, patches };
  return debug === undefined ? image : { ...image, debug };
}
