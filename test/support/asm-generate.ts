/**
 * Generated assembly files for differential tests: every row of the instruction table that the peer knows, in every spelling
 * of the peer's syntax, with all shapes of operands, relocations of all kinds, data directives, symbols and sections.
 *
 * A file's names all begin with its own prefix. So a peer can be run once on many files put together, and its object taken apart
 * by prefix again: what stands in it for one file is what the peer would make of the file alone, section by section.
 */
import { insnTable, spellings, type Dialect, type InsnRow, type IsaVersion } from "../../src/isa/index.js";
import type { Random } from "./random.js";

/** A peer's syntax, and which rows and operands it has. */
export interface Flavour {
  readonly syntax: Dialect;
  /** Before the name of a register. */
  readonly sign: "" | "%";
  /** The templates of a row that the peer reads. */
  templates(row: InsnRow): readonly string[];
  /** A displacement in the offset field, with its sign. */
  displacement(random: Random, names: Names): string;
  /** Immediates that are more than a number. */
  immediate(random: Random, names: Names): string;
  jump(random: Random, names: Names): string;
  longJump(random: Random, names: Names): string;
  call(random: Random, names: Names): string;
  wide(random: Random, names: Names): string;
  datum(random: Random, names: Names): string;
  readonly comment: string;
  /** Writes a statement instead of `spell`. */
  statement?(template: string, random: Random, names: Names): string;
}

/** The names of a generated file, made of its prefix. */
export interface Names {
  readonly prefix: string;
  /** In the section of the code being written: a local, a global and a `.L` label. */
  readonly local: string;
  readonly entry: string;
  readonly hidden: string;
  /** In another code section, local and weak. */
  readonly far: string;
  readonly farWeak: string;
  readonly outside: string;
  readonly outsideWeak: string;
  /** In data sections: local, global, in read-only data. */
  readonly datum: string;
  readonly shared: string;
  readonly fixed: string;
  /** A map: local, global. */
  readonly table: string;
  readonly sharedTable: string;
  /** A number. */
  readonly constant: string;
  readonly common: string;
}

export function namesOf(prefix: string): Names {
  const own = (name: string): string => `${prefix}_${name}`;
  return {
    prefix,
    local: own("local"),
    entry: own("entry"),
    hidden: `.L${prefix}`,
    far: own("far"),
    farWeak: own("far_weak"),
    outside: own("outside"),
    outsideWeak: own("outside_weak"),
    datum: own("datum"),
    shared: own("shared"),
    fixed: own("fixed"),
    table: own("table"),
    sharedTable: own("shared_table"),
    constant: own("constant"),
    common: own("common"),
  };
}

const edges32 = [0, 1, -1, 9, 127, 255, -128, 32767, -32768, 65535, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1];
const edges16 = [0, 1, -1, 8, -8, 255, 32767, -32768];

/** A number that fits 32 bits, signed or unsigned, written in one of the bases. */
export function number32(random: Random): string {
  const value = random.chance(1, 2) ? random.pick(edges32) : random.pick([random.u32() | 0, random.between(-999, 999)]);
  return inSomeBase(random, value);
}

export function inSomeBase(random: Random, value: number): string {
  const sign = value < 0 ? "-" : "";
  const size = Math.abs(value);
  return sign + random.pick([String(size), String(size), `0x${size.toString(16)}`, `0${size.toString(8)}`]);
}

export function offset16(random: Random): number {
  return random.chance(1, 2) ? random.pick(edges16) : random.between(-32768, 32767);
}

function number64(random: Random): string {
  const value = random.pick([random.u64(), BigInt(random.u32()), 0n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n]);
  return random.pick([value.toString(), `0x${value.toString(16)}`, `-${value >> 1n}`]);
}

/** `template` of `row` with random operands. */
export function spell(template: string, flavour: Flavour, random: Random, names: Names): string {
  const seen = new Map<string, string>();
  return template.replace(/\{(\w+)\}/g, (_, hole: string) => {
    // The same register again must be the same; of the others each stands once.
    const known = seen.get(hole);
    if (known !== undefined) return known;
    const text = operand(hole);
    seen.set(hole, text);
    return text;
  });

  function operand(hole: string): string {
    switch (hole) {
      case "d":
      case "s":
        return `${flavour.sign}r${random.below(11)}`;
      case "wd":
      case "ws":
        return `w${random.below(11)}`;
      case "o":
        return flavour.displacement(random, names);
      case "j":
        return flavour.jump(random, names);
      case "J":
        return flavour.longJump(random, names);
      case "f":
      case "c":
        return flavour.call(random, names);
      case "I":
        return random.chance(1, 3) ? number64(random) : flavour.wide(random, names);
      case "da":
      case "sa":
        return String(random.pick([0, 1, 2, 65535]));
      default:
        return random.chance(2, 3) ? number32(random) : flavour.immediate(random, names);
    }
  }
}

