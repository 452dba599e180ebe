import { describe, expect, expectTypeOf, test } from "vitest";
import {
  assemble,
  block,
  bpf,
  build,
  ctype,
  defineMap,
  fn,
  insn,
  label,
  license,
  map,
  mem,
  r0,
  r1,
  r10,
  r2,
  r3,
  symbol,
  textOf,
  type Body,
  type Fragment,
} from "../../src/asm/index.js";
import { readBtf, readMapDefinitions } from "../../src/btf/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import { encodeSlot, insnTable } from "../../src/isa/index.js";

function codeOf(body: Body): Uint8Array {
  const { object, diagnostics } = build(body);
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  return object!.sections.find(({ name }) => name === ".text")!.data;
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof BpfkitError) return `${error.message}; ${error.diagnostics[0]!.help}`;
    throw error;
  }
  return "no error";
}

describe("instruction functions", () => {
  /** A call with operands that fit a row's shapes, and the slot it should give. */
  const numbers = { imm: 7, off: 24, index: 3, high: 9 };

  test("each row of the table is what one call gives", () => {
    const calls = insn as unknown as Readonly<Record<string, (...operands: readonly unknown[]) => Fragment>>;
    const seen = new Set<string>();
    for (const row of insnTable) {
      const dst = row.dst === "reg" ? 1 : row.dst;
      const src = row.src === "reg" ? 2 : row.src;
      const off =
        typeof row.off === "number" ? row.off : row.off === "index" ? numbers.index : row.off === "jump" ? 5 : -8;
      const imm =
        typeof row.imm === "number"
          ? row.imm
          : row.imm === "spaces"
            ? (1 << 16) | 2
            : row.imm === "reg"
              ? 4
              : numbers.imm;
      const isMemory = row.off === "mem";
      const operands: unknown[] = [];
      switch (row.op) {
        case "ldx":
        case "ldsx":
        case "load_acquire":
          operands.push(r1, mem(r2, off));
          break;
        case "movsx":
          operands.push(r1, r2, row.from);
          break;
        case "addr_space_cast":
          operands.push(r1, r2, 1, 2);
          break;
        case "lddw":
          operands.push(r1);
          if (row.imm === "pair") operands.push(src, imm, numbers.high);
          else operands.push(imm);
          break;
        case "call_kfunc":
          operands.push(imm, off);
          break;
        case "call_local":
          continue; // `call` with a number is a helper's; labels are tried below.
        default:
          if (row.dst === "reg") operands.push(isMemory ? mem(r1, off) : r1);
          if (row.src === "reg") operands.push(r2);
          if (typeof row.imm !== "number") operands.push(imm);
          if (row.off === "jump") operands.push(off);
      }
      const expected = new Uint8Array(row.wide ? 16 : 8);
      encodeSlot(expected, 0, "little", row.opcode, dst, src, off, imm);
      if (row.wide) encodeSlot(expected, 8, "little", 0, 0, 0, 0, row.imm === "pair" ? numbers.high : 0);
      const names = Object.keys(calls).filter((each) => {
        try {
          const data = build(calls[each]!(...operands)).object?.sections[0]?.data;
          return data !== undefined && Buffer.compare(data, expected) === 0;
        } catch (error) {
          // These operands are not for that function.
          if (error instanceof BpfkitError) return false;
          throw error;
        }
      });
      expect(names, row.name).toHaveLength(1);
      seen.add(names[0]!);
    }
    expect([...seen].toSorted()).toEqual(Object.keys(calls).toSorted());
  });

  test("labels, symbols and maps are operands", () => {
    const { add, mov, jne, ldimm64, call, exit, mov32 } = insn;
    const loop = label("loop");
    const body = [mov(r1, 3), loop, add(r1, -1), jne(r1, 0, loop), mov(r0, r1), exit()];
    const text = "\tr1 = 3\nloop:\n\tr1 += -1\n\tif r1 != 0 goto loop\n\tr0 = r1\n\texit\n";
    expect(codeOf(body)).toEqual(assemble(text, { syntax: "pseudoc" }).object!.sections[0]!.data);
    const maps = bpf`.section maps,"aw",@progbits
.globl counts
counts: .long 2, 4, 8, 1
.text`;
    const { object } = build([
      maps,
      ldimm64(r1, map("counts")),
      ldimm64(r2, symbol("counts", 8)),
      call("bpf_map_lookup_elem"),
      call(symbol("elsewhere")),
      exit(),
    ]);
    const kinds = object!.sections.find(({ name }) => name === ".text")!.relocations.map(({ kind }) => kind);
    expect(kinds).toEqual(["map_imm64", "map_imm64", "call_imm32"]);
    expect(messageOf(() => mov32(r1, 1.5))).toContain("1.5 is not a whole number");
    expect(messageOf(() => (insn.add as (...all: unknown[]) => unknown)(r1))).toBe(
      "the operands of add have other kinds or another number; add takes (register, number) or (register, register)",
    );
    expect(messageOf(() => symbol("two words"))).toContain("cannot stand in assembly text");
  });

  test("types refuse what the instruction cannot take", () => {
    expectTypeOf(insn.add).parameters.toEqualTypeOf<Parameters<typeof insn.xor32>>();
    // @ts-expect-error: a load takes memory, not a register.
    expect(() => insn.ldxdw(r1, r2)).toThrow(BpfkitError);
    // @ts-expect-error: there is no such instruction.
    expect(insn.nop).toBeUndefined();
  });
});

