/**
 * The loops that join the types of many files, in WebAssembly over one memory (`join-layout.ts`): as `merge.ts` and `dedup.ts` do
 * it, for what is as compilers write it. At anything else they stop, and all is done there, which tells what is wrong.
 */
import {
  block,
  bump,
  call,
  i32,
  i64,
  leave,
  leaveIf,
  moduleOf,
  repeat,
  result,
  set,
  v128,
  WasmFunction,
  when,
  type Local,
  type Wasm,
} from "../../wasm/index.js";
import { extWidths } from "../ext.js";
import { BtfIntEncoding, BtfKind, btfHeaderSize, btfKinds } from "../table.js";
import { inProgress, unprocessed } from "./dedup-graph.js";
import { alikeFunction, compareFunction, graphsFunction, kindFunction, resolveFunction } from "./join-graphs.js";
import { Ask, headBytes, inputBytes, InputRow, kindFacts, Table, tableBytes } from "./join-layout.js";
import {
  add,
  c,
  fact,
  failIf,
  finish,
  get,
  is,
  kindOf,
  loop,
  mapOf,
  mix,
  not,
  put,
  startOf,
  vlenOf,
  wordAt,
} from "./join-pieces.js";

const K = BtfKind;
const wide = i64.const;

const ones = wide(0x0101_0101_0101_0101n);
const highs = wide(0x8080_8080_8080_8080n);
/** A number whose lowest bit that is set is in the first byte of `word` that is zero; 0 where none is. */
const zeroIn = (word: Local): Wasm => i64.and(i64.sub(word, ones), i64.sub(highs, i64.and(word, highs)));

/** What a slot has of a string's hash, above an eighth of its offset. */
const hashBits = 0xfc00_0000;

/**
 * `(at, isAdded) → offset`: the offset of the string at `at` among those of all inputs, each of which is there once, from a multiple of eight bytes on and
 * filled up with zeros. One that is not there is added, or 0.
 */
function internFunction(index: number): WasmFunction {
  const func = new WasmFunction(index, 2);
  const [at, isAdded] = func.parameters as [Local, Local];
  const [top, to, slots, slot, mask, offset, key, other, from] = func.locals("i32", 9);
  const [word, zero, hash] = func.locals("i64", 3);
  func.body = [
    when(not(i32.load8(at)), [result(c(0))]),
    set(top, get("stringsEnd")),
    set(to, top),
    set(hash, wide(0x2545_f491_4f6c_dd1dn)),
    repeat(
      set(word, i64.load(at)),
      set(zero, zeroIn(word)),
      when(i64.ne(zero, wide(0n)), [
        set(word, i64.and(word, i64.sub(i64.shl(wide(1n), i64.and(i64.ctz(zero), wide(~7n))), wide(1n)))),
      ]),
      i64.store(to, word),
      set(hash, i64.mul(i64.xor(hash, word), wide(0x9e37_79b9_7f4a_7c15n))),
      set(hash, i64.xor(hash, i64.shrUnsigned(hash, wide(32n)))),
      bump(to, c(8)),
      bump(at, c(8)),
      when(i32.gtUnsigned(to, get("stringsLimit")), [put("failed", c(1)), result(c(0))]),
      leaveIf(i64.eqz(zero), 0),
    ),
    set(slots, get("stringSlots")),
    set(mask, get("stringMask")),
    set(key, i32.wrap(hash)),
    set(slot, i32.and(i32.shl(key, c(2)), mask)),
    block(
      repeat(
        set(other, i32.add(slots, slot)),
        set(offset, i32.load(other)),
        leaveIf(not(offset), 1),
        when(not(i32.and(i32.xor(offset, key), c(hashBits))), [
          set(offset, i32.shl(i32.and(offset, c(~hashBits)), c(3))),
          set(from, i32.add(get("strings"), offset)),
          set(at, top),
          block(
            repeat(
              leaveIf(i64.ne(i64.load(at), i64.load(from)), 1),
              bump(at, c(8)),
              bump(from, c(8)),
              when(i32.eq(at, to), [result(offset)]),
              leave(0),
            ),
          ),
        ]),
        set(slot, i32.and(i32.add(slot, c(4)), mask)),
        leave(0),
      ),
    ),
    when(not(isAdded), [result(c(0))]),
    when(not(get("stringsLeft")), [put("failed", c(1)), result(c(0))]),
    add("stringsLeft", c(-1)),
    set(offset, i32.sub(top, get("strings"))),
    i32.store(other, i32.or(i32.and(key, c(hashBits)), i32.shrUnsigned(offset, c(3)))),
    put("stringsEnd", to),
    offset,
  ];
  return func;
}

