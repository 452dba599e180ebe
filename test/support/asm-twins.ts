/**
 * Syntaxes that no other assembler reads, compared all the same: each generated file is written twice, in the syntax and in
 * llvm-mc's pseudo-C, with the same instructions, operands, data and names, and the two objects must be equal.
 */
import { insnTable, spellings, type Dialect, type IsaVersion } from "../../src/isa/index.js";
import { llvm } from "./asm-flavours.js";
import { number32, offset16, type Flavour, type Names } from "./asm-generate.js";
import type { Random } from "./random.js";

/** A statement's operands, drawn before it is known which syntax they are written in. */
interface Operands {
  readonly d: number;
  readonly s: number;
  readonly words: Readonly<Record<string, string>>;
  readonly off: number;
  readonly disp: number;
  readonly target: string;
}

function draw(random: Random, names: Names): Operands {
  const { local, hidden, far, outside, datum, shared, fixed, constant, common, farWeak, table, sharedTable } = names;
  const off = offset16(random);
  const distance = offset16(random);
  const signed = distance < 0 ? String(distance) : `+${distance}`;
  const place = random.pick([local, far, datum, shared, fixed, outside, common, table, sharedTable]);
  const addend = random.below(64);
  return {
    d: random.below(11),
    s: random.below(11),
    off,
    disp: random.pick([0, 4, -4, random.u32() | 0]),
    target: random.pick([local, hidden, "1b", "1f", signed, signed]),
    words: {
      i: random.pick([number32(random), number32(random), constant]),
      h: number32(random),
      I: random.pick([`0x${random.u64().toString(16)}`, place, `${place} + ${addend}`]),
      f: random.pick([local, far, farWeak, outside, `${outside}+8`]),
      c: String(random.below(200)),
      da: String(random.below(3)),
      sa: String(random.below(3)),
    },
  };
}

function displacement(value: number, dialect: Dialect): string {
  const sign = value < 0 ? "-" : "+";
  if (dialect === "pseudoc") return ` ${sign} ${Math.abs(value)}`;
  if (dialect === "kernel") return ` ${sign}${Math.abs(value)}`;
  return value === 0 ? "" : `${sign}${Math.abs(value)}`;
}

function write(template: string, dialect: Dialect, { d, s, words, off, disp, target }: Operands): string {
  // In kernel text a distance has `pc` before it, and a label has not.
  const text = /^[+-]/.test(target) ? template : template.replace(/pc(?=\{[jJ])/, "");
  return text.replace(/\{(\w+)\}/g, (_, hole: string) => {
    switch (hole) {
      case "d":
      case "s":
        return `${dialect === "conformance" ? "%" : ""}r${hole === "d" ? d : s}`;
      case "wd":
      case "ws":
        return `w${hole === "wd" ? d : s}`;
      case "o":
        return displacement(off, dialect);
      case "O":
        return displacement(disp, dialect);
      case "j":
      case "J":
        return target;
      default:
        return words[hole]!;
    }
  });
}

/** A template of the syntax and one of llvm-mc's for the same row, and the row's opcode. */
export interface Twin {
  readonly own: string;
  readonly peer: string;
  readonly opcode: number;
}

/** What the syntax writes as numbers alone and the peer too: every spelling of every row that llvm-mc knows up to `version`. */
export function twins(dialect: Dialect, version: IsaVersion): readonly Twin[] {
  return insnTable
    .filter((row) => row.version <= version)
    .flatMap((row) => {
      const peer = llvm.templates(row)[0];
      // The text of these rows tells a number where llvm-mc's has none: a packet load's displacement, a second number.
      if (peer === undefined || row.op === "ldind" || row.name.startsWith("lddw_")) return [];
      return spellings(row, dialect)
        .filter((own) => !/pc\{f\}|call helper/.test(own))
        .map((own) => ({ own, peer, opcode: row.opcode }));
    });
}

/** The flavours of both files: `templates` of `generateFile` are the twins' numbers. */
export function twinFlavours(dialect: Dialect, list: readonly Twin[]): readonly [Flavour, Flavour] {
  const flavour = (syntax: Dialect): Flavour => ({
    ...llvm,
    syntax,
    datum: llvm.datum,
    statement: (number, random, names) => {
      const operands = draw(random, names);
      const { own, peer, opcode } = list[Number(number)]!;
      if (syntax === "pseudoc") return write(peer, "pseudoc", operands);
      const text = write(own, dialect, operands);
      return dialect === "kernel" ? `${random.seed % 1000}: (${opcode.toString(16).padStart(2, "0")}) ${text}` : text;
    },
  });
  return [flavour(dialect), flavour("pseudoc")];
}