describe("templates", () => {
  test("take numbers, registers, labels, references and fragments", () => {
    const out = label("out");
    const clear = [-8, -16].map((offset) => insn.stdw(mem(r10, offset), 0));
    const program = bpf`
      ${clear}
      r3 = ${0xffff_ffff_ffffn} ll
      if ${r3} == ${5} goto ${out}
      r0 = 1
    ${out}:
      exit`;
    const text = `
	*(u64 *)(r10 - 8) = 0
	*(u64 *)(r10 - 16) = 0
	r3 = 0xffffffffffff ll
	if r3 == 5 goto out
	r0 = 1
out:
	exit`;
    expect(codeOf(program)).toEqual(assemble(text, { syntax: "pseudoc" }).object!.sections[0]!.data);
  });

  test("the same program gives the same text, and a fragment used twice its own labels once", () => {
    const make = (): Fragment => {
      const skip = label("skip");
      return block([insn.jeq(r1, 0, skip), insn.mov(r0, 1), skip]);
    };
    const program = [make(), make(), insn.exit()];
    expect(textOf(program)).toBe(textOf([make(), make(), insn.exit()]));
    expect(textOf(program)).toContain(".Lskip.1:");
    const twice = make();
    expect(build([twice, twice]).diagnostics[0]!.message).toContain("is defined twice");
  });

  test("functions are symbols with type and size, in their section", () => {
    const { object, diagnostics } = build([
      fn("pass", [insn.mov(r0, 2), insn.exit()], { section: "xdp" }),
      fn("helper", insn.exit(), { global: false }),
    ]);
    expect(diagnostics).toEqual([]);
    const named = object!.symbols.filter(({ name }) => name === "pass" || name === "helper");
    expect(named.map(({ name, binding, type, size }) => ({ name, binding, type, size: Number(size) }))).toEqual([
      { name: "helper", binding: "local", type: "func", size: 8 },
      { name: "pass", binding: "global", type: "func", size: 16 },
    ]);
  });

  test("maps, types and prototypes are the assembler's own", () => {
    const flows = defineMap("flows", {
      type: "lru_hash",
      key: "struct flow",
      value: "u64 [sizeof(struct flow) * 2]",
      maxEntries: 16,
      flags: 2,
    });
    const outer = defineMap("outer", {
      type: "array_of_maps",
      key: 4,
      maxEntries: 2,
      pinning: "by-name",
      inner: { type: "array", key: "u32", value: 8, maxEntries: 1 },
    });
    const { object, diagnostics } = build([
      license("GPL"),
      ctype`struct flow { u32 saddr[${2}]; };`,
      flows.define,
      outer.define,
      fn("count", [insn.ldimm64(r1, flows), insn.mov(r0, 2), insn.exit()], {
        section: "xdp",
        prototype: `int count(
          struct xdp_md *ctx)`,
      }),
      fn("helper", insn.exit(), { global: false, prototype: "void helper(void)" }),
    ]);
    expect(diagnostics).toEqual([]);
    const btf = readBtf(object!.sections.find(({ name }) => name === ".BTF")!.data);
    const maps = readMapDefinitions(btf).map(({ name, type, keySize, valueSize, maxEntries, flags, pinning, inner }) =>
      [name, type, keySize, valueSize, maxEntries, flags, pinning, inner?.valueSize].join(" "),
    );
    expect(maps).toEqual(["flows 9 8 128 16 2 none ", "outer 12 4 4 2 0 by-name 8"]);
    expect(btf.findByName("count", "func")).toBeDefined();
    const kinds = object!.sections.find(({ name }) => name === "xdp")!.relocations.map(({ kind }) => kind);
    expect(kinds).toEqual(["map_imm64"]);
    // @ts-expect-error: there is no such map type.
    expect(build(defineMap("m", { type: "hsh" }).define).diagnostics[0]!.message).toContain("no map type `hsh`");
    expect(messageOf(() => fn("f", [], { prototype: "int f(void); exit" }))).toContain("would end the statement");
    expect(
      messageOf(
        () => ctype`int a;
      .endctype`,
      ),
    ).toContain("would end the statement");
  });

  test("mistakes in the text are told with its lines", () => {
    const [first] = build(bpf`r1 = r2
      r1 += r12`).diagnostics;
    expect(first!.place).toMatchObject({ file: "<program>", line: 2 });
    expect(messageOf(() => bpf`r1 = ${"r2" as unknown as number}`)).toContain("none of a number");
  });
});

test("what is no part of a program, and a prototype of another function, are refused where they are given", () => {
  for (const wrong of [5, "exit", null, r1, { kind: "symbol" }]) {
    expect(() => block([insn.exit(), wrong as unknown as Fragment])).toThrow(/is no part of a program/);
  }
  const withType = (name: string, prototype: string): Fragment => fn(name, [insn.exit()], { prototype });
  for (const prototype of ["int g(void)", "int ff(void)", "int f", "int (*g)(int f)"]) {
    expect(() => withType("f", prototype)).toThrow(/is not one of `f`/);
  }
  for (const prototype of ["int f(void)", "static int f (int a)", "int\nf(struct f *f)"]) withType("f", prototype);
  withType("f$a.b", "int f$a.b(void)");
});
