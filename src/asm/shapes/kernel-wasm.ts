/**
 * The loop over lines of known shapes, in WebAssembly: JavaScript takes tens of milliseconds to become fast, as long as the rest of a
 * large text takes.
 *
 * It follows the tree of `tree.ts` with the bytes of each line, reads registers, numbers and a name on the way, checks them by the facts of
 * the shape it comes to, and puts the instruction. All of it is in one memory, see `Place`.
 */
import { type Endian } from "../../bytes/index.js";
import {
  bump,
  i32,
  i64,
  leave,
  leaveIf,
  moduleOf,
  repeat,
  result,
  set,
  swapBytes,
  WasmFunction,
  when,
  type Local,
  type Wasm,
} from "../../wasm/index.js";
import { Class } from "../text/scan.js";
import { Fact, Flag, Place, Result, Stop, codeBytes } from "./kernel-layout.js";
import { Edge, What } from "./tree.js";

const longestName = 256;
const newline = 10;
/** Digits that 64 bits surely hold. */
const mostDigits = 18;
const mostHexDigits = 16;

const c = i32.const;
const wide = i64.const;
/** Leaves the line to the caller. */
const unknown = result(c(Stop.unknown));
const unknownIf = (condition: Wasm): Wasm => when(condition, unknown);
const isOutside = (value: Wasm, low: bigint, high: bigint): Wasm =>
  i32.or(i64.lt(value, wide(low)), i64.gt(value, wide(high)));

