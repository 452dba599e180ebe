/** What real producers emit, read in the dialect they write: gas and ld 2.40, gcc 12, clang 14 and 22; and what gas makes of ours. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex, type Endian } from "../../src/bytes/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import { readElf, readRelocs, SectionHeaderType } from "../../src/elf/index.js";
import {
  imageOf,
  readObject,
  writeObject,
  type ObjectFile,
  type RelocDialect,
  type Relocation,
} from "../../src/object/index.js";
import { createVm } from "../../src/vm/index.js";
import { corpusMissing, corpusObjects, readCorpus } from "../support/corpus.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

const gas = toolMissing("bpf-as");
const binutils = toolMissing("bpf-as", "bpf-ld");
const gcc = toolMissing("bpf-gcc", "bpf-ld");
const clang14 = toolMissing("clang");
const clang22 = toolMissing("clang-22", "llvm-mc-22");

/** Runs `tool` on `text` and gives the file that it writes. */
function produce(tool: string, args: readonly string[], text: string, suffix = "s"): Uint8Array {
  return inScratchFolder((folder) => {
    const [source, output] = [join(folder, `in.${suffix}`), join(folder, "out.o")];
    writeFileSync(source, text);
    const result = runTool(tool, [...args, "-o", output, source]);
    if (result.status !== 0) throw new Error(`${tool}: ${result.stderr}`);
    return new Uint8Array(readFileSync(output));
  });
}

function assembleGas(text: string, endian: Endian = "little"): Uint8Array {
  return produce("bpf-as", [endian === "little" ? "-EL" : "-EB"], text);
}

/** Type, offset, kind and addend of the relocations of section `name`, by offset. */
function facts(bytes: Uint8Array, name: string, dialect?: RelocDialect): (string | number)[][] {
  const object = readObject(bytes, { dialect });
  const elf = readElf(bytes);
  const target = elf.sections.find((section) => section.name === name)!;
  const tables = elf.sections.filter(({ type, info }) => type === SectionHeaderType.SHT_REL && info === target.index);
  const types = new Map(tables.flatMap((table) => readRelocs(elf, table)).map(({ offset, type }) => [offset, type]));
  const section = object.sections.find((each) => each.name === name)!;
  return section.relocations.map(({ offset, kind, addend, symbol }) => [
    types.get(offset) ?? types.get(offset + 4)!,
    offset,
    kind,
    object.symbols[symbol]!.name,
    Number(addend),
  ]);
}

const everyGasKind = `
  lddw %r1, ext
  mov %r2, ext
  ldxw %r3, [%r1+ext]
  ja ext
  call ext
  jeq %r1, 0, ext
  call ext+16
  call ext-8
  ja ext+8
  lddw %r1, ext-8
  lddw %r1, ext+0x123456789a
  .data
  .byte ext
  .half ext
  .word ext
  .dword ext
  .byte ext-.
  .half ext-.
  .word ext-.
  .dword ext+4-.
`;

test.skipIf(gas !== "")(`each relocation of gas 2.40 is read as what its text says, in both byte orders${gas}`, () => {
  for (const endian of ["little", "big"] as const) {
    const bytes = assembleGas(everyGasKind, endian);
    const { dialect, reason, repaired } = readObject(bytes).origin!;
    expect(dialect).toBe("gnu-2.40");
    expect(reason).toContain("R_BPF_INSN_32");
    expect(repaired).toBe(false);
    expect(facts(bytes, ".text")).toEqual([
      [1, 0x00, "abs_imm64", "ext", 0],
      [2, 0x10, "abs_imm32", "ext", 0],
      [3, 0x18, "abs_off16", "ext", 0],
      [4, 0x20, "branch_off16", "ext", 0],
      [10, 0x28, "call_imm32", "ext", 0],
      [4, 0x30, "branch_off16", "ext", 0],
      [10, 0x38, "call_imm32", "ext", 16],
      [10, 0x40, "call_imm32", "ext", -8],
      [4, 0x48, "branch_off16", "ext", 8],
      [1, 0x50, "abs_imm64", "ext", -8],
      [1, 0x60, "abs_imm64", "ext", 0x12_3456_789a],
    ]);
    expect(facts(bytes, ".data")).toEqual([
      [8, 0, "abs_data8", "ext", 0],
      [9, 1, "abs_data16", "ext", 0],
      [11, 3, "abs_data32", "ext", 0],
      [12, 7, "abs_data64", "ext", 0],
      [5, 15, "pcrel_data8", "ext", 0],
      [6, 16, "pcrel_data16", "ext", 0],
      [7, 18, "pcrel_data32", "ext", 0],
      [13, 22, "pcrel_data64", "ext", 4],
    ]);
    // Written in the same dialect it is what gas wrote, field for field.
    const object = readObject(bytes);
    const again = readElf(writeObject(object, { dialect: "gnu-2.40" }));
    const before = readElf(bytes);
    for (const name of [".text", ".data", ".rel.text", ".rel.data"]) {
      const of = (elf: typeof before): Uint8Array => elf.sections.find((section) => section.name === name)!.data;
      const same = name.startsWith(".rel") ? readRelocsOf(again, name) : toHex(of(again));
      expect(same, name).toEqual(name.startsWith(".rel") ? readRelocsOf(before, name) : toHex(of(before)));
    }
  }
});