/** `(offset) → offset`: that among all strings of a string of the input that is being read. */
function takeFunction(index: number, intern: WasmFunction): WasmFunction {
  const func = new WasmFunction(index, 1);
  const [own] = func.parameters as [Local];
  const [place, offset] = func.locals("i32", 2);
  func.body = [
    when(i32.geUnsigned(own, get("ownSize")), [put("failed", c(1)), result(c(0))]),
    set(place, wordAt(get("known"), own)),
    set(offset, i32.load(place)),
    when(offset, [result(i32.sub(offset, c(1)))]),
    set(offset, call(intern, i32.add(get("own"), own), c(1))),
    i32.store(place, i32.add(offset, c(1))),
    offset,
  ];
  return func;
}

/** Appends a number to a list in the memory. */
const append = (list: "declared" | "sections", count: "declaredCount" | "sectionCount", value: Wasm): Wasm => [
  i32.store(wordAt(get(list), get(count)), value),
  add(count, c(1)),
];

/** `(row) → 1`: takes the types and strings of an input behind those before it; 0 where something is not as it should be. */
function readFunction(index: number, take: WasmFunction): WasmFunction {
  const func = new WasmFunction(index, 1);
  const [row] = func.parameters as [Local];
  const [blob, size, typesAt, typesSize, stringsAt, stringsSize, from, to, end] = func.locals("i32", 9);
  const [first, shift, at, next, start, info, kind, facts, vlen] = func.locals("i32", 9);
  const [id, count, place, step, left, value] = func.locals("i32", 6);
  const ofBlob = (distance: number): Wasm => i32.load(blob, distance);
  const header: Wasm = [
    set(blob, i32.load(row, InputRow.btf)),
    set(size, i32.load(row, InputRow.btfSize)),
    failIf(i32.ltUnsigned(size, c(btfHeaderSize))),
    failIf(i32.ne(i32.and(ofBlob(0), c(0xff_ffff)), c(0x01_eb9f))),
    failIf(i32.ne(ofBlob(4), c(btfHeaderSize))),
    set(typesAt, ofBlob(8)),
    set(typesSize, ofBlob(12)),
    set(stringsAt, ofBlob(16)),
    set(stringsSize, ofBlob(20)),
    [typesAt, typesSize, stringsAt, stringsSize].map((each) => failIf(i32.gtUnsigned(each, size))),
    failIf(i32.and(i32.or(typesAt, typesSize), c(3))),
    failIf(i32.gtUnsigned(i32.add(typesAt, typesSize), stringsAt)),
    failIf(i32.gtUnsigned(i32.add(stringsAt, stringsSize), i32.sub(size, c(btfHeaderSize)))),
    failIf(not(stringsSize)),
    bump(blob, c(btfHeaderSize)),
    bump(typesAt, blob),
    bump(stringsAt, blob),
    failIf(i32.or(i32.load8(stringsAt), i32.load8(i32.add(i32.add(stringsAt, stringsSize), c(-1))))),
    put("own", stringsAt),
    put("ownSize", stringsSize),
    set(to, get("known")),
    set(end, wordAt(to, stringsSize)),
    loop(i32.ltUnsigned(to, end), v128.store(to, v128.const([])), bump(to, c(16))),
    i32.store(get("known"), c(1)),
  ];
  const places: Wasm = [
    set(first, wordAt(get("words"), get("wordsEnd"))),
    set(end, i32.add(first, typesSize)),
    set(from, typesAt),
    set(to, first),
    loop(i32.ltUnsigned(to, end), v128.store(to, v128.load(from)), bump(from, c(16)), bump(to, c(16))),
    set(shift, get("count")),
    i32.store(row, shift, InputRow.shift),
    i32.store(row, get("declaredCount"), InputRow.declared),
    i32.store(row, get("sectionCount"), InputRow.sections),
    i32.store(row, get("tableCount"), InputRow.tables),
    set(at, first),
    set(start, wordAt(get("starts"), shift)),
    loop(
      i32.ltUnsigned(at, end),
      failIf(i32.gtUnsigned(i32.add(at, c(headBytes)), end)),
      set(info, i32.load(at, 4)),
      set(kind, i32.and(i32.shrUnsigned(info, c(24)), c(0x7f))),
      failIf(i32.geUnsigned(i32.sub(kind, c(1)), c(btfKinds.length - 1))),
      set(facts, i32.add(c(kindFacts), i32.shl(kind, c(3)))),
      i32.store(start, i32.shrUnsigned(i32.sub(at, get("words")), c(2))),
      bump(start, c(4)),
      bump(
        at,
        i32.add(
          i32.add(c(headBytes), fact(facts, "more")),
          i32.mul(fact(facts, "element"), i32.and(info, c(0xff_ffff))),
        ),
      ),
      failIf(i32.gtUnsigned(at, end)),
    ),
    put("wordsEnd", i32.shrUnsigned(i32.sub(end, get("words")), c(2))),
    i32.store(start, get("wordsEnd")),
    put("count", i32.shrUnsigned(i32.sub(start, get("starts")), c(2))),
    // Ids of the input are below that.
    set(count, i32.add(i32.sub(get("count"), shift), c(1))),
  ];
  const types: Wasm = [
    set(at, first),
    set(id, c(1)),
    loop(
      i32.ltUnsigned(at, end),
      set(info, i32.load(at, 4)),
      set(kind, i32.and(i32.shrUnsigned(info, c(24)), c(0x7f))),
      set(vlen, i32.and(info, c(0xff_ffff))),
      set(facts, i32.add(c(kindFacts), i32.shl(kind, c(3)))),
      put("kinds", i32.or(get("kinds"), i32.shl(c(1), kind))),
      when(i32.and(is(kind, K.BTF_KIND_ENUM, K.BTF_KIND_ENUM64), not(vlen)), [
        put("kinds", i32.or(get("kinds"), c(1))),
      ]),
      i32.store(at, call(take, i32.load(at))),
      set(step, fact(facts, "step")),
      set(place, i32.add(at, fact(facts, "ids"))),
      set(left, i32.add(fact(facts, "fixed"), i32.mul(fact(facts, "each"), vlen))),
      loop(
        left,
        set(value, i32.load(place)),
        failIf(i32.geUnsigned(value, count)),
        when(value, [i32.store(place, i32.add(value, shift))]),
        bump(place, step),
        bump(left, c(-1)),
      ),
      set(next, i32.add(i32.add(at, c(headBytes)), fact(facts, "more"))),
      when(fact(facts, "hasNames"), [
        set(left, vlen),
        loop(left, i32.store(next, call(take, i32.load(next))), bump(next, step), bump(left, c(-1))),
      ]),
      when(is(kind, K.BTF_KIND_DATASEC), [
        append("sections", "sectionCount", id),
        bump(next, i32.mul(fact(facts, "element"), vlen)),
      ]),
      set(value, i32.load(at, headBytes)),
      // gcc calls char both signed and a character; kernels take one of them, and clang says signed.
      when(is(kind, K.BTF_KIND_INT), [
        when(
          i32.eq(
            i32.and(i32.shrUnsigned(value, c(24)), c(15)),
            c(BtfIntEncoding.BTF_INT_SIGNED | BtfIntEncoding.BTF_INT_CHAR),
          ),
          [i32.store(at, i32.or(i32.and(value, c(0xff_ffff)), c(BtfIntEncoding.BTF_INT_SIGNED << 24)), headBytes)],
        ),
      ]),
      // Not static: linkages of that are 0.
      when(
        i32.or(
          i32.and(is(kind, K.BTF_KIND_FUNC), i32.ne(vlen, c(0))),
          i32.and(is(kind, K.BTF_KIND_VAR), i32.ne(value, c(0))),
        ),
        [append("declared", "declaredCount", id)],
      ),
      set(at, next),
      bump(id, c(1)),
    ),
  ];
  /** The records of one section: `width` words each, the last ones at `end`. */
  const records = (width: number, ...body: readonly Wasm[]): Wasm =>
    loop(i32.ltUnsigned(at, next), body, bump(at, c(4 * width)));
  const checkId = failIf(i32.geUnsigned(i32.load(at, 4), count));
  const takeAt = (distance: number): Wasm => i32.store(at, call(take, i32.load(at, distance)), distance);
  const table = (number: number, width: number, ...body: readonly Wasm[]): Wasm => [
    set(from, i32.load(blob, 8 + 8 * number)),
    set(left, i32.load(blob, 12 + 8 * number)),
    when(left, [
      failIf(i32.or(i32.gtUnsigned(from, size), i32.gtUnsigned(left, size))),
      failIf(i32.and(i32.or(from, left), c(3))),
      bump(from, i32.load(blob, 4)),
      failIf(i32.gtUnsigned(i32.add(from, left), size)),
      set(at, i32.add(blob, from)),
      set(end, i32.add(at, left)),
      failIf(i32.ne(i32.load(at), c(4 * width))),
      bump(at, c(4)),
      loop(
        i32.ltUnsigned(at, end),
        failIf(i32.gtUnsigned(i32.add(at, c(8)), end)),
        set(value, i32.load(at, 4)),
        set(to, i32.add(get("tables"), i32.mul(get("tableCount"), c(tableBytes)))),
        add("tableCount", c(1)),
        i32.store(to, c(number), Table.table),
        i32.store(to, call(take, i32.load(at)), Table.section),
        bump(at, c(8)),
        i32.store(to, i32.shrUnsigned(at, c(2)), Table.at),
        i32.store(to, value, Table.count),
        failIf(i32.gtUnsigned(value, i32.divUnsigned(i32.sub(end, at), c(4 * width)))),
        set(next, i32.add(at, i32.mul(value, c(4 * width)))),
        body,
      ),
    ]),
  ];
  const ext: Wasm = [
    set(blob, i32.load(row, InputRow.ext)),
    set(size, i32.load(row, InputRow.extSize)),
    when(size, [
      failIf(i32.ltUnsigned(size, c(24))),
      failIf(i32.ne(i32.and(ofBlob(0), c(0xff_ffff)), c(0x01_eb9f))),
      failIf(i32.or(i32.ltUnsigned(ofBlob(4), c(24)), i32.gtUnsigned(ofBlob(4), size))),
      failIf(i32.and(ofBlob(4), c(3))),
      table(0, extWidths.funcInfo, records(extWidths.funcInfo, checkId)),
      table(
        1,
        extWidths.lineInfo,
        // Most lines are of the file of the line before.
        set(info, c(0)),
        set(kind, c(0)),
        records(
          extWidths.lineInfo,
          when(i32.ne(i32.load(at, 4), info), [set(info, i32.load(at, 4)), set(kind, call(take, info))]),
          i32.store(at, kind, 4),
          takeAt(8),
        ),
      ),
      when(i32.geUnsigned(ofBlob(4), c(32)), [
        table(2, extWidths.coreRelos, records(extWidths.coreRelos, checkId, takeAt(8))),
      ]),
    ]),
  ];
  func.body = [header, places, types, ext, not(get("failed"))];
  return func;
}

