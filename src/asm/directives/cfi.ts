/** `.cfi_*`: call frame information, for unwinders and debuggers. */
import { Cfa, dataFactor, frameBytes, returnColumn } from "../debug/frame-codes.js";
import { pointerSize } from "../debug/frame-tables.js";
import type { Frame, FrameReference } from "../debug/frames.js";
import type { Run } from "../run.js";
import { comma } from "../text/scan.js";
import { placeSymbol } from "../output/symbols.js";
import { packed, Token } from "../text/tokens.js";

const most = 2 ** 31 - 1;

type Rule = (run: Run, frame: Frame) => readonly number[] | undefined;

function here(run: Run): ReturnType<typeof placeSymbol> {
  return placeSymbol(run.sections.current, run.tokens.start[0]!);
}

/** The register at token `at`, by name or number, then `next`. */
function register(run: Run, at: number): { readonly value: number; readonly next: number } {
  const { tokens, interner } = run;
  const word = tokens.is(at, packed("%")) ? at + 1 : at;
  if (tokens.kind[word] === Token.word && word < tokens.count) {
    const name = interner.names[interner.folded(tokens.value[word]!)]!;
    const number = name === "fp" ? 10 : Number(/^[rw](\d|10)$/.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(number)) run.expected("a register", at);
    return { value: number, next: word + 1 };
  }
  return run.constant(at, "a register's number", 0, most);
}

/** `A, B`: two operands read by `first` and `second`. */
function two(
  run: Run,
  second: (at: number) => { readonly value: number; readonly next: number },
): readonly [number, number] | undefined {
  const one = register(run, 1);
  if (Number.isNaN(one.value)) return undefined;
  if (!run.tokens.is(one.next, comma)) {
    run.expected("`,`", one.next);
    return undefined;
  }
  const other = second(one.next + 1);
  return Number.isNaN(other.value) || !run.ends(other.next) ? undefined : [one.value, other.value];
}

function one(run: Run): number | undefined {
  const found = register(run, 1);
  return Number.isNaN(found.value) || !run.ends(found.next) ? undefined : found.value;
}

function offsetAt(run: Run, at: number): { readonly value: number; readonly next: number } {
  return run.constant(at, "an offset", -most - 1, most);
}

function onlyOffset(run: Run): number | undefined {
  const found = offsetAt(run, 1);
  return Number.isNaN(found.value) || !run.ends(found.next) ? undefined : found.value;
}

/** `NAME REGISTER, OFFSET`: `encode` for `base` + OFFSET. */
function saved(run: Run, base: number, encode = frameBytes.saved): readonly number[] | undefined {
  const found = two(run, (at) => offsetAt(run, at));
  if (found === undefined) return undefined;
  const bytes = found[1] + base;
  if (bytes % dataFactor === 0) return encode(found[0], bytes);
  run.errorAt("asm-cfi-offset", { bytes, factor: -dataFactor }, 1, run.tokens.count - 1);
  return undefined;
}

function cfaOffset(run: Run, frame: Frame, value: number): readonly number[] | undefined {
  if (value < 0) {
    run.errorAt("asm-range", { what: "a frame's offset", value, low: "0", high: String(most) }, 1);
    return undefined;
  }
  frame.offset = value;
  return frameBytes.plain(Cfa.defCfaOffset, value);
}

/** Directives with one register as operand. */
function withRegister(bytes: (register: number) => readonly number[]): Rule {
  return (run) => {
    const found = one(run);
    return found === undefined ? undefined : bytes(found);
  };
}

function bare(code: number): Rule {
  return (run) => (run.ends(1) ? [code] : undefined);
}

/** Directives that make instructions. */
const rules: Readonly<Record<string, Rule>> = {
  def_cfa(run, frame) {
    const found = two(run, (at) => run.constant(at, "a frame's offset", 0, most));
    if (found === undefined) return undefined;
    [, frame.offset] = found;
    return frameBytes.plain(Cfa.defCfa, ...found);
  },
  def_cfa_register: withRegister((found) => frameBytes.plain(Cfa.defCfaRegister, found)),
  def_cfa_offset(run, frame) {
    const value = onlyOffset(run);
    return value === undefined ? undefined : cfaOffset(run, frame, value);
  },
  adjust_cfa_offset(run, frame) {
    const value = onlyOffset(run);
    return value === undefined ? undefined : cfaOffset(run, frame, frame.offset + value);
  },
  offset: (run) => saved(run, 0),
  val_offset: (run) => saved(run, 0, frameBytes.valued),
  rel_offset: (run, frame) => saved(run, -frame.offset),
  restore: withRegister((found) => frameBytes.restored(found)),
  undefined: withRegister((found) => frameBytes.plain(Cfa.undefinedRegister, found)),
  same_value: withRegister((found) => frameBytes.plain(Cfa.sameValue, found)),
  register(run) {
    const found = two(run, (at) => register(run, at));
    return found === undefined ? undefined : frameBytes.plain(Cfa.register, ...found);
  },
  remember_state: bare(Cfa.rememberState),
  restore_state: bare(Cfa.restoreState),
  window_save: bare(Cfa.windowSave),
  escape(run) {
    const bytes: number[] = [];
    for (let at = 1; ;) {
      const given = run.constant(at, "a byte", -128, 255);
      if (Number.isNaN(given.value)) return undefined;
      bytes.push(given.value & 0xff);
      if (!run.tokens.is(given.next, comma)) return run.ends(given.next) ? bytes : undefined;
      at = given.next + 1;
    }
  },
};