function readRelocsOf(elf: ReturnType<typeof readElf>, name: string): (number | undefined)[][] {
  return readRelocs(
    elf,
    elf.sections.find((section) => section.name === name)!,
  ).map(({ offset, type }) => [offset, type]);
}

test.skipIf(gas !== "")(`our assembler's objects in GNU's numbers are gas 2.40's, field for field${gas}`, () => {
  for (const endian of ["little", "big"] as const) {
    const { object, diagnostics } = assemble(`.extern ext\n${everyGasKind}`, { syntax: "gnu", endian });
    expect(diagnostics).toEqual([]);
    const ours = readElf(writeObject(object!, { dialect: "gnu-2.40" }));
    const theirs = readElf(assembleGas(everyGasKind, endian));
    for (const name of [".text", ".data"]) {
      const of = (elf: typeof ours): string => toHex(elf.sections.find((section) => section.name === name)!.data);
      expect(of(ours), name).toBe(of(theirs));
      expect(readRelocsOf(ours, `.rel${name}`), name).toEqual(readRelocsOf(theirs, `.rel${name}`));
    }
  }
});

test("the mail's program in the mail's numbers: an explicit map, in a two-slot load or a 32-bit move", () => {
  const text = `
    .section maps,"aw",@progbits
    .globl hashmap_def
hashmap_def:
    .long 1 # type
    .long 24 # key_size
    .long 40 # value_size
    .long 256 # max_entries
    .section xdp_tx_iptunnel,"ax",@progbits
    .globl _xdp_prog
_xdp_prog:
    ldimm64 r1, %map(hashmap_def)
    mov32 r1, %map(hashmap_def)
    ldimm64 r1, hashmap_def
    mov r2, r10
    add r2, -8
    call bpf_map_lookup_elem
    exit
`;
  const { object, diagnostics } = assemble(text);
  expect(diagnostics).toEqual([]);
  const code = "xdp_tx_iptunnel";
  const numbers = (dialect: RelocDialect): (string | number)[][] =>
    facts(writeObject(object!, { dialect }), code).map(([type, , kind]) => [type!, kind!]);
  const [wide, narrow] = ["map_imm64", "map_imm32"];
  expect(numbers("mail-2017")).toEqual([
    [9, wide],
    [9, narrow],
    [9, wide],
  ]);
  expect(numbers("llvm")).toEqual([
    [1, wide],
    [0xbf16, narrow],
    [1, wide],
  ]);
  // The table of the second mail has no map: only the two-slot load can be said.
  expect(() => numbers("mail-2017-netdev")).toThrowError("map_imm32 against hashmap_def has no number");
});

const faultyText = `
  .globl gf
  .globl gd
  .weak wd
  call gf
  call lf
  ja gl
  jeq %r1, 0, gl
  lddw %r1, gd
  lddw %r1, gd+8
  mov %r2, gd
  ldxw %r3, [%r1+gd]
  .globl gl
gl: exit
  .section other,"ax",@progbits
  mov %r0, 0
lf: exit
gf: exit
  .data
  .space 0x40
gd: .dword gd
  .dword wd
  .space 0x20
wd: .dword gf
`;

/** What `faultyText` asks for. */
const meant: readonly [string, number][] = [
  ["gf", 0],
  ["other", 8],
  ["gl", 0],
  ["gl", 0],
  ["gd", 0],
  ["gd", 8],
  ["gd", 0],
  ["gd", 0],
];

