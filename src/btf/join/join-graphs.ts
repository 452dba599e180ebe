/** Structs, unions and typedefs compared by their graphs in WebAssembly: `dedup-graph.ts` says what is done. */
import {
  block,
  bump,
  call,
  i32,
  leave,
  leaveIf,
  repeat,
  result,
  set,
  WasmFunction,
  when,
  type Local,
  type Wasm,
} from "../../wasm/index.js";
import { BtfKind } from "../table.js";
import { inProgress, unprocessed } from "./dedup-graph.js";
import {
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

/** `(id) → kind`: that of a type; 0 for none. */
export function kindFunction(index: number): WasmFunction {
  const func = new WasmFunction(index, 1);
  const [id] = func.parameters as [Local];
  func.body = [failIf(not(id)), i32.and(i32.shrUnsigned(i32.load(startOf(id), 4), c(24)), c(0x7f))];
  return func;
}

/** `(id) → id`: the type that stands for `id`; 0 where that leads in a circle. */
export function resolveFunction(index: number): WasmFunction {
  const func = new WasmFunction(index, 1);
  const [id] = func.parameters as [Local];
  const [next, left] = func.locals("i32", 2);
  func.body = [
    set(left, get("count")),
    repeat(
      set(next, i32.load(mapOf(id))),
      when(i32.or(i32.eq(next, id), i32.geUnsigned(next, c(inProgress))), [result(id)]),
      set(id, next),
      bump(left, c(-1)),
      leaveIf(i32.ge(left, c(0)), 0),
    ),
    put("failed", c(1)),
    c(0),
  ];
  return func;
}

/** Goes through the words of the type at `at` but for type ids, each of them at `at`. */
function otherWords(
  [at, end, info, facts, next, left]: readonly [Local, Local, Local, Local, Local, Local],
  ...body: readonly Wasm[]
): Wasm {
  return [
    kindOf(at, info, facts),
    set(left, i32.add(fact(facts, "fixed"), i32.mul(fact(facts, "each"), vlenOf(info)))),
    set(next, i32.mul(i32.add(at, fact(facts, "ids")), i32.ne(left, c(0)))),
    loop(
      i32.ltUnsigned(at, end),
      when(
        i32.eq(at, next),
        [bump(left, c(-1)), set(next, i32.mul(i32.add(next, fact(facts, "step")), i32.ne(left, c(0))))],
        body,
      ),
      bump(at, c(4)),
    ),
  ];
}

const endOf = (type: Wasm): Wasm => wordAt(get("words"), i32.load(wordAt(get("starts"), type)));

/** `(one, other) → 1` where their words are equal but for type ids. */
export function alikeFunction(index: number): WasmFunction {
  const func = new WasmFunction(index, 2);
  const [one, other] = func.parameters as [Local, Local];
  const places = func.locals("i32", 6);
  const [at, end] = places;
  const distance = func.local("i32");
  func.body = [
    set(at, startOf(one)),
    set(end, endOf(one)),
    set(distance, i32.sub(startOf(other), at)),
    failIf(i32.ne(i32.sub(endOf(other), end), distance)),
    otherWords(places, failIf(i32.ne(i32.load(at), i32.load(i32.add(at, distance))))),
    c(1),
  ];
  return func;
}

const answers = { no: 0, yes: 1, ask: 2 } as const;

/** `(candidate, canon) → answer`: are their graphs equal? `ask` where that takes a deeper look. */
export function compareFunction(
  index: number,
  kindAt: WasmFunction,
  resolve: WasmFunction,
  alike: WasmFunction,
): WasmFunction {
  const func = new WasmFunction(index, 2);
  const [candidate, canon] = func.parameters as [Local, Local];
  const [top, mine, theirs, known, place, at, other, kind, theirKind] = func.locals("i32", 9);
  const [info, facts, step, left] = func.locals("i32", 4);
  const push = (one: Wasm, two: Wasm): Wasm => [i32.store(top, one), i32.store(top, two, 4), bump(top, c(8))];
  /** Does the forward declaration of these words stand for a type of this kind? */
  const fits = (words: Local, real: Local): Wasm =>
    i32.eq(real, i32.add(c(K.BTF_KIND_STRUCT), i32.shrUnsigned(i32.load(words, 4), c(31))));
  const isEmpty = (words: Local): Wasm => not(i32.and(i32.load(words, 4), c(0xff_ffff)));
  const forget: Wasm = [
    set(left, get("pairCount")),
    set(place, get("pairs")),
    loop(left, i32.store(wordAt(get("assumed"), i32.load(place)), c(0)), bump(place, c(4)), bump(left, c(-1))),
    put("pairCount", c(0)),
  ];
  const assume: Wasm = [
    i32.store(place, i32.add(mine, c(1))),
    i32.store(wordAt(get("pairs"), get("pairCount")), theirs),
    put("pairCount", i32.add(get("pairCount"), c(1))),
  ];
  const compareKinds: Wasm = when(
    i32.eq(kind, c(K.BTF_KIND_FWD)),
    [failIf(not(fits(at, theirKind)))],
    [failIf(i32.ne(theirKind, c(K.BTF_KIND_FWD))), failIf(not(fits(other, kind)))],
  );
  const compareTypes: Wasm = when(
    not(i32.and(is(kind, K.BTF_KIND_ENUM, K.BTF_KIND_ENUM64), i32.or(isEmpty(at), isEmpty(other)))),
    [
      failIf(not(call(alike, mine, theirs))),
      kindOf(at, info, facts),
      set(step, fact(facts, "step")),
      set(left, i32.add(fact(facts, "fixed"), i32.mul(fact(facts, "each"), vlenOf(info)))),
      // The last pushed is compared first.
      set(place, i32.add(i32.add(at, fact(facts, "ids")), i32.mul(step, i32.sub(left, c(1))))),
      set(other, i32.sub(other, at)),
      loop(
        left,
        push(i32.load(place), i32.load(i32.add(place, other))),
        set(place, i32.sub(place, step)),
        bump(left, c(-1)),
      ),
    ],
  );
  func.body = [
    forget,
    set(top, get("stack")),
    push(candidate, canon),
    loop(
      i32.gtUnsigned(top, get("stack")),
      bump(top, c(-8)),
      set(mine, i32.load(top)),
      set(theirs, i32.load(top, 4)),
      when(i32.ne(call(resolve, mine), call(resolve, theirs)), [
        when(i32.eq(call(kindAt, theirs), c(K.BTF_KIND_FWD)), [
          set(known, call(resolve, theirs)),
          when(i32.ne(call(kindAt, known), c(K.BTF_KIND_FWD)), [set(theirs, known)]),
        ]),
        set(place, wordAt(get("assumed"), theirs)),
        set(known, i32.load(place)),
        when(
          known,
          [when(i32.ne(known, i32.add(mine, c(1))), [result(c(answers.ask))])],
          [
            assume,
            failIf(not(mine)),
            failIf(not(theirs)),
            set(at, startOf(mine)),
            set(other, startOf(theirs)),
            failIf(i32.ne(i32.load(at), i32.load(other))),
            set(kind, call(kindAt, mine)),
            set(theirKind, call(kindAt, theirs)),
            when(i32.ne(kind, theirKind), compareKinds, compareTypes),
          ],
        ),
      ]),
    ),
    c(answers.yes),
  ];
  return func;
}

/**
 * `(id, slot) → 1`: goes through structs, unions and typedefs from `id` on, that one from `slot` on where it is not negative. 0: somebody
 * has to compare the two types in `State`, and to say so by a call for the next id or the next slot.
 */
export function graphsFunction(
  index: number,
  kindAt: WasmFunction,
  resolve: WasmFunction,
  alike: WasmFunction,
  compare: WasmFunction,
): WasmFunction {
  const func = new WasmFunction(index, 2);
  const [id, slot] = func.parameters as [Local, Local];
  const [kind, hash, mask, place, other, found, answer] = func.locals("i32", 7);
  const [pair, mine, theirs, theirKind, count] = func.locals("i32", 5);
  const words = func.locals("i32", 6);
  const [at, end] = words;
  const isMapped = (type: Wasm): Wasm => i32.ltUnsigned(i32.load(mapOf(type)), c(inProgress));
  /** What equal graphs say about other types. */
  const record: Wasm = [
    set(pair, get("pairs")),
    set(count, get("pairCount")),
    loop(
      count,
      set(theirs, i32.load(pair)),
      set(mine, call(resolve, i32.sub(i32.load(wordAt(get("assumed"), theirs)), c(1)))),
      set(theirs, call(resolve, theirs)),
      when(i32.ne(mine, theirs), [
        set(kind, call(kindAt, mine)),
        set(theirKind, call(kindAt, theirs)),
        when(
          i32.ne(i32.eq(kind, c(K.BTF_KIND_FWD)), i32.eq(theirKind, c(K.BTF_KIND_FWD))),
          [when(i32.eq(kind, c(K.BTF_KIND_FWD)), [i32.store(mapOf(mine), theirs)], [i32.store(mapOf(theirs), mine)])],
          [
            // Only what already stands for itself can stand for others.
            when(
              i32.and(is(kind, K.BTF_KIND_STRUCT, K.BTF_KIND_UNION), i32.and(isMapped(theirs), not(isMapped(mine)))),
              [i32.store(mapOf(mine), theirs)],
            ),
          ],
        ),
      ]),
      bump(pair, c(4)),
      bump(count, c(-1)),
    ),
  ];
  const search: Wasm = block(
    repeat(
      set(place, i32.add(get("graphSlots"), slot)),
      set(other, i32.load(place, 4)),
      leaveIf(not(other), 1),
      set(slot, i32.and(i32.add(slot, c(8)), mask)),
      when(i32.eq(i32.load(place), hash), [
        set(answer, c(answers.no)),
        when(call(alike, id, other), [set(answer, call(compare, id, other))]),
        when(i32.eq(answer, c(answers.ask)), [
          put("askId", id),
          put("askOther", other),
          put("askSlot", slot),
          result(c(0)),
        ]),
        when(answer, [record, set(found, other), leave(3)]),
      ]),
      leave(0),
    ),
  );
  func.body = [
    set(mask, get("typeMask")),
    loop(
      i32.le(id, get("count")),
      set(kind, call(kindAt, id)),
      when(
        i32.and(
          is(kind, K.BTF_KIND_STRUCT, K.BTF_KIND_UNION, K.BTF_KIND_TYPEDEF),
          i32.eq(i32.load(mapOf(id)), c(unprocessed)),
        ),
        [
          set(hash, c(17)),
          set(at, startOf(id)),
          set(end, endOf(id)),
          otherWords(words, mix(hash, i32.load(at))),
          finish(hash),
          when(i32.lt(slot, c(0)), [set(slot, i32.and(i32.shl(hash, c(3)), mask))]),
          set(found, id),
          search,
          i32.store(mapOf(id), found),
          when(i32.eq(found, id), [i32.store(place, hash), i32.store(place, id, 4)]),
        ],
      ),
      set(slot, c(-1)),
      bump(id, c(1)),
    ),
    c(1),
  ];
  return func;
}