/** `(at, last, end) → Stop`: follows the lines from `at` on that start before `last`; the text in the memory ends at `end`. */
function linesFunction(endian: Endian): WasmFunction {
  const func = new WasmFunction(0, 3);
  const [at, last, end] = func.parameters as [Local, Local, Local];
  const [next, byte, edge, word, digit, what, limit] = func.locals("i32", 7);
  // The registers of the line are four bits each, the last one lowest. `huge`: a number needs the 64th bit.
  const [name, nameEnd, registers, off, huge, fact, filled] = func.locals("i32", 7);
  const [value, imm, high] = func.locals("i64", 3);

  const ofEdge = (field: keyof typeof Edge): Wasm => i32.load(edge, Edge[field]);
  const ofFact = (field: keyof typeof Fact): Wasm => i32.load(fact, Fact[field]);
  const has = (flags: number): Wasm => i32.and(ofFact("flags"), c(flags));
  /** Goes on behind the edge, out of `depth` blocks within `readLine`'s branch. */
  const along = (depth: number): Wasm => [set(edge, ofEdge("target")), leave(depth + 1)];
  /** What else may stand there. */
  const besides: Wasm = [set(edge, ofEdge("other")), set(what, ofEdge("what"))];
  const digitHere = i32.sub(i32.load8(next), c(0x30));
  const isDigit = i32.ltUnsigned(digit, c(10));
  const inLimit = i32.ltUnsigned(next, limit);
  const classHere = i32.load8(i32.load8(next), Place.classes);
  const step = bump(next, c(1));

  /** A name where no digit stands, if there may be one. */
  const readName: Wasm = [
    when(i32.ge(what, c(What.imm)), besides),
    unknownIf(i32.ne(what, c(What.name))),
    unknownIf(i32.ne(classHere, c(Class.word))),
    set(name, next),
    set(limit, i32.add(next, c(longestName))),
    repeat(step, leaveIf(i32.and(i32.ge(classHere, c(Class.word)), inLimit), 0)),
    unknownIf(i32.eq(next, limit)),
    set(nameEnd, next),
    along(1),
  ];

  /** A register that begins with `digit`; 10 is the only one with two. */
  const readRegister: Wasm = [
    set(registers, i32.or(i32.shl(registers, c(4)), digit)),
    when(i32.and(i32.eq(digit, c(1)), i32.eq(i32.load8(next), c(0x30))), [bump(registers, c(9)), step]),
    along(1),
  ];

  /** What begins with a digit and is no register and no number. */
  const readDigits: Wasm = [
    when(i32.eq(what, c(What.digits)), [
      set(limit, i32.add(next, c(mostDigits))),
      repeat(set(digit, digitHere), when(i32.and(isDigit, inLimit), [step, leave(1)])),
      along(2),
    ]),
    // A number besides a name, perhaps.
    when(i32.eq(what, c(What.name)), besides),
    unknownIf(i32.eqz(what)),
  ];

  const readHex: Wasm = [
    step,
    set(word, next),
    set(limit, i32.add(next, c(mostHexDigits))),
    repeat(
      set(digit, digitHere),
      when(i32.gtUnsigned(digit, c(9)), [
        set(digit, i32.sub(i32.or(i32.load8(next), c(0x20)), c(0x61 - 10))),
        when(i32.ltUnsigned(digit, c(10)), set(digit, c(16))),
      ]),
      when(i32.and(i32.ltUnsigned(digit, c(16)), inLimit), [
        set(value, i64.or(i64.shl(value, wide(4n)), i64.extendUnsigned(digit))),
        step,
        leave(1),
      ]),
    ),
    // None, or too many.
    unknownIf(i32.or(i32.eq(next, word), i32.ltUnsigned(digit, c(16)))),
  ];

  const readDecimal: Wasm = [
    set(limit, i32.add(next, c(mostDigits - 1))),
    repeat(
      set(digit, digitHere),
      when(i32.and(isDigit, inLimit), [
        set(value, i64.add(i64.mul(value, wide(10n)), i64.extendUnsigned(digit))),
        step,
        leave(1),
      ]),
    ),
    unknownIf(isDigit),
  ];

  /** The number that begins with `digit`, into the field that `what` says. */
  const readNumber: Wasm = [
    set(value, i64.extendUnsigned(digit)),
    when(
      i32.eqz(digit),
      [
        // Octal numbers are for others.
        unknownIf(i32.ltUnsigned(digitHere, c(10))),
        when(i32.eq(i32.or(i32.load8(next), c(0x20)), c(0x78)), readHex),
      ],
      readDecimal,
    ),
    set(huge, i64.lt(value, wide(0n))),
    when(i32.ge(what, c(What.minusImm)), [
      unknownIf(huge),
      set(value, i64.sub(wide(0n), value)),
      bump(what, c(What.imm - What.minusImm)),
    ]),
    when(i32.eq(what, c(What.imm)), [set(imm, value), along(1)]),
    unknownIf(huge),
    when(i32.eq(what, c(What.off)), [
      unknownIf(isOutside(value, -0x8000n, 0x7fffn)),
      set(off, i32.and(i32.wrap(value), c(0xffff))),
      along(1),
    ]),
    unknownIf(isOutside(value, -(2n ** 31n), 2n ** 32n - 1n)),
    set(high, value),
    along(0),
  ];

  /** Follows the edges to the end of the line, where `edge` says its shape. */
  const readLine = repeat(
    set(word, i32.load(next)),
    repeat(when(i32.and(i32.xor(word, ofEdge("key")), ofEdge("mask")), [set(edge, ofEdge("next")), leave(1)])),
    when(
      ofEdge("bytes"),
      [bump(next, ofEdge("bytes")), set(edge, ofEdge("target")), leaveIf(i32.ge(edge, c(0)), 1)],
      [
        set(what, ofEdge("what")),
        set(digit, digitHere),
        when(i32.gtUnsigned(digit, c(9)), readName),
        step,
        when(i32.eq(what, c(What.register)), readRegister),
        when(i32.lt(what, c(What.imm)), readDigits),
        readNumber,
      ],
    ),
  );

  const registerAt = (field: "dst" | "src" | "same" | "twin"): Wasm => i32.shrUnsigned(registers, ofFact(field));

  const remark = repeat(
    unknownIf(i32.ge(next, end)),
    set(byte, i32.load8(next)),
    step,
    leaveIf(i32.ne(byte, c(newline)), 0),
  );

  const little = endian === "little";
  /** A word in the order of the file's bytes. */
  const ordered = (given: Wasm): Wasm => (little ? given : [set(word, given), swapBytes(word)]);
  const field = (of: "dst" | "src", shift: number): Wasm => i32.shl(i32.and(registerAt(of), c(15)), c(shift));
  const putInstruction: Wasm = [
    i32.store(
      filled,
      i32.or(
        i32.or(ofFact("head"), i32.or(field("dst", little ? 8 : 12), field("src", little ? 12 : 8))),
        little ? i32.shl(off, c(16)) : i32.or(i32.shl(off, c(24)), i32.shl(i32.and(off, c(0xff00)), c(8))),
      ),
      Place.code,
    ),
    i32.store(filled, ordered(i32.or(ofFact("imm"), i32.wrap(imm))), Place.code + 4),
    when(has(Flag.exit), when(i32.lt(i32.load(c(Result.exit)), c(0)), i32.store(c(Result.exit), filled))),
    bump(filled, c(8)),
    when(has(Flag.upper | Flag.own), [
      when(has(Flag.upper), set(high, i64.shrUnsigned(imm, wide(32n)))),
      i32.store(filled, c(0), Place.code),
      i32.store(filled, ordered(i32.wrap(high)), Place.code + 4),
      bump(filled, c(8)),
    ]),
  ];

  func.body = [
    repeat(
      i32.store(c(Result.at), at),
      i32.store(c(Result.filled), filled),
      when(i32.or(i32.ge(at, last), i32.gt(filled, c(codeBytes - 16))), result(c(Stop.end))),
      set(next, at),
      repeat(set(byte, i32.load8(next)), when(i32.or(i32.eq(byte, c(0x09)), i32.eq(byte, c(0x20))), [step, leave(1)])),
      unknownIf(i32.gt(next, last)),
      set(edge, i32.load(i32.shl(byte, c(2)), Place.roots)),
      set(registers, c(0)),
      set(off, c(0)),
      set(huge, c(0)),
      set(imm, wide(0n)),
      set(high, wide(0n)),
      readLine,
      set(fact, i32.xor(edge, c(-1))),
      unknownIf(i32.ne(i32.and(registers, ofFact("fixedMask")), ofFact("fixed"))),
      unknownIf(i32.and(i32.xor(registerAt("same"), registerAt("twin")), c(15))),
      unknownIf(i32.or(i64.lt(imm, i64.load(fact, Fact.low)), i64.gt(imm, i64.load(fact, Fact.high)))),
      unknownIf(i32.and(huge, i32.eqz(has(Flag.upper)))),
      when(has(Flag.remark), remark),
      when(i32.eqz(has(Flag.label)), putInstruction),
      when(has(Flag.name | Flag.label), [
        i32.store(c(Result.filled), filled),
        i32.store(c(Result.next), next),
        i32.store(c(Result.fact), fact),
        i32.store(c(Result.name), name),
        i32.store(c(Result.nameEnd), nameEnd),
        result(c(Stop.name)),
      ]),
      set(at, next),
      leave(0),
    ),
    c(Stop.end),
  ];
  return func;
}

/** The modules for files of either byte order. */
export const littleModule = (): string => moduleOf([linesFunction("little")]);
export const bigModule = (): string => moduleOf([linesFunction("big")]);
