/**
 * The loop that writes the lines of a listing, as WebAssembly. It knows no instruction: what a line looks like stands in its
 * shape (`line-shapes.ts`), and what has no shape is left to the caller. Lines are written by stores of 8 and 16 bytes, of which
 * the next store overwrites what is too much.
 */
import {
  ascii,
  block,
  bump,
  call,
  decimalFunction,
  eightDigits,
  hexDigits,
  hexFunction,
  i32,
  i64,
  leadingZeros,
  leave,
  leaveIf,
  moduleOf,
  repeat,
  result,
  select,
  set,
  swapBytes,
  v128,
  WasmFunction,
  when,
  type Local,
  type Wasm,
} from "../wasm/index.js";
import { columns, Layout, Piece, recordBits, Source, State, Word } from "./line-layout.js";

const c = i32.const;

/** `(at, value, source, plus, minus) → end`: a number and its sign. */
function numberFunction(index: number, decimal: WasmFunction, hex: WasmFunction): WasmFunction {
  const func = new WasmFunction(index, 5);
  const [at, value, source, plus, minus] = func.parameters as [Local, Local, Local, Local, Local];
  const isNegative = i32.lt(value, c(0));
  func.body = [
    set(plus, select(isNegative, minus, plus)),
    i32.store(at, plus),
    bump(at, i32.shrUnsigned(plus, c(24))),
    when(i32.eq(source, c(Source.immHex)), [result(call(hex, at, value))]),
    call(decimal, at, select(isNegative, i32.sub(c(0), value), value)),
  ];
  return func;
}

/** `(slot, end, at, limit) → end of the text`: see `LineWriter.write`. */
function linesFunction(index: number, hex: WasmFunction, number: WasmFunction): WasmFunction {
  const func = new WasmFunction(index, 4);
  const [slot, end, at, limit] = func.parameters as [Local, Local, Local, Local];
  const state = (address: number): Wasm => i32.load(c(address));
  const known = (address: number): { readonly local: Local; readonly code: Wasm } => {
    const local = func.local("i32");
    return { local, code: set(local, state(address)) };
  };
  const code = known(State.code);
  const isBig = known(State.isBig);
  const showsBytes = known(State.showsBytes);
  const near = known(State.near);
  const far = known(State.far);
  const [low, high, off, imm, shape, jump, target, from, length] = func.locals("i32", 9);
  const line = func.local("i64");
  const part = func.local("i64");
  const bytes = func.local("v128");
  const word = (distance: number): Wasm => i32.load(shape, distance);

  const readSlot: Wasm = [
    set(from, i32.add(code.local, i32.shl(slot, c(3)))),
    set(low, i32.load(from)),
    set(high, i32.load(from, 4)),
    when(
      isBig.local,
      [set(off, i32.signed16(swapBytes(low))), set(imm, swapBytes(high))],
      [set(off, i32.shr(low, c(16))), set(imm, high)],
    ),
  ];
  const differs = (field: Local, want: number, mask: number): Wasm => i32.and(i32.xor(field, word(want)), word(mask));
  const findShape: Wasm = [
    set(
      shape,
      i32.add(
        i32.shl(i32.load16(i32.shl(i32.and(low, c(0xffff)), c(1)), Layout.heads), c(recordBits)),
        c(Layout.shapes),
      ),
    ),
    repeat(
      when(i32.or(differs(off, Word.off, Word.offMask), differs(imm, Word.imm, Word.immMask)), [
        set(shape, word(Word.next)),
        leave(1),
      ]),
    ),
  ];
  const isOff = (source: Wasm): Wasm => i32.eq(source, c(Source.off));
  const putColumn: Wasm = [
    eightDigits(slot, line, part),
    // Zeros become blanks up to the first other digit.
    i64.store(
      at,
      i64.sub(
        i64.or(line, i64.const(0x3030_3030_3030_3030n)),
        i64.and(i64.const(0x1010_1010_1010_1010n), i64.sub(i64.shl(i64.const(1n), leadingZeros(line)), i64.const(1n))),
      ),
    ),
    i32.store16(at, c(0x093a), columns),
    bump(at, c(columns + 2)),
  ];
  const gap = 16;
  const tab = 17;
  const putBytes: Wasm = when(showsBytes.local, [
    set(bytes, v128.load64(from)),
    set(bytes, hexDigits(bytes)),
    v128.store(
      at,
      v128.shuffle(bytes, v128.const(ascii(" \t")), [0, 1, gap, 2, 3, gap, 4, 5, gap, 6, 7, gap, 8, 9, gap, 10]),
    ),
    v128.store64(at, v128.shuffle(bytes, v128.const(ascii(" \t")), [11, gap, 12, 13, gap, 14, 15, tab]), 16),
    bump(at, c(24)),
  ]);
  const putNumber = (source: Wasm, plus: number, minus: number): Wasm =>
    set(at, call(number, at, select(isOff(source), off, imm), source, word(plus), word(minus)));
  const putText: Wasm = [
    v128.store(at, v128.load(shape, Piece.before)),
    set(length, word(Word.before)),
    when(i32.gt(length, c(16)), [
      v128.store(at, v128.load(shape, Piece.before + 16), 16),
      v128.store(at, v128.load(shape, Piece.before + 32), 32),
    ]),
    bump(at, length),
    when(word(Word.first), [
      putNumber(word(Word.first), Word.firstPlus, Word.firstMinus),
      when(word(Word.second), [
        v128.store(at, v128.load(shape, Piece.between)),
        bump(at, word(Word.between)),
        putNumber(word(Word.second), Word.secondPlus, Word.secondMinus),
      ]),
      v128.store(at, v128.load(shape, Piece.behind)),
      bump(at, word(Word.behind)),
    ]),
  ];
  const putTarget: Wasm = when(jump, [
    set(from, c(Layout.head)),
    set(length, i32.add(c(Layout.head), state(State.head))),
    set(target, i32.sub(i32.shl(target, c(3)), state(State.base))),
    set(shape, at),
    repeat(
      when(i32.lt(from, length), [v128.store(shape, v128.load(from)), bump(shape, c(16)), bump(from, c(16)), leave(1)]),
    ),
    bump(at, state(State.head)),
    when(target, [i32.store(at, c(0x0078_302b)), set(at, call(hex, i32.add(at, c(3)), target))]),
    i32.store(at, state(State.tail)),
    bump(at, state(State.tailLength)),
  ]);
  func.body = [
    [code, isBig, showsBytes, near, far].map((each) => each.code),
    block(
      repeat(
        leaveIf(i32.or(i32.ge(slot, end), i32.ge(at, limit)), 1),
        readSlot,
        findShape,
        leaveIf(i32.eq(shape, c(Layout.shapes)), 1),
        set(jump, word(Word.jump)),
        set(target, i32.add(i32.add(slot, c(1)), select(isOff(jump), off, imm))),
        leaveIf(i32.and(i32.ne(jump, c(0)), i32.or(i32.lt(target, near.local), i32.ge(target, far.local))), 1),
        putColumn,
        putBytes,
        putText,
        putTarget,
        i32.store8(at, c(0x0a)),
        bump(at, c(1)),
        bump(slot, c(1)),
        leave(0),
      ),
    ),
    i32.store(c(State.slot), slot),
    at,
  ];
  return func;
}

/** The module. */
export function lineModule(): string {
  const hex = hexFunction(0);
  const decimal = decimalFunction(1);
  const number = numberFunction(2, decimal, hex);
  return moduleOf([hex, decimal, number, linesFunction(3, hex, number)]);
}