test.skipIf(gas !== "")(`gas 2.40's doubled values of global symbols are taken out${gas}`, () => {
  for (const endian of ["little", "big"] as const) {
    const bytes = assembleGas(faultyText, endian);
    const object = readObject(bytes);
    expect(object.origin!.repaired).toBe(true);
    const text = facts(bytes, ".text").map(([, , , name, addend]) => [name, addend]);
    expect(text).toEqual(meant);
    const data = facts(bytes, ".data").map(([, , , name, addend]) => [name, addend]);
    expect(data).toEqual([
      ["gd", 0],
      ["wd", 0],
      ["gf", 0],
    ]);
  }
});

test.skipIf(gas !== "")(`the fault is found where the numbers alone are LLVM's, too${gas}`, () => {
  const bytes = assembleGas(
    `.globl f\n.globl g\n.section one,"ax",@progbits\ncall f\nexit\n.text\nmov %r0, 0\nexit\ng: exit\nf: mov %r0, 7\nexit`,
  );
  const object = readObject(bytes);
  expect(object.origin).toMatchObject({ dialect: "gnu-2.40", repaired: true });
  expect(createVm(imageOf(object)).run("one")).toMatchObject({ r0: 7n });
});

test.skipIf(gas !== "")(
  `a fault that cannot be proven is refused with the reason, and both readings can be asked for${gas}`,
  () => {
    // The address after an object of 8 bytes at 8, or the object's own.
    const bytes = assembleGas(
      `.globl g\nlddw %r1, g\nexit\n.data\n.dword 0\n.type g, @object\n.size g, 8\ng: .dword 0`,
    );
    let fault: BpfkitError | undefined;
    try {
      readObject(bytes, { file: "g.o" });
    } catch (error) {
      fault = error as BpfkitError;
    }
    expect(fault?.diagnostics[0]).toMatchObject({
      code: "object-gas-fault",
      place: { file: "g.o", section: ".text", offset: 0 },
    });
    expect(fault?.message).toContain("the addend of g");
    const addend = (dialect: RelocDialect): Relocation["addend"] =>
      readObject(bytes, { dialect }).sections.find(({ name }) => name === ".text")!.relocations[0]!.addend;
    expect(addend("gnu-2.40")).toBe(0n);
    expect(addend("llvm")).toBe(8n);
  },
);

test.skipIf(gcc !== "")(`files that bpf-ld -r joined are refused: their section addends are lost${gcc}`, () => {
  inScratchFolder((folder) => {
    const parts = ["a", "b"].map((name) => {
      const source = join(folder, `${name}.c`);
      writeFileSync(
        source,
        `static volatile int x_${name} = 1, y_${name} = 2; int ${name}(void) { return x_${name} + y_${name}; }`,
      );
      const output = join(folder, `${name}.o`);
      expect(runTool("bpf-gcc", ["-O2", "-c", source, "-o", output]).status).toBe(0);
      expect(readObject(new Uint8Array(readFileSync(output))).symbols.length).toBeGreaterThan(0);
      return output;
    });
    const joined = join(folder, "joined.o");
    expect(runTool("bpf-ld", ["-r", ...parts, "-o", joined]).status).toBe(0);
    expect(() => readObject(new Uint8Array(readFileSync(joined)))).toThrowError(/bpf-ld -r/);
  });
});

test.skipIf(corpusMissing !== "")(
  `every object of bpf-gcc 12 in the corpus is read, most of them repaired${corpusMissing}`,
  () => {
    let repaired = 0;
    let plain = 0;
    for (const name of corpusObjects().filter((each) => each.includes("gcc12") && !each.includes("corrupt"))) {
      const object = readObject(readCorpus(name), { file: name });
      if (!object.origin!.repaired) plain++;
      else {
        repaired++;
        expect(object.origin!.dialect, name).toBe("gnu-2.40");
      }
      // Compilers call functions, and refer to what is in objects.
      for (const { relocations } of object.sections) {
        for (const { kind, addend, symbol } of relocations) {
          const { home, size, type } = object.symbols[symbol]!;
          if (type === "section") continue;
          if (kind === "call_imm32") expect(addend, name).toBe(0n);
          if (home.kind === "section" && size > 0) {
            expect(
              addend >= 0n && addend <= BigInt(size),
              `${name}: ${kind} ${object.symbols[symbol]!.name}+${addend}`,
            ).toBe(true);
          }
        }
      }
    }
    console.log(`bpf-gcc 12: ${repaired} objects repaired, ${plain} right as they stand`);
    expect(repaired).toBeGreaterThan(20);
  },
);

