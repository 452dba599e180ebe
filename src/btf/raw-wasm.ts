/**
 * The loop that prints the types of a BTF as `format-raw.ts` does, as WebAssembly: straight from the words of the type section
 * and the bytes of the string section. What is rare it leaves to the caller, who lets it go on behind it.
 */
import {
  ascii,
  block,
  bump,
  call,
  decimalFunction,
  i32,
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
} from "../wasm/index.js";
import { Layout, longName, State, Stop, unnamed } from "./raw-layout.js";
import { BtfKind } from "./table.js";

const K = BtfKind;
const c = i32.const;

const anonymous = "(anon)";
const linkages = ["static", "global", "extern"];
/** The kinds that are nothing but a reference. */
const references = [
  K.BTF_KIND_PTR,
  K.BTF_KIND_TYPEDEF,
  K.BTF_KIND_VOLATILE,
  K.BTF_KIND_CONST,
  K.BTF_KIND_RESTRICT,
  K.BTF_KIND_TYPE_TAG,
];

/** The bits of these kinds. */
const bits = (kinds: readonly number[]): number => kinds.reduce((all, kind) => all | (1 << kind), 0);

/** Is `kind` one of these? */
const isOneOf = (kind: Local, kinds: readonly number[]): Wasm => i32.and(i32.shrUnsigned(c(bits(kinds)), kind), c(1));

/** Writes up to 32 characters at `at` and moves it; sixteen at a time. */
function put(at: Local, text: string): Wasm {
  const code: Wasm[] = [];
  for (let i = 0; i < text.length; i += 16) code.push(v128.store(at, v128.const(ascii(text.slice(i, i + 16))), i));
  return [code, bump(at, c(text.length))];
}

/** `(at, from) → end`: the bytes at `from` up to the next zero, or `(anon)` for none; 0 where they are many. */
function nameFunction(index: number): WasmFunction {
  const func = new WasmFunction(index, 2);
  const [at, from] = func.parameters as [Local, Local];
  const start = func.local("i32");
  const zero = func.local("i32");
  const bytes = func.local("v128");
  func.body = [
    set(start, at),
    repeat(
      set(bytes, v128.load(from)),
      v128.store(at, bytes),
      set(zero, v128.bitmask8(v128.eq8(bytes, v128.const([])))),
      when(i32.eqz(zero), [
        bump(at, c(16)),
        bump(from, c(16)),
        when(i32.gt(i32.sub(at, start), c(longName - 16)), [result(c(0))]),
        leave(1),
      ]),
    ),
    bump(at, i32.ctz(zero)),
    when(i32.eq(at, start), [put(at, anonymous)]),
    at,
  ];
  return func;
}