/** `(id) → id`: the type that stays of those with the same words; `id` itself where it is the first. */
function sameFunction(index: number): WasmFunction {
  const func = new WasmFunction(index, 1);
  const [id] = func.parameters as [Local];
  const [start, at, size, hash, slot, mask, place, other, from, end] = func.locals("i32", 10);
  func.body = [
    set(place, wordAt(get("starts"), id)),
    set(start, wordAt(get("words"), i32.load(i32.sub(place, c(4))))),
    set(end, wordAt(get("words"), i32.load(place))),
    set(size, i32.sub(end, start)),
    set(hash, c(17)),
    set(at, start),
    loop(i32.ltUnsigned(at, end), mix(hash, i32.load(at)), bump(at, c(4))),
    finish(hash),
    set(mask, get("typeMask")),
    set(slot, i32.and(i32.shl(hash, c(3)), mask)),
    block(
      repeat(
        set(place, i32.add(get("typeSlots"), slot)),
        set(other, i32.load(place, 4)),
        leaveIf(not(other), 1),
        when(i32.eq(i32.load(place), hash), [
          set(from, wordAt(get("starts"), other)),
          set(at, i32.load(i32.sub(from, c(4)))),
          when(i32.eq(i32.shl(i32.sub(i32.load(from), at), c(2)), size), [
            set(from, wordAt(get("words"), at)),
            set(at, start),
            block(
              repeat(
                leaveIf(i32.ne(i32.load(at), i32.load(from)), 1),
                bump(at, c(4)),
                bump(from, c(4)),
                when(i32.eq(at, end), [result(other)]),
                leave(0),
              ),
            ),
          ]),
        ]),
        set(slot, i32.and(i32.add(slot, c(8)), mask)),
        leave(0),
      ),
    ),
    i32.store(place, hash),
    i32.store(place, id, 4),
    id,
  ];
  return func;
}