/** All statements that a peer's syntax has for rows up to `version`: each row in each of its spellings. */
export function statementTemplates(flavour: Flavour, version: IsaVersion): readonly string[] {
  return insnTable.filter((row) => row.version <= version).flatMap((row) => [...new Set(flavour.templates(row))]);
}

/** The templates of `row` in the flavour's own dialect. */
export function ownTemplates(row: InsnRow, flavour: Pick<Flavour, "syntax">): readonly string[] {
  return spellings(row, flavour.syntax);
}

/**
 * A file with `prefix` before its names. `cursor` walks over all templates, so that files made one after another have each of
 * them equally often; the rest is random.
 */
export function generateFile(
  flavour: Flavour,
  templates: readonly string[],
  cursor: { at: number },
  random: Random,
  prefix: string,
): string {
  const names = namesOf(prefix);
  const { comment } = flavour;
  const statement = (): string => {
    const template = templates[cursor.at++ % templates.length]!;
    const note = random.chance(1, 12) ? `\t${comment} ${random.u32()}` : "";
    const text = flavour.statement?.(template, random, names) ?? spell(template, flavour, random, names);
    return `\t${text}${note}`;
  };
  const some = (most: number): string[] => Array.from({ length: random.between(1, most) }, statement);
  const data = (most: number): string[] =>
    Array.from({ length: random.between(0, most) }, () => `\t${flavour.datum(random, names)}`);
  const pieces = [
    [
      `\t.section ${prefix}_code,"ax",@progbits`,
      `\t.globl ${names.entry}`,
      `\t.type ${names.entry},@function`,
      `1:`,
      `${names.local}:`,
      ...some(10),
      `${names.entry}:`,
      ...some(6),
      `${names.hidden}:`,
      `1:`,
      "\texit",
      `\t.size ${names.entry}, .-${names.entry}`,
    ],
    [
      `\t.section ${prefix}_more,"ax",@progbits`,
      `\t.weak ${names.farWeak}`,
      `${names.farWeak}: exit`,
      `${names.far}:`,
      "\texit",
    ],
    [
      `\t.section ${prefix}_data,"aw",@progbits`,
      `\t.globl ${names.shared}`,
      `\t.type ${names.datum},@object`,
      `${names.datum}:`,
      ...data(6),
      `${names.shared}:`,
      "\t.long 7",
      `\t.quad ${names.outsideWeak}`,
      ...data(3),
      `\t.size ${names.datum}, ${names.shared} - ${names.datum}`,
    ],
    [
      `\t.section ${prefix}_ro,"a",@progbits`,
      "\t.byte 1",
      "\t.balign 8",
      `\t.hidden ${names.fixed}`,
      `${names.fixed}:`,
      ...data(4),
      "\t.byte 2",
    ],
    [
      `\t.section maps/${prefix},"aw",@progbits`,
      `\t.globl ${names.sharedTable}`,
      `${names.table}: .long 1, 4, 8, 16`,
      `${names.sharedTable}: .long 2, 4, 8, 16`,
    ],
    [`\t.section ${prefix}_room,"aw",@nobits`, `\t.zero ${random.between(1, 40)}`],
  ];
  const head = [
    `\t.set ${names.constant}, ${random.between(-100, 100)} * 3 + 1`,
    `\t.extern ${names.outside}`,
    `\t.weak ${names.outsideWeak}`,
    `\t.comm ${names.common},${random.between(1, 32)},${random.pick([1, 2, 4, 8])}`,
  ];
  // Numeric labels are the text's, whatever the section: the code comes first or last, never between others of its kind.
  const [code, ...others] = pieces;
  const rest = random.shuffle(others);
  const order = random.chance(1, 2) ? [code!, ...rest] : [...rest, code!];
  return `${[...head, ...order.flat()].join("\n")}\n`;
}
