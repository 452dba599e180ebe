/** Pieces of the code that joins types (`join-wasm.ts`). */
import { block, i32, leave, leaveIf, repeat, result, set, when, type Local, type Wasm } from "../../wasm/index.js";
import { KindFact, kindFacts, State } from "./join-layout.js";

export const c: (value: number) => Wasm = i32.const;

export const get = (field: keyof typeof State): Wasm => i32.load(c(State[field]));
export const put = (field: keyof typeof State, value: Wasm): Wasm => i32.store(c(State[field]), value);
export const add = (field: keyof typeof State, value: Wasm): Wasm => put(field, i32.add(get(field), value));
/** Leaves all to the caller. */
export const failIf = (condition: Wasm): Wasm => when(condition, [result(c(0))]);
export const not: (value: Wasm) => Wasm = i32.eqz;
export const is = (kind: Local, ...kinds: readonly number[]): Wasm => {
  const bits = kinds.reduce((all, each) => all | (1 << each), 0);
  return i32.and(i32.shrUnsigned(c(bits), kind), c(1));
};
/** Goes on as long as `condition` holds. */
export const loop = (condition: Wasm, ...body: readonly Wasm[]): Wasm =>
  block(repeat(leaveIf(not(condition), 1), body, leave(0)));
/** The place of word `index` from `base` on. */
export const wordAt = (base: Wasm, index: Wasm): Wasm => i32.add(base, i32.shl(index, c(2)));
export const fact = (facts: Local, field: keyof typeof KindFact): Wasm => i32.load8(facts, KindFact[field]);
export const mix = (hash: Local, word: Wasm): Wasm =>
  set(hash, i32.mul(i32.rotl(i32.xor(hash, word), c(13)), c(0x9e37_79b1)));
export const finish = (hash: Local): Wasm => set(hash, i32.xor(hash, i32.shrUnsigned(hash, c(15))));

/** The info word of the type at `at`, and the facts of its kind. */
export const kindOf = (at: Local, info: Local, facts: Local): Wasm => [
  set(info, i32.load(at, 4)),
  set(facts, i32.add(c(kindFacts), i32.and(i32.shrUnsigned(info, c(21)), c(0x7f << 3)))),
];
export const vlenOf = (info: Local): Wasm => i32.and(info, c(0xff_ffff));

/** The place of the first word of a type. */
export const startOf = (type: Wasm): Wasm => wordAt(get("words"), i32.load(i32.sub(wordAt(get("starts"), type), c(4))));
/** The place of the entry of a type in the map. */
export const mapOf = (type: Wasm): Wasm => wordAt(get("map"), type);