/** `(row, end) → 1`: reads the inputs of these rows. */
function readAllFunction(index: number, read: WasmFunction): WasmFunction {
  const func = new WasmFunction(index, 2);
  const [row, end] = func.parameters as [Local, Local];
  func.body = [loop(i32.ltUnsigned(row, end), failIf(not(call(read, row))), bump(row, c(inputBytes))), c(1)];
  return func;
}

/** `() → 1`: the types without references; the others have nothing yet that stands for them. */
function leavesFunction(index: number, same: WasmFunction): WasmFunction {
  const func = new WasmFunction(index, 0);
  const [id, kind, place] = func.locals("i32", 3);
  func.body = [
    set(id, c(1)),
    loop(
      i32.le(id, get("count")),
      set(place, wordAt(get("words"), i32.load(i32.sub(wordAt(get("starts"), id), c(4))))),
      set(kind, i32.and(i32.shrUnsigned(i32.load(place, 4), c(24)), c(0x7f))),
      set(place, c(unprocessed)),
      when(is(kind, K.BTF_KIND_VAR, K.BTF_KIND_DATASEC), [set(place, id)]),
      when(is(kind, K.BTF_KIND_INT, K.BTF_KIND_FLOAT, K.BTF_KIND_FWD), [set(place, call(same, id))]),
      // One without values stands for another.
      when(i32.and(is(kind, K.BTF_KIND_ENUM, K.BTF_KIND_ENUM64), not(i32.and(get("kinds"), c(1)))), [
        set(place, call(same, id)),
      ]),
      i32.store(wordAt(get("map"), id), place),
      bump(id, c(1)),
    ),
    c(1),
  ];
  return func;
}

