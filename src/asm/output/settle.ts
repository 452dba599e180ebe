/**
 * Finds the sizes of gaps and which jumps are long: rounds over both until nothing changes.
 *
 * Numbers and jumps only grow from round to round, so rounds end. After a few of them every jump that could become too long when
 * all between grows is made long at once, so that there are few.
 */
import type { Endian } from "../../bytes/index.js";
import { reduce, type Irreducible, type Reduced } from "../match/expression.js";
import { fillWith, Layout, pad } from "./layout.js";
import { lebSize, putLeb } from "../leb128.js";
import { maxBytes, maxFilled } from "../limits.js";
import { jumpReach, longJumpExtra } from "../../isa/index.js";
import { moveNumberedJumps } from "./numbered-jumps.js";
import { placeOf } from "./place.js";
import type { Report } from "../text/report.js";
import { join } from "./sections.js";
import type { AsmSection, AsmSymbol, Expression, Fixup, Gap } from "../types.js";

/** Rounds after which jumps are made long by the worst case. */
const patience = 8;
/** Rounds after which sizes depend on themselves. */
const mostRounds = 100;
/** What lies under this distance cannot grow beyond the reach: the longest jump has three slots. */
const surely: number = Math.floor(jumpReach / 3);

type Seen = Map<AsmSymbol, Reduced | Irreducible>;

export class Settler {
  readonly #report: Report;
  readonly #endian: Endian;
  readonly #relaxes: boolean;
  /** Of each section: its long jumps. */
  readonly #long: Map<AsmSection, Set<Fixup>> = new Map();
  #round = 0;

  constructor(report: Report, endian: Endian, relaxes: boolean) {
    this.#report = report;
    this.#endian = endian;
    this.#relaxes = relaxes;
  }

