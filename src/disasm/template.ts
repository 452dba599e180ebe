/**
 * Spelling templates of the instruction table compiled to byte programs: bytes below 0x80 are literal text, the others
 * name a field and how it is written. Source of the placeholders: `Spelling` of the `isa` room.
 */
import { insnTable, spellings, type Dialect, type InsnRow } from "../isa/index.js";

/** Bits 4 and 5 of an operation: the field it writes. */
export const Field = { off: 0x80, imm: 0x90, high: 0xa0, other: 0xb0 } as const;

/** Low four bits of an operation on a number. */
export const Style = {
  decimal: 0,
  /** With its sign, `+5`. */
  signed: 1,
  /** ` + 8`, ` - 8`. */
  spaced: 2,
  /** The same, nothing for 0. */
  spacedOrNone: 3,
  /** `+8`, `+-8`. */
  plus: 4,
  /** `0x5`, unsigned. */
  hex: 5,
} as const;

/** Operations on `Field.other`. */
export const Other = {
  dst: 0xb0,
  src: 0xb1,
  imm64: 0xb2,
  imm64Hex: 0xb3,
  /** `bpf_map_lookup_elem#1`. */
  helper: 0xb4,
  spacesTo: 0xb5,
  spacesFrom: 0xb6,
} as const;

/** The compiled templates of a row in a dialect: for numbers alone, and where a name stands for the target. */
export interface Compiled {
  readonly numeric: Uint8Array;
  readonly named: Uint8Array;
}

const dialectNames = ["pseudoc", "gnu", "plain", "kernel", "conformance"] as const;

/** The program of one placeholder. */
function operations(hole: string, dialect: Dialect, row: InsnRow): (number | string)[] {
  const register = dialect === "gnu" || dialect === "conformance" ? "%r" : "r";
  const jump = dialect === "gnu" ? Style.decimal : Style.signed;
  switch (hole) {
    case "d":
      return [register, Other.dst];
    case "s":
      return [register, Other.src];
    case "wd":
      return ["w", Other.dst];
    case "ws":
      return ["w", Other.src];
    case "i":
      return [Field.imm | (dialect === "kernel" && row.off === "jump" ? Style.hex : Style.decimal)];
    case "I":
      return [dialect === "kernel" ? Other.imm64Hex : Other.imm64];
    case "h":
      return [Field.high | Style.decimal];
    case "o":
      if (dialect === "pseudoc") return [Field.off | Style.spaced];
      if (dialect === "gnu") return [Field.off | Style.plus];
      return dialect === "kernel" ? [" ", Field.off | Style.signed] : [Field.off | Style.signed];
    case "O":
      // The kernel prints `skb[r3 + -4]`.
      return dialect === "kernel" ? [" + ", Field.imm | Style.decimal] : [Field.imm | Style.spacedOrNone];
    case "j":
      return [Field.off | jump];
    case "J":
    case "f":
      return [Field.imm | jump];
    case "c":
      return [dialect === "kernel" ? Other.helper : Field.imm | Style.decimal];
    case "x":
      return [Field.off | Style.decimal];
    case "da":
      return [Other.spacesTo];
    case "sa":
      return [Other.spacesFrom];
    default:
      return [Field.imm | Style.decimal];
  }
}

function compile(template: string, dialect: Dialect, row: InsnRow): Uint8Array {
  const program: number[] = [];
  const literal = (text: string): void => {
    for (let i = 0; i < text.length; i++) program.push(text.charCodeAt(i));
  };
  for (const part of template.split(/(\{\w+\})/)) {
    if (!part.startsWith("{")) literal(part);
    else {
      for (const operation of operations(part.slice(1, -1), dialect, row)) {
        if (typeof operation === "string") literal(operation);
        else program.push(operation);
      }
    }
  }
  return Uint8Array.from(program);
}

function compileRow(row: InsnRow, dialect: Dialect): Compiled {
  const templates = spellings(row, dialect);
  const first = templates[0]!;
  // `call 5` is the helper 5: a local call by number needs the spelling that says so.
  const numeric = templates.find((template) => template !== "call {f}") ?? first;
  // The kernel's `pc` stands before numbers only.
  return { numeric: compile(numeric, dialect, row), named: compile(first.replace("pc{", "{"), dialect, row) };
}

const compiled = new Map<Dialect, (Compiled | undefined)[]>();

/** The compiled templates of row number `row` in `dialect`; compiled at the first use. */
export function templateOf(dialect: Dialect, row: number): Compiled {
  let table = compiled.get(dialect);
  if (table === undefined) {
    table = Array.from({ length: insnTable.length });
    compiled.set(dialect, table);
  }
  return (table[row] ??= compileRow(insnTable[row]!, dialect));
}

/** Every dialect that instructions can be printed in. */
export const printDialects: readonly Dialect[] = dialectNames;