/** Goes through the type ids of the type at `at`, each of them at `place`. */
function eachTypeId(
  [at, info, facts, place, step, left]: readonly [Local, Local, Local, Local, Local, Local],
  ...body: readonly Wasm[]
): Wasm {
  return [
    kindOf(at, info, facts),
    set(step, fact(facts, "step")),
    set(place, i32.add(at, fact(facts, "ids"))),
    set(left, i32.add(fact(facts, "fixed"), i32.mul(fact(facts, "each"), vlenOf(info)))),
    loop(left, body, bump(place, step), bump(left, c(-1))),
  ];
}

/** `() → 1`: references, then the numbers of the types that stay, and these without the others. */
function settleFunction(index: number, same: WasmFunction, resolve: WasmFunction): WasmFunction {
  const func = new WasmFunction(index, 0);
  const [root, top, id, isFirst, at, info, facts, place, step, left] = func.locals("i32", 10);
  const [value, to, next, end] = func.locals("i32", 4);
  const idOf = (type: Wasm): Wasm => i32.load(wordAt(get("ids"), type));
  const push = (type: Wasm): Wasm => [i32.store(top, type), bump(top, c(4))];
  const typeIds = (...body: readonly Wasm[]): Wasm => eachTypeId([at, info, facts, place, step, left], ...body);
  const references: Wasm = [
    set(top, get("stack")),
    set(root, c(1)),
    loop(
      i32.le(root, get("count")),
      when(i32.eq(i32.load(mapOf(root)), c(unprocessed)), [push(root)]),
      loop(
        i32.gtUnsigned(top, get("stack")),
        set(id, i32.load(i32.sub(top, c(4)))),
        set(value, i32.load(mapOf(id))),
        when(
          i32.ltUnsigned(value, c(inProgress)),
          [bump(top, c(-4))],
          [
            set(isFirst, i32.eq(value, c(unprocessed))),
            i32.store(mapOf(id), c(inProgress)),
            set(at, startOf(id)),
            typeIds(
              set(to, i32.load(place)),
              set(value, i32.load(mapOf(to))),
              failIf(i32.eq(value, c(inProgress))),
              when(isFirst, [when(i32.eq(value, c(unprocessed)), [push(to)])], [i32.store(place, call(resolve, to))]),
            ),
            when(not(isFirst), [bump(top, c(-4)), i32.store(mapOf(id), call(same, id))]),
          ],
        ),
      ),
      bump(root, c(1)),
    ),
  ];
  const everyId = (...body: readonly Wasm[]): Wasm => [
    set(id, c(1)),
    loop(i32.le(id, get("count")), set(value, i32.load(mapOf(id))), body, bump(id, c(1))),
  ];
  const stays = i32.eq(value, id);
  const numbers: Wasm = [
    set(next, c(1)),
    everyId(when(stays, [i32.store(wordAt(get("ids"), id), next), bump(next, c(1))])),
    everyId(when(i32.ne(value, id), [i32.store(wordAt(get("ids"), id), idOf(call(resolve, id)))])),
    put("keptCount", i32.sub(next, c(1))),
  ];
  const compact: Wasm = [
    set(to, get("kept")),
    set(next, get("keptStarts")),
    everyId(
      when(stays, [
        i32.store(next, i32.shrUnsigned(i32.sub(to, get("kept")), c(2))),
        bump(next, c(4)),
        set(root, startOf(id)),
        set(end, wordAt(get("words"), i32.load(wordAt(get("starts"), id)))),
        set(at, to),
        loop(i32.ltUnsigned(root, end), i32.store(to, i32.load(root)), bump(root, c(4)), bump(to, c(4))),
        typeIds(i32.store(place, idOf(i32.load(place)))),
      ]),
    ),
    put("keptEnd", i32.shrUnsigned(i32.sub(to, get("kept")), c(2))),
    i32.store(next, get("keptEnd")),
  ];
  /** The ids in functions and CO-RE records, table by table. */
  const shift = root;
  const records: Wasm = [
    set(next, get("inputs")),
    set(end, i32.add(next, i32.mul(get("inputCount"), c(inputBytes)))),
    set(facts, get("tables")),
    loop(
      i32.ltUnsigned(next, end),
      set(shift, i32.load(next, InputRow.shift)),
      bump(next, c(inputBytes)),
      set(left, get("tableCount")),
      when(i32.ltUnsigned(next, end), [set(left, i32.load(next, InputRow.tables))]),
      set(top, i32.add(get("tables"), i32.mul(left, c(tableBytes)))),
      loop(
        i32.ltUnsigned(facts, top),
        set(place, i32.shl(i32.load(facts, Table.at), c(2))),
        set(left, i32.load(facts, Table.count)),
        set(step, i32.shl(c(extWidths.funcInfo), c(2))),
        set(info, i32.load(facts, Table.table)),
        when(i32.eq(info, c(2)), [set(step, c(4 * extWidths.coreRelos))]),
        when(i32.ne(info, c(1)), [
          loop(
            left,
            set(value, i32.load(place, 4)),
            when(value, [i32.store(place, idOf(i32.add(value, shift)), 4)]),
            bump(place, step),
            bump(left, c(-1)),
          ),
        ]),
        bump(facts, c(tableBytes)),
      ),
    ),
  ];
  func.body = [references, numbers, compact, records, not(get("failed"))];
  return func;
}