/** `(at, limit) → end of the text`: writes types from `State.type` on, until there is a reason to stop. */
function typesFunction(index: number, decimal: WasmFunction, name: WasmFunction): WasmFunction {
  const func = new WasmFunction(index, 2);
  const [at, limit] = func.parameters as [Local, Local];
  const [type, end, id, element, isNamed, offset, strings, stringsSize] = func.locals("i32", 8);
  const [info, kind, vlen, words, stride, stop, found, place, width] = func.locals("i32", 9);
  const kept: readonly (readonly [Local, number])[] = [
    [type, State.type],
    [end, State.end],
    [id, State.id],
    [element, State.element],
    [isNamed, State.isNamed],
    [offset, State.name],
    [strings, State.strings],
    [stringsSize, State.stringsSize],
  ];
  const third = i32.load(type, 8);
  const fourth = i32.load(type, 12);
  const isFlagged = i32.lt(info, c(0));
  const fact = (label: string, value: Wasm): Wasm => [put(at, label), set(at, call(decimal, at, value))];
  const putSigned = (value: Wasm): Wasm =>
    when(
      i32.lt(value, c(0)),
      [put(at, "-"), set(at, call(decimal, at, i32.sub(c(0), value)))],
      [set(at, call(decimal, at, value))],
    );
  /** Leaves the block `depth` around where `condition` holds. */
  const stopIf = (condition: Wasm, why: number, depth: number): Wasm => [
    when(condition, [set(stop, c(why)), leave(depth + 1)]),
  ];
  /** Writes the name at `offset`, or leaves. */
  const putName = (depth: number): Wasm => [
    stopIf(i32.geUnsigned(offset, stringsSize), Stop.name, depth),
    set(found, call(name, at, i32.add(strings, offset))),
    stopIf(i32.eqz(found), Stop.name, depth),
    set(at, found),
  ];
  const is = (...kinds: number[]): Wasm => isOneOf(kind, kinds);
  const isStruct = is(K.BTF_KIND_STRUCT, K.BTF_KIND_UNION);
  const isPairs = is(K.BTF_KIND_ENUM, K.BTF_KIND_FUNC_PROTO);
  const known = [
    ...references,
    K.BTF_KIND_ARRAY,
    K.BTF_KIND_STRUCT,
    K.BTF_KIND_UNION,
    K.BTF_KIND_ENUM,
    K.BTF_KIND_FWD,
    K.BTF_KIND_FUNC,
    K.BTF_KIND_FUNC_PROTO,
    K.BTF_KIND_VAR,
    K.BTF_KIND_DECL_TAG,
  ];
  func.body = [
    kept.map(([local, address]) => set(local, i32.load(c(address)))),
    block(
      repeat(
        stopIf(i32.ge(type, end), Stop.end, 1),
        set(info, i32.load(type, 4)),
        set(kind, i32.and(i32.shrUnsigned(info, c(24)), c(0x7f))),
        set(vlen, i32.and(info, c(0xff_ffff))),
        when(i32.lt(element, c(0)), [
          when(i32.eqz(isNamed), [
            stopIf(i32.ge(at, limit), Stop.full, 3),
            stopIf(i32.gt(kind, c(31)), Stop.form, 3),
            stopIf(i32.eqz(isOneOf(kind, known)), Stop.form, 3),
            stopIf(i32.and(is(K.BTF_KIND_FUNC), i32.ge(vlen, c(linkages.length))), Stop.form, 3),
            stopIf(i32.and(is(K.BTF_KIND_VAR), i32.geUnsigned(fourth, c(linkages.length))), Stop.form, 3),
            i32.store8(at, c(0x5b)),
            set(at, call(decimal, i32.add(at, c(1)), id)),
            set(place, i32.add(c(Layout.kinds), i32.shl(kind, c(5)))),
            v128.store(at, v128.load(place)),
            bump(at, i32.load(place, 16)),
            when(isOneOf(kind, unnamed), [put(at, anonymous)], [set(offset, i32.load(type)), putName(4)]),
          ]),
          set(isNamed, c(0)),
          set(element, c(0)),
          when(isOneOf(kind, references), [fact("' type_id=", third)]),
          when(isStruct, [fact("' size=", third), fact(" vlen=", vlen)]),
          when(is(K.BTF_KIND_FUNC_PROTO), [fact("' ret_type_id=", third), fact(" vlen=", vlen)]),
          when(is(K.BTF_KIND_ENUM), [
            when(isFlagged, [put(at, "' encoding=SIGNED size=")], [put(at, "' encoding=UNSIGNED size=")]),
            set(at, call(decimal, at, third)),
            fact(" vlen=", vlen),
          ]),
          when(is(K.BTF_KIND_ARRAY), [
            fact("' type_id=", fourth),
            fact(" index_type_id=", i32.load(type, 16)),
            fact(" nr_elems=", i32.load(type, 20)),
          ]),
          when(is(K.BTF_KIND_FWD), [when(isFlagged, [put(at, "' fwd_kind=union")], [put(at, "' fwd_kind=struct")])]),
          when(is(K.BTF_KIND_FUNC), [
            fact("' type_id=", third),
            linkages.map((each, i) => when(i32.eq(vlen, c(i)), [put(at, ` linkage=${each}`)])),
          ]),
          when(is(K.BTF_KIND_VAR), [
            fact("' type_id=", third),
            linkages.map((each, i) => when(i32.eq(fourth, c(i)), [put(at, `, linkage=${each}`)])),
          ]),
          when(is(K.BTF_KIND_DECL_TAG), [fact("' type_id=", third), put(at, " component_idx="), putSigned(fourth)]),
        ]),
        set(stride, i32.add(i32.mul(isStruct, c(12)), i32.mul(isPairs, c(8)))),
        set(words, i32.add(i32.add(type, c(12)), i32.mul(stride, element))),
        block(
          repeat(
            leaveIf(i32.or(i32.eqz(stride), i32.ge(element, vlen)), 1),
            when(i32.eqz(isNamed), [
              stopIf(i32.ge(at, limit), Stop.full, 4),
              put(at, "\n\t'"),
              set(offset, i32.load(words)),
              putName(4),
            ]),
            set(isNamed, c(0)),
            when(
              is(K.BTF_KIND_ENUM),
              [
                put(at, "' val="),
                when(isFlagged, [putSigned(i32.load(words, 4))], [set(at, call(decimal, at, i32.load(words, 4)))]),
              ],
              [fact("' type_id=", i32.load(words, 4))],
            ),
            when(isStruct, [
              set(place, i32.load(words, 8)),
              set(width, c(0)),
              when(isFlagged, [set(width, i32.shrUnsigned(place, c(24))), set(place, i32.and(place, c(0xff_ffff)))]),
              fact(" bits_offset=", place),
              when(width, [fact(" bitfield_size=", width)]),
            ]),
            bump(element, c(1)),
            bump(words, stride),
            leave(0),
          ),
        ),
        i32.store8(at, c(0x0a)),
        bump(at, c(1)),
        set(type, i32.add(words, i32.mul(is(K.BTF_KIND_ARRAY), c(12)))),
        bump(type, i32.shl(is(K.BTF_KIND_VAR, K.BTF_KIND_DECL_TAG), c(2))),
        bump(id, c(1)),
        set(element, c(-1)),
        leave(0),
      ),
    ),
    kept.map(([local, address]) => i32.store(c(address), local)),
    i32.store(c(State.stop), stop),
    at,
  ];
  return func;
}

/** The module. */
export function rawModule(): string {
  const decimal = decimalFunction(0);
  const name = nameFunction(1);
  return moduleOf([decimal, name, typesFunction(2, decimal, name)]);
}
