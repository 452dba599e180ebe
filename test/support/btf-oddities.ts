/** BTF that is hard to print. */
import { BtfBuilder, type Btf, type BtfType } from "../../src/btf/index.js";

/** Types that headers get wrong: what is packed, padded, cyclic, named twice, not C at all. */
export function oddities(): Btf {
  const builder = new BtfBuilder();
  const add = (type: BtfType): number => builder.add(type);
  const int = (name: string, size: number, encoding = 0): number =>
    add({ kind: "int", name, size, encoding, offset: 0, bits: 8 * size });
  const member = (name: string, type: number, offset: number, bitfieldSize = 0) => ({
    name,
    type,
    offset,
    bitfieldSize,
  });
  const struct = (
    name: string,
    size: number,
    members: ReturnType<typeof member>[],
    kind: "struct" | "union" = "struct",
  ) => add({ kind, name, size, members, kindFlag: members.some(({ bitfieldSize }) => bitfieldSize > 0) });
  const u8 = int("unsigned char", 1);
  const u32 = int("unsigned int", 4);
  const u64 = int("unsigned long", 8);
  const s32 = int("int", 4, 1);
  // Rust's.
  const usize = int("usize", 8);
  const truth = int("bool", 1, 4);
  struct("foreign", 16, [member("len", usize, 0), member("ok", truth, 64)]);
  struct("option<u32>", 8, [member("0", u32, 0), member("register", u32, 32)]);
  // Layouts.
  struct("packed_one", 5, [member("a", u8, 0), member("b", u32, 8)]);
  struct("packed_size", 9, [member("a", u64, 0), member("b", u8, 64)]);
  struct("padded", 128, [member("a", u8, 0), member("b", u64, 512)]);
  struct("roomy", 16384, [member("a", u8, 0), member("b", u64, 131008)]);
  struct("bits", 16, [
    member("a", u32, 0, 3),
    member("b", u32, 5, 7),
    member("c", u32, 32, 31),
    member("d", u8, 64),
    member("e", s32, 72, 20),
  ]);
  struct("straddling", 5, [member("a", u32, 0, 30), member("b", u32, 30, 10)]);
  struct("wide_union", 64, [member("a", u32, 0)], "union");
  struct(
    "tight_union",
    5,
    [member("a", u32, 0), member("b", add({ kind: "array", type: u8, indexType: u32, nelems: 5 }), 0)],
    "union",
  );
  struct("overlapping", 8, [member("a", u32, 0), member("b", u32, 16)]);
  struct("empty", 0, []);
  // Nesting, and names that are used twice.
  const inner = struct("", 8, [member("x", u32, 0), member("y", u32, 32)]);
  const either = struct("", 8, [member("whole", u64, 0), member("", inner, 0)], "union");
  struct("nested", 24, [
    member("", either, 0),
    member("array", add({ kind: "array", type: inner, indexType: u32, nelems: 2 }), 64),
  ]);
  struct("twice", 4, [member("a", u32, 0)]);
  struct("twice", 8, [member("a", u64, 0)]);
  struct("twice", 8, [member("a", u64, 0)], "union");
  add({ kind: "typedef", name: "twice", type: u64 });
  add({ kind: "typedef", name: "twice", type: u32 });
  // A list that is a typedef, and a struct that knows its holder: cycles.
  const next = builder.nextId;
  struct("list", 8, [member("next", next + 1, 0)]);
  add({ kind: "ptr", type: next + 2 });
  add({ kind: "typedef", name: "list_t", type: next });
  const held = builder.nextId;
  struct("holder", 16, [member("held", held + 1, 0), member("self", held + 2, 64)]);
  struct("held", 8, [member("holder", held + 2, 0)]);
  add({ kind: "ptr", type: held });
  // Declarators.
  const text = add({ kind: "ptr", type: add({ kind: "const", type: int("char", 1, 1) }) });
  const call = add({
    kind: "func_proto",
    type: 0,
    params: [
      { name: "format", type: text },
      { name: "", type: 0 },
    ],
  });
  const calls = add({ kind: "array", type: add({ kind: "ptr", type: call }), indexType: u32, nelems: 4 });
  const nothing = add({ kind: "func_proto", type: add({ kind: "ptr", type: calls }), params: [] });
  const user = add({ kind: "type_tag", name: "user", type: u8, attribute: false });
  struct("declarators", 48, [
    member("calls", calls, 0),
    member("nothing", add({ kind: "const", type: add({ kind: "ptr", type: nothing }) }), 256),
    member("tagged", add({ kind: "ptr", type: user }), 320),
  ]);
  add({ kind: "typedef", name: "function", type: call });
  // Enums.
  const values = [
    { name: "RED", value: 0 },
    { name: "GREEN", value: -1 },
  ];
  add({ kind: "enum", name: "colour", size: 4, signed: true, values });
  add({ kind: "enum", name: "tiny", size: 1, signed: false, values: [{ name: "SMALL", value: 255 }] });
  add({ kind: "enum", name: "", size: 4, signed: false, values: [{ name: "RED", value: 4_294_967_295 }] });
  add({ kind: "enum64", name: "huge", size: 8, signed: true, values: [{ name: "LEAST", value: -(2n ** 63n) }] });
  add({ kind: "enum64", name: "long_one", size: 8, signed: false, values: [{ name: "ONE", value: 1n }] });
  add({ kind: "enum", name: "later", size: 4, signed: false, values: [] });
  add({ kind: "fwd", name: "elsewhere", of: "union" });
  add({ kind: "fwd", name: "list", of: "struct" });
  // A function of the kernel for programs.
  const kfunc = add({ kind: "func", name: "bpf_do_it", type: nothing, linkage: 0 });
  add({ kind: "decl_tag", name: "bpf_kfunc", type: kfunc, componentIdx: -1, attribute: false });
  add({ kind: "decl_tag", name: "bpf_fastcall", type: kfunc, componentIdx: -1, attribute: false });
  return builder.build("little");
}
