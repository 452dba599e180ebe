/**
 * Fixups to bytes or relocations, once every symbol has its place. Source: docs/psabi.md; the choice between a symbol and its
 * section's symbol, and between the two 32-bit data kinds, is LLVM's (reference section 3.4).
 */
import { encodeUtf8, fits, type Endian } from "../../bytes/index.js";
import { nearest } from "../../diag/index.js";
import {
  helperId,
  helperNames,
  opcodes,
  putLongJump,
  writeImm,
  writeImm64,
  writeOff,
  writeSrc,
} from "../../isa/index.js";
import { fieldBytes, isMapSection, isOutsideText, relocTable, type RelocKind } from "../../object/index.js";
import type { StatedRelocation } from "../directives/reloc.js";
import { reduce, type Irreducible, type Reduced } from "../match/expression.js";
import { placeOf } from "./place.js";
import type { Report } from "../text/report.js";
import { isDefined } from "./symbols.js";
import type { AsmSection, AsmSymbol, Expression, Fixup, FixupKind, TextRange } from "../types.js";

const dataBits: Partial<Record<FixupKind, 8 | 16 | 32 | 64>> = { data8: 8, data16: 16, data32: 32, data64: 64 };

/** Names compared for suggestions: in a text made for it, each of its errors would be compared with all of its names. */
const mostCompared = 5_000_000;

/** What names of other assemblers are here. */
function foreignName(name: string): string | undefined {
  if (/^(?:fp|rfp|bp)$/i.test(name)) return "r10";
  return /^\$\d+$/.test(name) ? name.slice(1) : undefined;
}

/** Where `tree` names `symbol` first; -1: another name stands for it. */
function mention(tree: Expression, symbol: AsmSymbol): number {
  const rest = [tree];
  for (let each = rest.pop(); each !== undefined; each = rest.pop()) {
    if (each.kind === "symbol" && each.symbol === symbol) return each.at;
    if (each.kind === "not") rest.push(each.of);
    else if (each.kind === "binary") rest.push(each.right, each.left);
  }
  return -1;
}

export class Resolver {
  /** The operands that are maps because the symbol is one. */
  readonly impliedMaps: TextRange[] = [];
  readonly #report: Report;
  readonly #endian: Endian;
  readonly #relaxes: boolean;
  readonly #symbols: readonly AsmSymbol[];
  /** Conformance texts jump to the first exit instruction by the name `exit`. */
  readonly #implicitExit: boolean;
  readonly #seen: Map<AsmSymbol, Reduced | Irreducible> = new Map();
  readonly #complained: Set<AsmSymbol> = new Set();
  /** Names of maps, once somebody has asked. */
  #maps: readonly string[] | undefined;
  /** The names of registers: an immediate that nobody defines may have been meant for one. */
  readonly #registers: readonly string[];
  #defined: readonly string[] | undefined;
  #compared = 0;

  constructor(
    report: Report,
    endian: Endian,
    symbols: readonly AsmSymbol[],
    implicitExit: boolean,
    relaxes: boolean,
    registers: readonly string[],
  ) {
    this.#registers = registers;
    this.#report = report;
    this.#endian = endian;
    this.#relaxes = relaxes;
    this.#symbols = symbols;
    this.#implicitExit = implicitExit;
  }

  /** Settles the fixups of `section`: bytes written, relocations added. */
  section(section: AsmSection): void {
    for (const fixup of section.fixups) {
      if (this.#report.full) return;
      const found = reduce(fixup.expression, this.#seen);
      if ("problem" in found) this.irreducible(found, fixup.at, fixup.end);
      else this.#settle(section, fixup, found);
    }
  }

  irreducible(found: Irreducible, at: number, end: number): void {
    if (found.problem === "zero") this.#report.add("asm-division", {}, found.at, found.at + 1);
    else if (found.problem === "cycle") this.#report.add("asm-cycle", {}, at, end);
    else this.#report.add("asm-expression-shape", {}, at, end);
  }

  #settle(section: AsmSection, fixup: Fixup, found: Reduced): void {
    const bits = dataBits[fixup.kind];
    if (bits !== undefined) return this.#data(section, fixup, found, bits);
    if (found.sub !== undefined) return this.#report.add("asm-expression-shape", {}, fixup.at, fixup.end);
    switch (fixup.kind) {
      case "jump16":
      case "jump16_long":
      case "jump32":
        return this.#jump(section, fixup, found);
      case "call":
      case "call_name":
      case "call_helper":
        return this.#call(section, fixup, found);
      case "off16":
        return this.#offset(section, fixup, found);
      case "map_imm32":
      case "map_imm64":
        return this.#map(section, fixup, found);
      default:
        return this.#immediate(section, fixup, found);
    }
  }

  #range(fixup: Fixup, value: bigint, what: string, low: bigint, high: bigint): boolean {
    if (value >= low && value <= high) return true;
    this.#report.add("asm-range", { what, value, low: String(low), high: String(high) }, fixup.at, fixup.end);
    return false;
  }

