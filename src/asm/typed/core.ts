/**
 * CO-RE in text: `%core(KIND, TYPE, PATH)` is a number that a loader replaces by what it is on the running kernel, and
 * `.core_reloc` states the same of an instruction written before. Kinds: `enum bpf_core_relo_kind` of linux/bpf.h.
 */
import {
  cAccess,
  coreReloNames,
  CoreReloKind,
  parseCType,
  type CAccess,
  type CStep,
  type CType,
} from "../../btf/index.js";
import { nearest } from "../../diag/index.js";
import { opcodes } from "../../isa/index.js";
import { CText } from "./c-text.js";
import type { Leaf } from "../match/grammar.js";
import type { Run } from "../run.js";
import { comma } from "../text/scan.js";
import { placeSymbol } from "../output/symbols.js";
import { packed, Token } from "../text/tokens.js";
import type { AsmSymbol, Expression } from "../types.js";

/** One record of .BTF.ext. */
export interface CoreRecord {
  /** The instruction. */
  readonly start: AsmSymbol;
  readonly type: CType;
  readonly kind: CoreReloKind;
  readonly access: CAccess;
  /** The operator or the directive's operands: byte offsets in the text. */
  readonly at: number;
  readonly end: number;
}

type Reading = Omit<CoreRecord, "start">;

const opens = packed("(");
const closes = packed(")");
const equals = packed("=");
const { BPF_ALU, BPF_ALU64, BPF_LDX, BPF_MEM, BPF_ST, BPF_STX, BPF_X, LDDW } = opcodes;

/** The field of the instruction `opcode` that loaders relocate; undefined where there is none. */
export function coreField(opcode: number): "off" | "imm" | "imm64" | undefined {
  if (opcode === LDDW) return "imm64";
  const kind = opcode & 7;
  if (kind === BPF_LDX || kind === BPF_ST || kind === BPF_STX) return (opcode & 0xe0) === BPF_MEM ? "off" : undefined;
  return (kind === BPF_ALU || kind === BPF_ALU64) && (opcode & BPF_X) === 0 ? "imm" : undefined;
}

/** What `%core` operators of the statement being read said, until the instruction is there. */
export class CoreOperators {
  readonly #run: Run;
  /** Of the statement that starts here. */
  #statement = -1;
  #readings: Reading[] = [];
  readonly records: CoreRecord[] = [];

  constructor(run: Run) {
    this.#run = run;
  }

  /** Has this statement such an operator? */
  get waits(): boolean {
    return this.#readings.length > 0;
  }

  /** The operator at the `%` of token `at`, and the token behind it; undefined where there is none. */
  operator(at: number): { readonly tree: Expression; readonly next: number } | undefined {
    const run = this.#run;
    const { tokens, interner, report } = run;
    if (tokens.kind[at + 1] !== Token.word || !tokens.is(at + 2, opens)) return undefined;
    const name = interner.names[interner.folded(tokens.value[at + 1]!)]!;
    if (name !== "core") return undefined;
    let next = at + 3;
    for (let depth = 1; next < tokens.count; next++) {
      if (tokens.is(next, opens)) depth++;
      else if (tokens.is(next, closes) && --depth === 0) break;
    }
    if (next >= tokens.count) return undefined;
    const [start, end] = [tokens.start[at]!, tokens.end[next]!];
    const number = (value: bigint): { tree: Expression; next: number } => ({
      tree: { kind: "number", value },
      next: next + 1,
    });
    if (run.strict) {
      report.add("asm-strict", { name: "%core" }, start, end);
      return number(0n);
    }
    if (!this.#isInstruction()) {
      report.add("asm-core-place", {}, start, end);
      return number(0n);
    }
    // An instruction's text may be tried in several ways.
    if (this.#statement !== tokens.start[0]!) {
      this.#statement = tokens.start[0]!;
      this.#readings = [];
    }
    let reading = this.#readings.find((each) => each.at === start);
    if (reading === undefined) {
      run.typed.first ??= [start, end];
      reading = readCore(run, at + 3, next, start, end);
      if (reading === undefined) return number(0n);
      this.#readings.push(reading);
    }
    return number(reading.access.value ?? 0n);
  }

  #isInstruction(): boolean {
    const { tokens, source, registers, interner } = this.#run;
    if (source.text[tokens.start[0]!] === 0x2e) return false;
    if (tokens.kind[0] !== Token.word || !tokens.is(1, equals)) return true;
    return registers.byWord.has(interner.folded(tokens.value[0]!));
  }

  /** The instruction of the operators is `leaf`, and will be put at the end of the section. */
  take(leaf: Leaf): void {
    const run = this.#run;
    const readings = this.#readings;
    this.#readings = [];
    if (this.#statement !== run.tokens.start[0]!) return;
    const field = coreField(leaf.row.opcode);
    const operand = field === "off" ? run.matcher.offset : run.matcher.immediate;
    for (const reading of readings) {
      const { at, end } = reading;
      // In `[r1 + %core(…)]` the sign belongs to the operand.
      const before = String.fromCharCode(...run.source.text.subarray(operand.at, Math.min(at, operand.at + 80)));
      const fits = operand.end === end && operand.at <= at && /^\+?\s*$/.test(before);
      if (field === undefined || !fits || leaf.row.imm === "pair") {
        run.report.add("asm-core-field", {}, at, end);
        continue;
      }
      this.records.push({ ...reading, start: placeSymbol(run.sections.current, at) });
    }
  }
}