/**
 * `(hasLive, added, addedBytes) → at`: the words of the types that stay, as `pickTypes` in `reshape.ts` picks them; room for those of added types and the
 * strings is behind them. In the slots of types stand: for each type what stands for it, the new ids (those of the added types, too), then bytes,
 * linkages and whether it is live.
 */
function pickTypesFunction(index: number): WasmFunction {
  const func = new WasmFunction(index, 3);
  const [hasLive, added, size] = func.parameters as [Local, Local, Local];
  const [count, stands, ids, linkages, live, id, value, next, from, to] = func.locals("i32", 10);
  const [at, end, info, facts, place, step, left, kind, first] = func.locals("i32", 9);
  const everyId = (...body: readonly Wasm[]): Wasm => [
    set(id, c(1)),
    loop(i32.ltUnsigned(id, count), set(value, i32.load(wordAt(stands, id))), body, bump(id, c(1))),
  ];
  const keptAt = (type: Wasm): Wasm => wordAt(get("kept"), i32.load(wordAt(get("keptStarts"), type)));
  const idOf = (type: Wasm): Wasm => i32.load(wordAt(ids, type));
  const range: Wasm = [set(from, keptAt(i32.sub(id, c(1)))), set(end, keptAt(id))];
  func.body = [
    set(count, i32.add(get("keptCount"), c(1))),
    set(stands, get("typeSlots")),
    set(ids, wordAt(stands, count)),
    set(linkages, wordAt(ids, i32.add(count, added))),
    set(live, i32.add(linkages, count)),
    i32.store(ids, c(0)),
    set(next, c(1)),
    everyId(
      set(value, i32.eq(value, id)),
      when(value, [
        when(hasLive, [set(value, i32.ne(i32.load8(i32.add(live, id)), c(0)))]),
        range,
        // A tag goes with what it is on.
        when(i32.eq(i32.shrUnsigned(i32.load(from, 4), c(24)), c(K.BTF_KIND_DECL_TAG)), [
          set(value, i32.and(value, i32.ne(i32.load(wordAt(stands, i32.load(from, 8))), c(0)))),
        ]),
      ]),
      i32.store(wordAt(ids, id), i32.mul(next, value)),
      when(value, [bump(next, c(1)), bump(size, i32.sub(end, from))]),
    ),
    set(left, added),
    set(place, wordAt(ids, count)),
    loop(left, i32.store(place, next), bump(next, c(1)), bump(place, c(4)), bump(left, c(-1))),
    everyId(when(i32.ne(value, id), [i32.store(wordAt(ids, id), idOf(value))])),
    set(first, i32.sub(get("keptStrings"), size)),
    set(to, first),
    everyId(
      when(i32.and(i32.eq(value, id), i32.ne(idOf(id), c(0))), [
        i32.store(i32.sub(wordAt(get("graphSlots"), idOf(id)), c(4)), i32.shrUnsigned(i32.sub(to, first), c(2))),
        range,
        set(at, to),
        loop(i32.ltUnsigned(from, end), i32.store(to, i32.load(from)), bump(from, c(4)), bump(to, c(4))),
        eachTypeId([at, info, facts, place, step, left], i32.store(place, idOf(i32.load(place)))),
        set(value, i32.load8(i32.add(linkages, id))),
        when(i32.ltUnsigned(value, c(0x80)), [
          set(kind, i32.and(i32.shrUnsigned(info, c(24)), c(0x7f))),
          when(is(kind, K.BTF_KIND_VAR), [i32.store(at, value, headBytes)]),
          when(is(kind, K.BTF_KIND_FUNC), [i32.store(at, i32.or(c(K.BTF_KIND_FUNC << 24), value), 4)]),
        ]),
      ]),
    ),
    put("pickedCount", i32.sub(next, c(1))),
    first,
  ];
  return func;
}