/** `ENCODING, SYMBOL`, or 255 alone for none. */
function reference(run: Run): FrameReference | undefined {
  const given = run.constant(1, "a pointer's encoding", 0, 255);
  if (Number.isNaN(given.value)) return undefined;
  if (given.value === 255) {
    run.ends(given.next);
    return undefined;
  }
  if (pointerSize(given.value) === undefined) {
    run.expected("an encoding of 4 or 8 bytes, absolute or relative to its place", 1);
    return undefined;
  }
  if (!run.tokens.is(given.next, comma)) {
    run.expected("`,`", given.next);
    return undefined;
  }
  const at = given.next + 1;
  if (run.name(at) === undefined || !run.ends(at + 1)) return undefined;
  const symbol = run.symbols.get(run.tokens.value[at]!, run.tokens.start[at]!);
  return { encoding: given.value, symbol };
}

function start(run: Run): void {
  const { frames, tokens, interner } = run;
  const simple = tokens.kind[1] === Token.word && tokens.count > 1 && interner.names[tokens.value[1]!] === "simple";
  if (!run.ends(simple ? 2 : 1)) return;
  if (frames.open !== undefined) return run.errorAt("asm-cfi-nested", {}, 0);
  frames.open = {
    start: here(run),
    end: undefined,
    instructions: [],
    personality: undefined,
    lsda: undefined,
    signal: false,
    simple,
    returnColumn,
    offset: 0,
    at: tokens.start[0]!,
  };
  frames.all.push(frames.open);
}

function sections(run: Run): void {
  const { tokens, interner, frames } = run;
  frames.ehFrame = false;
  frames.debugFrame = false;
  for (let at = 1; ; at += 2) {
    const name = tokens.kind[at] === Token.word && at < tokens.count ? interner.names[tokens.value[at]!] : "";
    if (name === ".eh_frame") frames.ehFrame = true;
    else if (name === ".debug_frame") frames.debugFrame = true;
    else return run.expected("`.eh_frame` or `.debug_frame`", at);
    if (!tokens.is(at + 1, comma)) return void run.ends(at + 1);
  }
}

/** Directives that say something about the whole frame. */
const facts: Readonly<Record<string, (run: Run, frame: Frame) => void>> = {
  endproc(run, frame) {
    if (!run.ends(1)) return;
    frame.end = here(run);
    run.frames.open = undefined;
    if (frame.end.section !== frame.start.section) run.errorAt("asm-cfi-section", {}, 0);
  },
  personality: (run, frame) => void (frame.personality = reference(run)),
  lsda: (run, frame) => void (frame.lsda = reference(run)),
  signal_frame: (run, frame) => void (frame.signal = run.ends(1)),
  return_column(run, frame) {
    const column = one(run);
    if (column !== undefined) frame.returnColumn = column;
  },
};

function inside(name: string, what: (run: Run, frame: Frame) => void): readonly [string, (run: Run) => void] {
  return [
    `cfi_${name}`,
    (run) => {
      const frame = run.frames.open;
      if (frame === undefined) run.errorAt("asm-cfi-outside", { name: `.cfi_${name}` }, 0);
      else what(run, frame);
    },
  ];
}

/** By name, without the dot. */
export const cfiDirectives: Readonly<Record<string, (run: Run) => void>> = {
  cfi_sections: sections,
  cfi_startproc: start,
  ...Object.fromEntries([
    ...Object.entries(facts).map(([name, fact]) => inside(name, fact)),
    ...Object.entries(rules).map(([name, rule]) =>
      inside(name, (run, frame) => {
        const bytes = rule(run, frame);
        if (bytes !== undefined) frame.instructions.push({ at: here(run), bytes });
      }),
    ),
  ]),
};