  /** What `.reloc` said, whose places may be anywhere in their sections. */
  stated(all: readonly StatedRelocation[]): void {
    for (const each of all) this.#stated(each);
    const touched = new Set(all.map(({ section }) => section.parent ?? section));
    for (const section of touched) section.relocations.sort((a, b) => a.offset - b.offset);
  }

  #stated({ section: part, place, kind, expression, from, to }: StatedRelocation): void {
    const section = part.parent ?? part;
    const where = reduce(place, this.#seen);
    const what = expression === undefined ? undefined : reduce(expression, this.#seen);
    for (const found of [where, what]) {
      if (found !== undefined && "problem" in found) return this.irreducible(found, from, to);
    }
    if ("problem" in where || (what !== undefined && "problem" in what)) return;
    const inside = where.sub === undefined && (where.add === undefined || where.add.section === section);
    const offset = Number(where.value) + (where.add === undefined ? 0 : placeOf(where.add));
    if (!inside || what?.sub !== undefined || what?.add === undefined) {
      return this.#report.add("asm-expression-shape", {}, from, to);
    }
    if (offset < 0 || offset + fieldBytes[relocTable[kind].field] > section.size) {
      return this.#report.add("asm-reloc-place", { offset, section: section.name }, from, to);
    }
    this.#relocate(
      section,
      { kind: "data64", offset, expression: place, at: from, end: to },
      kind,
      what.add,
      what.value,
    );
  }