/** `(at, end) → count`: numbers the names from `at` to `end`, each of which ends with a zero. */
function nameFunction(index: number, intern: WasmFunction): WasmFunction {
  const func = new WasmFunction(index, 2);
  const [at, end] = func.parameters as [Local, Local];
  const [number, offset] = func.locals("i32", 2);
  func.body = [
    loop(
      i32.ltUnsigned(at, end),
      bump(number, c(1)),
      set(offset, i32.shrUnsigned(call(intern, at, c(1)), c(3))),
      i32.store(wordAt(get("offsets"), offset), number),
      loop(i32.load8(at), bump(at, c(1))),
      bump(at, c(1)),
    ),
    number,
  ];
  return func;
}

/** `(offset) → offset`: that of a string among those that are still used, where it is added if it is not there. */
function keepFunction(index: number): WasmFunction {
  const func = new WasmFunction(index, 1);
  const [offset] = func.parameters as [Local];
  const [place, from, to] = func.locals("i32", 3);
  const [word, zero] = func.locals("i64", 2);
  func.body = [
    set(place, wordAt(get("offsets"), i32.shrUnsigned(offset, c(3)))),
    set(from, i32.load(place)),
    when(from, [result(i32.sub(from, c(1)))]),
    set(from, i32.add(get("strings"), offset)),
    set(to, get("keptStringsEnd")),
    set(offset, i32.sub(to, get("keptStrings"))),
    i32.store(place, i32.add(offset, c(1))),
    repeat(
      set(word, i64.load(from)),
      i64.store(to, word),
      set(zero, zeroIn(word)),
      bump(from, c(8)),
      bump(to, c(8)),
      leaveIf(i64.eqz(zero), 0),
    ),
    // Behind its zero.
    put("keptStringsEnd", i32.add(to, i32.sub(i32.shrUnsigned(i32.wrap(i64.ctz(zero)), c(3)), c(7)))),
    offset,
  ];
  return func;
}

/** `(at, end) → 1`: keeps the strings of the types from `at` to `end`. */
function keepTypesFunction(index: number, keep: WasmFunction): WasmFunction {
  const func = new WasmFunction(index, 2);
  const [at, end] = func.parameters as [Local, Local];
  const [info, facts, left, step, next] = func.locals("i32", 5);
  func.body = [
    loop(
      i32.ltUnsigned(at, end),
      kindOf(at, info, facts),
      set(step, fact(facts, "element")),
      set(next, i32.add(i32.add(at, c(headBytes)), fact(facts, "more"))),
      i32.store(at, call(keep, i32.load(at))),
      set(left, vlenOf(info)),
      set(at, i32.add(next, i32.mul(step, left))),
      when(fact(facts, "hasNames"), [
        loop(left, i32.store(next, call(keep, i32.load(next))), bump(next, step), bump(left, c(-1))),
      ]),
    ),
    c(1),
  ];
  return func;
}

/** `(at, end) → 1`: keeps the strings of the records from `at` to `end`; of lines also the file, but for what is no offset. */
function keepRecordsFunction(index: number, keep: WasmFunction, width: number, hasFile: boolean): WasmFunction {
  const func = new WasmFunction(index, 2);
  const [at, end] = func.parameters as [Local, Local];
  const [file, kept] = func.locals("i32", 2);
  // Most lines are of the file of the line before.
  const files: Wasm = [
    when(i32.ne(i32.load(at, 4), file), [
      set(file, i32.load(at, 4)),
      set(kept, file),
      when(i32.ge(file, c(0)), [set(kept, call(keep, file))]),
    ]),
    i32.store(at, kept, 4),
  ];
  func.body = [
    loop(
      i32.ltUnsigned(at, end),
      hasFile ? files : [],
      i32.store(at, call(keep, i32.load(at, 8)), 8),
      bump(at, c(4 * width)),
    ),
    c(1),
  ];
  return func;
}