test.skipIf(corpusMissing !== "")(
  `repaired objects of bpf-gcc give what clang's of the same source give${corpusMissing}`,
  () => {
    const vmOf = (name: string): ReturnType<typeof createVm> =>
      createVm(imageOf(readObject(readCorpus(`objects/own/obj/${name}`), { file: name })));
    const run = (name: string, program: string): unknown[] => {
      const vm = vmOf(name);
      // Programs count in variables: the second run sees the first's.
      return [0, 1, 0xff].map((fill) => {
        const result = vm.runXdp(program, new Uint8Array(64).fill(fill));
        return result.kind === "fault" ? result.diagnostic.message : [result.verdict, toHex(result.packet)];
      });
    };
    const expected = run("globals.c14.dwarf4.o", "sum");
    expect(expected.flat().every((each) => typeof each !== "string" || /^[0-9a-f]+$/.test(each))).toBe(true);
    for (const variant of ["btf", "dwarf"]) expect(run(`globals.gcc12.${variant}.o`, "sum"), variant).toEqual(expected);
    // DWARF refers to places within functions, which makes no functions of them.
    expect(run("packet.gcc12.dwarf.o", "parse")).toEqual(run("packet.gcc12.btf.o", "parse"));
  },
);

test.skipIf(binutils !== "")(`bpf-ld links our GNU objects to what we mean${binutils}`, () => {
  // Each symbol is far enough from 0 that a doubled value would show.
  const text = `
    .extern e
    .extern f
    .globl main
main:
    call f
    lddw %r1, d
    lddw %r2, d+4
    mov %r3, e
    ja f
    jeq %r1, 0, f
    exit
    .section .rodata,"a",@progbits
    .dword d
    .word e
    .half 0
    .byte 0, 0
`;
  const library = `
    .globl f
    mov %r0, 0
f:  exit
    .data
    .space 0x30
    .globl d
d:  .dword 5
    .set e, 0x77
    .globl e
`;
  for (const endian of ["little", "big"] as const) {
    const linkWith = (make: (source: string) => Uint8Array): Map<string, string> =>
      inScratchFolder((folder) => {
        const files = [text, library].map((source, i) => {
          const file = join(folder, `${i}.o`);
          writeFileSync(file, make(source));
          return file;
        });
        const output = join(folder, "linked");
        const flags = endian === "little" ? "-EL" : "-EB";
        const result = runTool("bpf-ld", [flags, ...files, "-o", output]);
        expect(result.stderr.replace(/.*cannot find entry symbol.*\n/, "")).toBe("");
        const elf = readElf(new Uint8Array(readFileSync(output)));
        return new Map(
          elf.sections.filter(({ flags: bits }) => bits !== 0n).map(({ name, data }) => [name, toHex(data)]),
        );
      });
    const ours = linkWith((source) => {
      const { object, diagnostics } = assemble(source, { syntax: "gnu", endian });
      expect(diagnostics).toEqual([]);
      return writeObject(object!, { dialect: "gnu-2.40" });
    });
    // gas's own objects differ by its fault only where a global symbol is defined in the same object: nowhere here.
    const theirs = linkWith((source) => assembleGas(source, endian));
    for (const name of [".text", ".rodata"]) expect(ours.get(name), `${endian} ${name}`).toBe(theirs.get(name));
  }
});

/** Reference appendix A.2: every relocation that LLVM's assembler makes. */
const llvmText = `
  .text
  .globl f
f:
  r1 = ext ll
  call ext
  r2 = loc ll
  call g
  exit
g:
  exit
  .data
  .globl gd
gd:
  .quad ext
  .long ext
  .long 0
loc:
  .quad gd
  .long gd
  .long f
  .section .rodata,"a",@progbits
ro:
  .long 1
  .section .BTF,"",@progbits
  .long gd
  .long ro
  .long ext
  .long f
`;