/** `KIND, TYPE[, PATH]` of the tokens from `first` up to `last`; undefined after an error. KIND may be left out. */
export function readCore(run: Run, first: number, last: number, at: number, end: number): Reading | undefined {
  const { tokens } = run;
  const commas = [first - 1];
  for (let token = first, depth = 0; token < last; token++) {
    if (tokens.is(token, opens)) depth++;
    else if (tokens.is(token, closes)) depth--;
    else if (depth === 0 && tokens.is(token, comma)) commas.push(token);
  }
  commas.push(last);
  const parts = commas.slice(1).map((stop, i) => ({ from: commas[i]! + 1, to: stop }));
  const empty = parts.find(({ from, to }) => from >= to);
  if (empty !== undefined) {
    run.expected("a kind, a type or a path", empty.from);
    return undefined;
  }
  let kind: number = CoreReloKind.BPF_CORE_FIELD_BYTE_OFFSET;
  const word = wordOf(run, parts[0]!);
  const named = word === undefined ? -1 : kindNumber(word);
  if (named >= 0) {
    kind = named;
    parts.shift();
  } else if (parts.length > 2) {
    const name = textOf(run, parts[0]!);
    const guess = nearest(name, coreReloNames) ?? "byte_off";
    run.errorAt("asm-core-kind", { name, guess, known: coreReloNames.join(", ") }, parts[0]!.from, parts[0]!.to - 1);
    return undefined;
  }
  const [typePart, pathPart, more] = parts;
  if (typePart === undefined || more !== undefined) {
    run.expected(typePart === undefined ? "`,` and a type" : "`)`", typePart === undefined ? last : more!.from - 1);
    return undefined;
  }
  const text = new CText();
  text.add(run.source.text, tokens.start[typePart.from]!, tokens.end[typePart.to - 1]!);
  const found = parseCType(text.text, run.typed.scope, text.report(run));
  if (found === undefined) return undefined;
  const type = nameable(found);
  if (type === undefined) {
    run.errorAt("asm-core-type", {}, typePart.from, typePart.to - 1);
    return undefined;
  }
  const steps = pathPart === undefined ? [] : stepsOf(textOf(run, pathPart));
  if (steps === undefined) {
    run.expected('a path such as `member.other[3]` or "0:1:2"', pathPart!.from);
    return undefined;
  }
  const access = cAccess(kind as CoreReloKind, type, steps, run.endian);
  if ("problem" in access) {
    const { problem, known } = access;
    const part = pathPart ?? typePart;
    const missed = steps.findLast((step) => typeof step === "string" && !known.includes(step));
    const guess = typeof missed === "string" ? nearest(missed, known) : undefined;
    if (guess === undefined) run.errorAt("asm-core-path", { problem }, part.from, part.to - 1);
    else run.errorAt("asm-core-path-near", { problem, guess }, part.from, part.to - 1);
    return undefined;
  }
  return { type, kind: kind as CoreReloKind, access, at, end };
}

interface Part {
  readonly from: number;
  readonly to: number;
}

function textOf({ source, tokens }: Run, { from, to }: Part): string {
  return String.fromCharCode(...source.text.subarray(tokens.start[from], tokens.end[to - 1]).subarray(0, 4096));
}

function wordOf(run: Run, part: Part): string | undefined {
  const { tokens, interner } = run;
  if (part.to !== part.from + 1 || tokens.kind[part.from] !== Token.word) return undefined;
  return interner.names[tokens.value[part.from]!]!;
}

/** By the name that tools print, or by that of linux/bpf.h. */
function kindNumber(word: string): number {
  return Object.hasOwn(CoreReloKind, word)
    ? CoreReloKind[word as keyof typeof CoreReloKind]
    : coreReloNames.indexOf(word);
}

/** The type without its qualifiers, where it has a name to be found by. */
function nameable(type: CType): CType | undefined {
  let at = type;
  while (at.kind === "const" || at.kind === "volatile" || at.kind === "restrict" || at.kind === "type_tag") at = at.to;
  return "name" in at && at.name !== "" ? at : undefined;
}

/** `se.load[2]` or `"0:1:2"`; undefined for what is neither. */
function stepsOf(text: string): CStep[] | undefined {
  const raw = /^"(\d{1,10}(?::\d{1,10})*)"$/.exec(text);
  if (raw !== null) return raw[1]!.split(":").map(Number);
  const steps: CStep[] = [];
  const step = /\s*(?:\[\s*(\d{1,10})\s*\]|(\.?)\s*([A-Za-z_]\w*))\s*/y;
  while (step.lastIndex < text.length) {
    const found = step.exec(text);
    if (found === null) return undefined;
    const [, index, dot, name] = found;
    if (index !== undefined) steps.push(Number(index));
    else if ((dot === "") === (steps.length === 0)) steps.push(name!);
    else return undefined;
  }
  return steps;
}