/** `(at, end, bytes, to, shift) → 1`: copies the records from `at` to `end`, of so many bytes, with their instructions `shift` further. */
function moveRecordsFunction(index: number): WasmFunction {
  const func = new WasmFunction(index, 5);
  const [at, end, bytes, to, shift] = func.parameters as [Local, Local, Local, Local, Local];
  func.body = [
    loop(
      i32.ltUnsigned(at, end),
      i64.store(to, i64.load(at)),
      i32.store(to, i32.add(i32.load(at), shift)),
      when(i32.gtUnsigned(bytes, c(8)), [i64.store(to, i64.load(at, 8), 8)]),
      bump(at, bytes),
      bump(to, bytes),
    ),
    c(1),
  ];
  return func;
}

/** `(at, end, bytes, bits, bitsEnd) → isSorted`: sets a bit for each instruction of the records. */
function surveyRecordsFunction(index: number): WasmFunction {
  const func = new WasmFunction(index, 5);
  const [at, end, bytes, bits, bitsEnd] = func.parameters as [Local, Local, Local, Local, Local];
  const [isSorted, last, offset, word] = func.locals("i32", 4);
  func.body = [
    set(isSorted, c(1)),
    loop(
      i32.ltUnsigned(at, end),
      set(offset, i32.load(at)),
      when(i32.ltUnsigned(offset, last), [set(isSorted, c(0))]),
      set(last, offset),
      set(word, i32.add(bits, i32.shl(i32.shrUnsigned(offset, c(8)), c(2)))),
      when(i32.ltUnsigned(word, bitsEnd), [
        i32.store(word, i32.or(i32.load(word), i32.shl(c(1), i32.shrUnsigned(offset, c(3))))),
      ]),
      bump(at, bytes),
    ),
    isSorted,
  ];
  return func;
}

type Answer = (...values: [Local, Local, Local, Local, Local]) => Wasm;

/** `(what, ...values) → answer`. */
function runFunction(index: number, answers: Readonly<Record<keyof typeof Ask, Answer>>) {
  const func = new WasmFunction(index, 6);
  const [what, ...values] = func.parameters as [Local, Local, Local, Local, Local, Local];
  const names = Object.keys(answers) as (keyof typeof Ask)[];
  func.body = [names.map((name) => when(i32.eq(what, c(Ask[name])), [result(answers[name](...values))])), c(0)];
  return func;
}

/** The module. */
export function joinModule(): string {
  const intern = internFunction(0);
  const take = takeFunction(1, intern);
  const read = readFunction(2, take);
  const same = sameFunction(3);
  const resolve = resolveFunction(4);
  const readAll = readAllFunction(5, read);
  const settle = settleFunction(6, same, resolve);
  const keep = keepFunction(7);
  const keepTypes = keepTypesFunction(8, keep);
  const keepLines = keepRecordsFunction(9, keep, extWidths.lineInfo, true);
  const keepRelos = keepRecordsFunction(10, keep, extWidths.coreRelos, false);
  const name = nameFunction(11, intern);
  const kind = kindFunction(12);
  const alike = alikeFunction(13);
  const compare = compareFunction(14, kind, resolve, alike);
  const graphs = graphsFunction(15, kind, resolve, alike, compare);
  const moveRecords = moveRecordsFunction(16);
  const surveyRecords = surveyRecordsFunction(17);
  const leaves = leavesFunction(18, same);
  const pickTypes = pickTypesFunction(19);
  const main = runFunction(20, {
    read: (row, end) => call(readAll, row, end),
    settle: () => call(settle),
    find: (at) => call(intern, at, c(0)),
    keepTypes: (at, end) => call(keepTypes, at, end),
    keepLines: (at, end) => call(keepLines, at, end),
    keepRelos: (at, end) => call(keepRelos, at, end),
    name: (at, end) => call(name, at, end),
    graphs: (id, slot) => call(graphs, id, slot),
    moveRecords: (...values) => call(moveRecords, ...values),
    surveyRecords: (...values) => call(surveyRecords, ...values),
    leaves: () => call(leaves),
    pickTypes: (hasLive, added, size) => call(pickTypes, hasLive, added, size),
  });
  const keeping = [keep, keepTypes, keepLines, keepRelos];
  return moduleOf([
    intern,
    take,
    read,
    same,
    resolve,
    readAll,
    settle,
    ...keeping,
    name,
    kind,
    alike,
    compare,
    graphs,
    moveRecords,
    surveyRecords,
    leaves,
    pickTypes,
    main,
  ]);
}