  /** Lays out `sections`: afterwards bytes, fixups and symbols are at their places. False where there are none to be at. */
  all(sections: readonly AsmSection[]): boolean {
    for (const section of sections) join(section);
    const moving = sections.filter((section) => section.gaps.length > 0);
    for (const section of moving) section.layout = new Layout(section);
    for (;;) {
      const changed = this.#gaps(moving);
      if (this.#jumps(sections) || (changed !== undefined && this.#round < mostRounds)) this.#round++;
      else if (changed === undefined) break;
      else {
        this.#report.add("asm-gap-cycle", {}, changed.from, changed.to);
        return false;
      }
    }
    let filled = 0;
    for (const section of moving) {
      section.gaps.forEach((gap, number) => this.#check(section, gap, number));
      if (section.type !== "nobits") filled += section.gaps.reduce((sum, { size }) => sum + size, 0);
      const size = section.layout!.sizeOf(section);
      if (size <= maxBytes && filled <= maxFilled) continue;
      const { from, to } = section.gaps.reduce((a, b) => (b.size > a.size ? b : a));
      const limit = size > maxBytes ? maxBytes : maxFilled;
      this.#report.add("asm-too-large", { section: section.name, limit }, from, to);
      return false;
    }
    for (const [section, [first]] of this.#long) {
      if (first === undefined || moveNumberedJumps(section, section.layout!, this.#endian)) continue;
      this.#report.add("asm-long-jump-number", {}, first.at, first.end);
    }
    for (const section of sections) {
      section.layout?.apply(section, (gap, at, data) => this.#fill(section, gap, at, data));
    }
    return true;
  }

  /** One round over the gaps; returns one that changed. */
  #gaps(sections: readonly AsmSection[]): Gap | undefined {
    const seen: Seen = new Map();
    let changed: Gap | undefined;
    for (const section of sections) {
      const layout = section.layout!;
      section.gaps.forEach((gap, number) => {
        const { size } = gap;
        layout.setSize(number, this.#sizeOf(section, gap, layout.start(number), seen));
        if (gap.size !== size) changed ??= gap;
      });
    }
    return changed;
  }

  #sizeOf(section: AsmSection, { what, size }: Gap, at: number, seen: Seen): number {
    if (what.kind === "align") {
      const needed = (what.bytes - (at % what.bytes)) % what.bytes;
      return needed > what.most ? 0 : needed;
    }
    const value = numberOf(section, what.expression, what.kind === "org", seen);
    if (what.kind === "leb") return Math.max(size, lebSize(value ?? 0n, what.signed));
    if (value === undefined || value < 0n) return 0;
    // Far more than a section may have is as wrong as a little more.
    const count = Number(value > 2n ** 40n ? 2n ** 40n : value);
    return what.kind === "org" ? Math.max(0, count - at) : count * what.fill.width;
  }

  /** Says what is wrong with `gap`, now that all is known. */
  #check(section: AsmSection, { what, from, to, size }: Gap, number: number): void {
    if (what.kind === "align") {
      const width = what.fill?.width ?? 1;
      if (size % width !== 0) this.#report.add("asm-padding", { needed: size, width }, from, to);
      return;
    }
    const found = reduce(what.expression);
    if ("problem" in found && found.problem === "zero")
      return this.#report.add("asm-division", {}, found.at, found.at + 1);
    const value = numberOf(section, what.expression, what.kind === "org", new Map());
    if (value === undefined) return this.#report.add("asm-not-constant", {}, from, to);
    if (what.kind === "leb") {
      if (!what.signed && value < 0n) {
        const facts = { what: "an unsigned LEB128 number", value, low: "0", high: String(2n ** 64n - 1n) };
        this.#report.add("asm-range", facts, from, to);
      }
      return;
    }
    if (what.kind === "space" && value < 0n) {
      const facts = { what: "a size in bytes", value, low: "0", high: String(maxBytes) };
      return this.#report.add("asm-range", facts, from, to);
    }
    if (what.kind === "org" && size === 0) {
      const here = section.layout!.start(number);
      if (value < here) this.#report.add("asm-org-back", { here, there: value }, from, to);
    }
    if (section.type === "nobits" && size > 0 && what.fill.value !== 0) {
      this.#report.add("asm-nobits", { section: section.name }, from, to);
    }
  }

  #fill(section: AsmSection, { what, size }: Gap, at: number, data: Uint8Array): void {
    const little = this.#endian === "little";
    if (what.kind === "leb") {
      const value = numberOf(section, what.expression, false, new Map()) ?? 0n;
      putLeb(data, at, size, value);
    } else if (what.fill !== undefined) {
      fillWith(data, at, at + size, what.fill, little);
    } else {
      pad(data, at, at + size, section.flags.exec);
    }
  }

  /** One round over the jumps of sections that are larger than a jump's reach; true when some became long. */
  #jumps(sections: readonly AsmSection[]): boolean {
    if (!this.#relaxes) return false;
    let changed = false;
    for (const section of sections) {
      if (!section.flags.exec) continue;
      const size = section.layout?.sizeOf(section) ?? section.size;
      if (size > jumpReach && this.#grow(section)) changed = true;
    }
    return changed;
  }

  #grow(section: AsmSection): boolean {
    const long = this.#long.get(section) ?? new Set();
    this.#long.set(section, long);
    const before = long.size;
    const offsets: number[] = [];
    const bytes: number[] = [];
    const seen: Seen = new Map();
    const most = this.#round < patience ? jumpReach : surely;
    const { gaps, layout } = section;
    let after = 0;
    for (const fixup of section.fixups) {
      if (fixup.kind !== "jump16" && fixup.kind !== "jump16_long") continue;
      const extra = longJumpExtra(section.data[fixup.offset]!);
      if (extra === 0) continue;
      while (after < gaps.length && gaps[after]!.at <= fixup.offset) after++;
      if (!long.has(fixup)) {
        const target = reduce(fixup.expression, seen);
        if ("problem" in target || target.add?.section !== section) continue;
        const end = (layout?.place(fixup.offset, after) ?? fixup.offset) + 8;
        const distance = placeOf(target.add) + Number(target.value) - end;
        if (distance <= most && distance >= -most - 8) continue;
        long.add(fixup);
        fixup.kind = "jump16_long";
        const { measured } = section;
        if (measured !== undefined && fixup.offset >= measured.low && fixup.offset < measured.high) {
          this.#report.add("asm-long-jump-measured", {}, fixup.at, fixup.end);
        }
      }
      offsets.push(fixup.offset);
      bytes.push(extra);
    }
    if (long.size === before) return false;
    section.layout ??= new Layout(section);
    section.layout.grow(offsets, bytes);
    return true;
  }
}

/** The value of a gap's expression, for `place` that of a place in `section`; undefined when it is none. */
function numberOf(section: AsmSection, tree: Expression, place: boolean, seen: Seen): bigint | undefined {
  const found = reduce(tree, seen);
  if ("problem" in found || found.sub !== undefined) return undefined;
  if (found.add === undefined) return found.value;
  return place && found.add.section === section ? found.value + BigInt(placeOf(found.add)) : undefined;
}