  #relocate(section: AsmSection, fixup: Fixup, kind: RelocKind, named: AsmSymbol, addend: bigint): void {
    const symbol = named.standsFor ?? named;
    if (symbol === named) symbol.referred = "yes";
    else if (symbol.referred === "no") symbol.referred = "weakly";
    const home = symbol.section;
    if (symbol.temporary && home === undefined) {
      this.#undefined(symbol, fixup);
      return;
    }
    const local = symbol.binding === "local" && home !== undefined;
    section.relocations.push({
      offset: fixup.offset,
      kind,
      target: local ? home : symbol,
      addend: local ? addend + BigInt(placeOf(symbol)) : addend,
    });
  }

  /** A name nobody defines or declares, where only a definition makes sense. */
  #undefined(symbol: AsmSymbol, fixup: Fixup): boolean {
    if (isDefined(symbol) || symbol.declared) return false;
    // A numeric label without a name has been reported already.
    if (this.#complained.has(symbol) || symbol.name === "") return true;
    this.#complained.add(symbol);
    const defined = (this.#defined ??= this.#symbols.filter(isDefined).map(({ name }) => name));
    const like = fixup.kind === "imm32" && /^[a-z]{1,3}\d{1,2}$/i.test(symbol.name);
    const guess =
      foreignName(symbol.name) ?? this.#nearest(symbol.name, like ? [...this.#registers, ...defined] : defined);
    const at = fixup.expression.kind === "symbol" ? -1 : mention(fixup.expression, symbol);
    const place = at < 0 ? ([fixup.at, fixup.end] as const) : ([at, at + encodeUtf8(symbol.name).length] as const);
    if (guess === undefined) this.#report.add("asm-undefined", { name: symbol.name }, ...place);
    else this.#report.add("asm-undefined-near", { name: symbol.name, guess }, ...place);
    return true;
  }

  #nearest(name: string, candidates: readonly string[]): string | undefined {
    this.#compared += candidates.length;
    return this.#compared > mostCompared ? undefined : nearest(name, candidates);
  }

  /** A name that is almost that of a map is hardly meant for another object's. */
  #nearMap(symbol: AsmSymbol, fixup: Fixup): void {
    if (symbol.name === "" || this.#complained.has(symbol)) return;
    this.#complained.add(symbol);
    this.#maps ??= this.#symbols
      .filter(({ section, temporary }) => section !== undefined && !temporary && isMapSection(section.name))
      .map(({ name }) => name);
    const guess = this.#nearest(symbol.name, this.#maps);
    if (guess !== undefined) this.#report.add("asm-map-near", { name: symbol.name, guess }, fixup.at, fixup.end);
  }

  #data(section: AsmSection, fixup: Fixup, found: Reduced, bits: 8 | 16 | 32 | 64): void {
    const { add, sub, value } = found;
    if (add === undefined) {
      if (sub !== undefined) return this.#report.add("asm-expression-shape", {}, fixup.at, fixup.end);
      const what = `a datum of ${bits} bits`;
      const [low, high] = [-(1n << BigInt(bits - 1)), (1n << BigInt(bits)) - 1n];
      if (!this.#range(fixup, value, what, low, high)) return;
      let rest = BigInt.asUintN(64, value);
      for (let i = 0; i < bits / 8; i++, rest >>= 8n) {
        const to = this.#endian === "little" ? i : bits / 8 - 1 - i;
        section.data[fixup.offset + to] = Number(rest & 0xffn);
      }
      return;
    }
    if (sub === undefined) return this.#relocate(section, fixup, this.#dataKind(add, bits), add, value);
    // S - (a place of this section) is a distance from the datum.
    if (sub.section !== section) return this.#report.add("asm-expression-shape", {}, fixup.at, fixup.end);
    this.#relocate(section, fixup, `pcrel_data${bits}`, add, value + BigInt(fixup.offset - placeOf(sub)));
  }

  #dataKind(symbol: AsmSymbol, bits: 8 | 16 | 32 | 64): RelocKind {
    const flags = symbol.section?.flags;
    if (bits === 32 && flags?.alloc === true) {
      if (symbol.temporary ? flags.exec : flags.write) return "nodyld_data32";
    }
    return `abs_data${bits}`;
  }

  #jump(section: AsmSection, fixup: Fixup, found: Reduced): void {
    const { add, value } = found;
    const wide = fixup.kind === "jump32";
    if (add === undefined) {
      return wide ? this.#putImm(section, fixup, value, "a jump distance") : this.#putOff(section, fixup, value);
    }
    let target = placeOf(add);
    if (add.section !== section) {
      if (this.#implicitExit && add.name === "exit" && !isDefined(add) && section.firstExit >= 0) {
        target = section.firstExit;
      } else {
        if (this.#undefined(add, fixup)) return;
        return this.#relocate(section, fixup, wide ? "branch_imm32" : "branch_off16", add, value);
      }
    }
    const bytes = BigInt(target) + value - BigInt(fixup.offset + opcodes.SLOT);
    if (bytes % 8n !== 0n) return this.#report.add("asm-jump-middle", {}, fixup.at, fixup.end);
    const bits = wide ? 32 : 16;
    const near = fits(bytes / 8n, bits, "signed");
    const changes = this.#relaxes && section.data[fixup.offset] === opcodes.BPF_JMP;
    if (fixup.kind === "jump16_long" || (!near && changes)) {
      return putLongJump(section.data, fixup.offset, this.#endian, Number(bytes));
    }
    if (!near) {
      return this.#report.add("asm-jump-far", { distance: bytes / 8n, bits }, fixup.at, fixup.end);
    }
    if (wide) writeImm(section.data, fixup.offset, this.#endian, Number(bytes / 8n));
    else writeOff(section.data, fixup.offset, this.#endian, Number(bytes / 8n));
  }

  #call(section: AsmSection, fixup: Fixup, found: Reduced): void {
    const { add, value } = found;
    const { data } = section;
    if (add === undefined) return this.#putImm(section, fixup, value, "a helper's number");
    const known = isDefined(add) || add.declared;
    if (fixup.kind === "call_helper" || (fixup.kind === "call_name" && !known)) {
      const id = helperId(add.name);
      if (id !== undefined) return writeImm(data, fixup.offset, this.#endian, id);
      const guess = this.#nearest(add.name, helperNames);
      if (fixup.kind === "call_helper") {
        const facts = { name: add.name, guess: guess ?? "call N" };
        return this.#report.add("asm-helper", facts, fixup.at, fixup.end);
      }
      if (guess !== undefined) {
        this.#report.add("asm-helper-near", { name: add.name, guess }, fixup.at, fixup.end);
      }
    }
    writeSrc(data, fixup.offset, this.#endian, opcodes.BPF_PSEUDO_CALL);
    this.#outsideText(add, fixup);
    if (add.section === section && add.binding === "local") {
      const bytes = BigInt(placeOf(add)) + value - BigInt(fixup.offset + opcodes.SLOT);
      if (bytes % 8n !== 0n) return this.#report.add("asm-jump-middle", {}, fixup.at, fixup.end);
      return this.#putImm(section, fixup, bytes / 8n, "a call distance");
    }
    this.#relocate(section, fixup, "call_imm32", add, value);
  }

  /** Warns of a reference to code that libbpf does not follow. */
  #outsideText({ name, section }: AsmSymbol, fixup: Fixup): void {
    if (section === undefined || !isOutsideText(section)) return;
    const facts = { name: name === "" ? "(a label)" : name, section: section.name };
    this.#report.add("asm-call-outside", facts, fixup.at, fixup.end);
  }

  #offset(section: AsmSection, fixup: Fixup, found: Reduced): void {
    if (found.add === undefined) return this.#putOff(section, fixup, found.value);
    if (!this.#undefined(found.add, fixup)) this.#relocate(section, fixup, "abs_off16", found.add, found.value);
  }

  #map(section: AsmSection, fixup: Fixup, found: Reduced): void {
    const { add, value } = found;
    const kind = fixup.kind as "map_imm32" | "map_imm64";
    const home = add?.section?.name;
    if (add === undefined || (home !== undefined && !isMapSection(home)) || add.common !== undefined) {
      const facts = { name: add?.name ?? String(value), section: home ?? "no section" };
      return this.#report.add("asm-not-map", facts, fixup.at, fixup.end);
    }
    this.#relocate(section, fixup, kind, add, value);
  }

  #immediate(section: AsmSection, fixup: Fixup, found: Reduced): void {
    const { add, value } = found;
    if (fixup.kind === "imm64") {
      if (add === undefined) {
        if (!this.#range(fixup, value, "a 64-bit immediate", -(1n << 63n), (1n << 64n) - 1n)) return;
        return writeImm64(section.data, fixup.offset, this.#endian, value);
      }
      const map = add.section !== undefined && isMapSection(add.section.name);
      if (!isDefined(add) && !add.declared) this.#nearMap(add, fixup);
      if (map) this.impliedMaps.push({ start: fixup.at, end: fixup.end });
      this.#outsideText(add, fixup);
      return this.#relocate(section, fixup, map ? "map_imm64" : "abs_imm64", add, value);
    }
    if (add === undefined) return this.#putImm(section, fixup, value, "a 32-bit immediate");
    if (!this.#undefined(add, fixup)) this.#relocate(section, fixup, "abs_imm32", add, value);
  }

  #putOff(section: AsmSection, fixup: Fixup, value: bigint): void {
    if (!this.#range(fixup, value, "a 16-bit offset", -32768n, 32767n)) return;
    writeOff(section.data, fixup.offset, this.#endian, Number(value));
  }

  #putImm(section: AsmSection, fixup: Fixup, value: bigint, what: string): void {
    const high = fixup.kind === "imm32" || fixup.kind === "call_name" ? (1n << 32n) - 1n : (1n << 31n) - 1n;
    if (!this.#range(fixup, value, what, -(1n << 31n), high)) return;
    writeImm(section.data, fixup.offset, this.#endian, Number(value));
  }
}