const llvmFacts = {
  ".text": [
    [1, 0x00, "abs_imm64", "ext", 0],
    [10, 0x10, "call_imm32", "ext", 0],
    [1, 0x18, "abs_imm64", ".data", 0x10],
  ],
  ".data": [
    [2, 0x00, "abs_data64", "ext", 0],
    [3, 0x08, "abs_data32", "ext", 0],
    [2, 0x10, "abs_data64", "gd", 0],
    [4, 0x18, "nodyld_data32", "gd", 0],
    [3, 0x1c, "abs_data32", "f", 0],
  ],
  ".BTF": [
    [4, 0x00, "nodyld_data32", "gd", 0],
    [3, 0x04, "abs_data32", ".rodata", 0],
    [3, 0x08, "abs_data32", "ext", 0],
    [3, 0x0c, "abs_data32", "f", 0],
  ],
};

test.skipIf(clang14 !== "" || clang22 !== "")(
  `each relocation of LLVM 14 and 22 is read as its text says${clang14}${clang22}`,
  () => {
    for (const endian of ["el", "eb"]) {
      const flags = ["-target", `bpf${endian}`, "-c"];
      const made = [
        produce("clang", flags, llvmText),
        produce("clang-22", flags, llvmText),
        produce("llvm-mc-22", ["-triple", `bpf${endian}`, "-filetype=obj"], llvmText),
      ];
      for (const bytes of made) {
        expect(readObject(bytes).origin).toMatchObject({ dialect: "llvm", repaired: false });
        for (const [section, expected] of Object.entries(llvmFacts))
          expect(facts(bytes, section), section).toEqual(expected);
      }
      const { object } = assemble(llvmText, { endian: endian === "el" ? "little" : "big" });
      const ours = writeObject(object!);
      for (const [section, expected] of Object.entries(llvmFacts))
        expect(facts(ours, section), section).toEqual(expected);
    }
  },
);

test("what older LLVM wrote is read: numbers 1 and 10 in data, 0 at offsets of code, x86's before", () => {
  const base = assemble(`.data\n.quad ext\n.long ext\n.long f\n.text\nf: call helper_fn\nexit`).object!;
  const patched = (kinds: Readonly<Record<string, Relocation["kind"]>>, object: ObjectFile): ObjectFile => ({
    ...object,
    sections: object.sections.map((section) => ({
      ...section,
      relocations: section.relocations.map((each) => ({
        ...each,
        kind: kinds[`${section.name}+${each.offset}`] ?? each.kind,
      })),
    })),
  });
  const old = patched({ ".data+12": "nodyld_data32" }, base);
  const bytes = writeObject(old, { dialect: "llvm-12" });
  expect(facts(bytes, ".data").map(([type]) => type)).toEqual([1, 10, 0]);
  expect(readObject(bytes).sections[1]!.relocations).toEqual(old.sections[1]!.relocations);
  const oldest = patched({ ".data+12": "pcrel_data32", ".text+0": "helper_imm32" }, base);
  const x86 = writeObject(oldest, { dialect: "llvm-3.9" });
  expect(facts(x86, ".data").map(([type]) => type)).toEqual([1, 10, 2]);
  expect(facts(x86, ".text").map(([type, , kind]) => [type, kind])).toEqual([[2, "helper_imm32"]]);
});

test("GNU 2.41's numbers: an operand's r_offset is 4 bytes into its instruction, 256 has two meanings, the load's addend 64 bits", () => {
  const text = `.extern ext\nmov %r1, ext\nja ext\njal ext\nldxw %r1, [%r2+ext]\nlddw %r1, ext-8\n.data\n.word ext\n.dword ext`;
  for (const endian of ["little", "big"] as const) {
    const { object } = assemble(text, { syntax: "gnu", endian });
    const bytes = writeObject(object!, { dialect: "gnu" });
    expect(readObject(bytes).origin!.dialect).toBe("gnu");
    expect(readObject(bytes).origin!.reason).toContain("e_flags");
    expect(facts(bytes, ".text").map(([type, , kind, , addend]) => [type, kind, addend])).toEqual([
      [3, "abs_imm32", 0],
      [256, "branch_off16", 0],
      [10, "branch_imm32", 0],
      [256, "abs_off16", 0],
      [1, "abs_imm64", -8],
    ]);
    const elf = readElf(bytes);
    expect(readRelocsOf(elf, ".rel.text")[0]).toEqual([4, 3]);
    expect(facts(bytes, ".data").map(([type, , kind]) => [type, kind])).toEqual([
      [3, "abs_data32"],
      [2, "abs_data64"],
    ]);
  }
});
