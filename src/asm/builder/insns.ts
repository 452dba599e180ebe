/**
 * One function an instruction, made from the instruction table: named and with operands in the order of the `plain` spelling,
 * giving the pseudo-C text of the row that suits the operands.
 */
import { failure } from "../../diag/index.js";
import { insnTable, spellings, type AluOp, type InsnRow, type JumpOp } from "../../isa/index.js";
import {
  checkedName,
  type Callee,
  type Fragment,
  type Label,
  type Memory,
  type Register,
  type Target,
  type Value,
} from "./parts.js";
import { fragment, operandText } from "./text.js";

type Swap = "le" | "be" | "bswap";
type Binary = Exclude<AluOp, Swap | "neg" | "movsx" | "addr_space_cast">;
type Atomic = "aor" | "aand" | "axor" | "afadd" | "afor" | "afand" | "afxor" | "axchg" | "acmp";
/** 64-bit instructions have no suffix. */
type Bits = "" | "32";
type Narrow = "b" | "h" | "w";
type Size = Narrow | "dw";

type Each<Name extends string, Operands extends readonly unknown[]> = {
  readonly [N in Name]: (...operands: Operands) => Fragment;
};

/** The instructions with their operands. RFC 9669 says what each does; `docs/instructions.md` lists the rows. */
export type Insns = Each<`${Binary}${Bits}`, [dst: Register, src: Register | Value]> &
  Each<`${JumpOp}${Bits}`, [dst: Register, src: Register | Value, target: Target]> &
  Each<`neg${Bits}` | `${Swap}${16 | 32 | 64}` | "callx" | "gotox", [register: Register]> &
  Each<`movs${Bits}`, [dst: Register, src: Register, bits: 8 | 16 | 32]> &
  Each<`ldx${Size}` | `ldxs${Narrow}` | `ldacq${Size}`, [dst: Register, from: Memory]> &
  Each<`stx${Size}` | `strel${Size}` | `${Atomic}${Bits}` | "xaddw" | "xadddw", [to: Memory, src: Register]> &
  Each<`st${Size}`, [to: Memory, value: Value]> &
  Each<`ldabs${Narrow}`, [offset: Value]> &
  Each<`ldind${Narrow}`, [base: Register, offset: Value]> &
  Each<"ldimm64", [dst: Register, value: Value]> &
  Each<"ld_pseudo", [dst: Register, src: 1 | 2 | 3 | 4 | 5 | 6, low: number, high: number]> &
  Each<"addr_space_cast", [dst: Register, src: Register, to: number, from: number]> &
  Each<"ja" | "jal" | "may_goto", [target: Target]> &
  Each<"call", [callee: Callee]> &
  Each<"call_kfunc", [id: number, index: number]> &
  Each<"callx_imm", [register: number]> &
  Each<"exit", []>;

type Operand = Register | Memory | Label | Value | string;

/** One row's way to take operands: the shapes, and the text to put them into. */
interface Form {
  /** An operand of the `plain` template each: `{d}`, `[{s}{o}]`, `8`. */
  readonly shapes: readonly string[];
  readonly template: string;
}

function isObject<K extends string>(value: unknown, kind: K): value is { readonly kind: K } {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
}

const isNumber = (value: unknown): value is number | bigint => typeof value === "number" || typeof value === "bigint";

/** Does `operand` have the shape of this part of a template? */
function suits(shape: string, operand: unknown): boolean {
  switch (shape) {
    case "{d}":
    case "{s}":
      return isObject(operand, "register");
    case "[{d}{o}]":
    case "[{s}{o}]":
      return isObject(operand, "memory");
    case "{j}":
    case "{J}":
      return typeof operand === "number" || isObject(operand, "label") || isObject(operand, "symbol");
    case "{c}":
    case "{f}":
      return typeof operand === "string" || suits("{j}", operand);
    case "{i}":
    case "{I}":
      return isNumber(operand) || isObject(operand, "symbol");
    default:
      return shape.startsWith("{") ? isNumber(operand) : Number(shape) === operand;
  }
}

const signed = (value: number): string => (value < 0 ? ` - ${-value}` : ` + ${value}`);

/** What goes into a hole of a pseudo-C template. */
function filling(hole: string, operand: Operand): string | Label {
  if (typeof operand === "string") return checkedName(operand);
  if (typeof operand !== "object") {
    const isDistance = (hole === "j" || hole === "J") && operand >= 0;
    return isDistance ? `+${operandText(operand)}` : operandText(operand);
  }
  switch (operand.kind) {
    case "register":
      return `${hole.startsWith("w") ? "w" : "r"}${operand.number}`;
    case "memory":
      return hole === "o" ? signed(operand.offset) : `r${operand.base.number}`;
    case "label":
      return operand;
    case "symbol":
      return operandText(operand);
  }
}

function apply({ shapes, template }: Form, operands: readonly Operand[]): Fragment {
  const byHole = new Map<string, Operand>();
  shapes.forEach((shape, at) => {
    for (const [, hole] of shape.matchAll(/\{(\w+)\}/g)) byHole.set(hole!, operands[at]!);
  });
  const parts = template.split(/\{(\w+)\}/).map((part, at) => {
    if (at % 2 === 0) return part;
    // In pseudo-C the displacement of a packet load has a sign of its own, and `w` names are the same registers.
    if (part === "O") return ` + ${filling("i", byHole.get("i")!)}`;
    return filling(part, byHole.get(part) ?? byHole.get(part.replace(/^w/, ""))!);
  });
  return fragment(...parts);
}

/** The name and form of a row; a name for two words is the row's own. */
function formOf(row: InsnRow): readonly [string, Form] {
  const plain = spellings(row, "plain")[0]!;
  const [, word, rest] = /^(\w+)\s*(.*)$/.exec(plain)!;
  const shapes = rest === "" ? [] : rest!.split(",").map((shape) => shape.trim());
  const isTwo = shapes[0]?.startsWith("kfunc ") === true;
  if (isTwo) shapes[0] = shapes[0]!.slice("kfunc ".length);
  return [isTwo ? row.name : word!, { shapes, template: spellings(row, "pseudoc")[0]! }];
}

const shapeNames: Readonly<Record<string, string>> = {
  "{d}": "register",
  "{s}": "register",
  "[{d}{o}]": "memory",
  "[{s}{o}]": "memory",
  "{j}": "target",
  "{J}": "target",
  "{c}": "callee",
  "{f}": "callee",
};

function describe({ shapes }: Form): string {
  return `(${shapes.map((shape) => shapeNames[shape] ?? (shape.startsWith("{") ? "number" : shape)).join(", ")})`;
}

function makeInsns(): Insns {
  const forms = new Map<string, Form[]>();
  for (const row of insnTable) {
    const [name, form] = formOf(row);
    const known = forms.get(name);
    if (known === undefined) forms.set(name, [form]);
    else known.push(form);
  }
  const functions = [...forms].map(([name, list]) => {
    const make = (...operands: readonly Operand[]): Fragment => {
      const found = list.find(
        ({ shapes }) => shapes.length === operands.length && shapes.every((shape, at) => suits(shape, operands[at])),
      );
      if (found === undefined) {
        const wanted = [...new Set(list.map(describe))].join(" or ");
        throw failure("asm-builder-operands", { name, wanted });
      }
      return apply(found, operands);
    };
    return [name, make] as const;
  });
  return Object.fromEntries(functions) as unknown as Insns;
}

/** The instructions as functions. */
export const insn: Insns = makeInsns();
