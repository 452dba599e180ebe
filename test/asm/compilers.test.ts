/** What clang and bpf-gcc print with -S against what they write with -c. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { readElf, readRelocs, readSymbols } from "../../src/elf/index.js";
import { readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { corpusFiles, corpusMissing, corpusPath } from "../support/corpus.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

/** What two assemblers must agree on, in words. */
function facts(object: ObjectFile): string[] {
  const homeOf = (index: number): string => {
    const { home, name, type } = object.symbols[index]!;
    if (type === "section" && home.kind === "section") return `section ${object.sections[home.section]!.name}`;
    return name;
  };
  const found: string[] = [];
  for (const section of object.sections) {
    if (section.size === 0) continue;
    const { name, type, align, entsize, size } = section;
    const flags = Object.entries(section.flags).flatMap(([flag, set]) => (set ? [flag] : []));
    found.push(`${name} ${String(type)} ${flags.join("+")} ${align} ${entsize} ${size} ${toHex(section.data)}`);
    for (const { offset, kind, symbol, addend } of section.relocations) {
      found.push(`${section.name}+${offset} ${kind} ${homeOf(symbol)} ${addend}`);
    }
  }
  for (const { name, home, size, binding, type, visibility } of object.symbols) {
    if (type === "section") continue;
    const where = home.kind === "section" ? `${object.sections[home.section]!.name}+${home.offset}` : home.kind;
    found.push(`symbol ${name} ${where} ${size} ${binding} ${String(type)} ${visibility}`);
  }
  return found.toSorted((a, b) => (a < b ? -1 : Number(a > b)));
}

/** Where Debian keeps the kernel headers of its machines. */
const includes = ["x86_64", "aarch64"].map((machine) => `-I/usr/include/${machine}-linux-gnu`);

/** clang drops the labels of its blocks; whoever assembles its text (llvm-mc too) cannot know that they are its own. */
function isRelevant(fact: string): boolean {
  return !/^(symbol LBB\d)/.test(fact);
}

/** clang 14 puts the register of `callx` where no kernel looks for it; the text says nothing of that. */
function withoutOldCallx(fact: string): string {
  return fact.replace(/8d0(.)000000000000/g, "8d0000000$1000000");
}

const thorough = process.env["BPFKIT_FUZZ"] !== undefined;

/** The levels that a file is tried with: all of them in long runs, else one, each in turn. */
function levelsOf(number: number): string[] {
  return thorough ? ["-O0", "-O1", "-O2", "-O3"] : [`-O${number % 4}`];
}

for (const compiler of ["clang", "clang-22"]) {
  const missing = toolMissing(compiler) + corpusMissing;
  test.skipIf(missing !== "")(
    `what ${compiler} -g prints assembles to what it writes, debug sections included${missing}`,
    () => {
      let compared = 0;
      inScratchFolder((folder) => {
        const [listing, output] = [join(folder, "a.s"), join(folder, "a.o")];
        for (const [number, name] of corpusFiles("c", ".c").entries()) {
          for (const level of levelsOf(number)) {
            const flags = ["-target", "bpf", level, "-g", "-w", ...includes, corpusPath(name)];
            // A file that needs a header which is not here.
            if (runTool(compiler, [...flags, "-S", "-o", listing]).status !== 0) continue;
            runTool(compiler, [...flags, "-c", "-o", output]);
            const { object, diagnostics } = assemble(readFileSync(listing), {});
            expect(`${name}: ${diagnostics.map((each) => formatDiagnostic(each)).join("\n")}`).toBe(`${name}: `);
            const ours = facts(readObject(writeObject(object!))).filter(isRelevant);
            const theirs = facts(readObject(readFileSync(output))).filter(isRelevant);
            if (compiler === "clang") {
              expect(ours.map(withoutOldCallx), `${name} ${level}`).toEqual(theirs.map(withoutOldCallx));
            } else {
              expect(ours, `${name} ${level}`).toEqual(theirs);
            }
            compared++;
          }
        }
      });
      console.log(`${compiler}: ${compared} objects compared`);
      expect(compared).toBeGreaterThan(15);
    },
    120_000,
  );
}

/** Fields of GNU's relocations up to binutils 2.40 (reference section 3.2): bytes from the place, and how the addend is kept. */
const gnuFields: ReadonlyMap<number, { readonly kind: string; readonly fields: readonly number[] }> = new Map([
  [1, { kind: "imm64", fields: [4, 12] }],
  [10, { kind: "call", fields: [4] }],
  [11, { kind: "data32", fields: [0] }],
  [12, { kind: "data64", fields: [0, 4] }],
]);

/**
 * The same facts of an object of GNU as, relocated fields zeroed. Binutils 2.40 adds the value of a global symbol to the addend of
 * every reference to it (reference section 3.2, B1), which is taken away here.
 */
function gnuFacts(bytes: Uint8Array): string[] {
  const elf = readElf(bytes);
  const table = elf.sections.find(({ name }) => name === ".symtab")!;
  const symbols = readSymbols(elf, table);
  const found: string[] = [];
  const data = new Map(elf.sections.map((section) => [section.index, new Uint8Array(section.data)]));
  for (const relocs of elf.sections.filter(({ type }) => type === 9)) {
    const target = elf.sections[relocs.info]!;
    const view = new DataView(data.get(target.index)!.buffer);
    for (const { offset, type, sym } of readRelocs(elf, relocs)) {
      const { kind, fields } = gnuFields.get(type)!;
      const words = fields.map((at) => view.getInt32(offset + at, true));
      for (const at of fields) view.setInt32(offset + at, 0, true);
      let addend = words.length === 2 ? (BigInt(words[1]!) << 32n) + BigInt(words[0]! >>> 0) : BigInt(words[0]!);
      const symbol = symbols[sym]!;
      if (symbol.bind !== 0) addend -= symbol.value;
      if (kind === "call") addend = (addend + 1n) * 8n;
      const name = symbol.type === 3 ? `section ${elf.sections[symbol.shndx]!.name}` : symbol.name;
      found.push(`${target.name}+${offset} ${kind} ${name} ${addend}`);
    }
  }
  for (const { index, name, type, flags, size } of elf.sections) {
    if (size === 0 || /^\.(symtab|strtab|shstrtab|rel)/.test(name)) continue;
    found.push(`${name} ${type === 8 ? "nobits" : "progbits"} ${flags & 7n} ${size} ${toHex(data.get(index)!)}`);
  }
  for (const { name, value, size, bind, type, shndx, reserved } of symbols) {
    if (type === 3 || name === "") continue;
    found.push(`symbol ${name} ${reserved ? "" : elf.sections[shndx]!.name}+${value} ${size} ${bind} ${type}`);
  }
  return found.toSorted();
}

const gnuKinds: ReadonlyMap<string, string> = new Map([
  ["abs_imm64", "imm64"],
  ["map_imm64", "imm64"],
  ["call_imm32", "call"],
  ["abs_data32", "data32"],
  ["nodyld_data32", "data32"],
  ["abs_data64", "data64"],
]);

/** The facts of our object in the words of `gnuFacts`. */
function factsForGnu(object: ObjectFile): string[] {
  const bindings = ["local", "global", "weak"];
  const types = ["notype", "object", "func", "section", "file"];
  const found: string[] = [];
  for (const { name, type, flags, size, data, relocations } of object.sections) {
    const bits = Number(flags.write) + 2 * Number(flags.alloc) + 4 * Number(flags.exec);
    if (size > 0) found.push(`${name} ${String(type)} ${bits} ${size} ${toHex(data)}`);
    for (const { offset, kind, symbol, addend } of relocations) {
      const target = object.symbols[symbol]!;
      const section = target.home.kind === "section" ? object.sections[target.home.section]!.name : "";
      const to = target.type === "section" ? `section ${section}` : target.name;
      found.push(`${name}+${offset} ${gnuKinds.get(kind)} ${to} ${addend}`);
    }
  }
  for (const { name, home, size, binding, type } of object.symbols) {
    if (type === "section") continue;
    const at = home.kind === "section" ? `${object.sections[home.section]!.name}+${home.offset}` : "";
    const value = home.kind === "absolute" ? `+${home.value}` : home.kind === "common" ? `+${home.align}` : "+0";
    found.push(
      `symbol ${name} ${at === "" ? value : at} ${size} ${bindings.indexOf(binding)} ${types.indexOf(type as string)}`,
    );
  }
  return found.toSorted();
}

const noGcc = toolMissing("bpf-gcc", "bpf-as") + corpusMissing;

test.skipIf(noGcc !== "")(
  `what bpf-gcc prints assembles to what it writes, debug sections included${noGcc}`,
  () => {
    let compared = 0;
    inScratchFolder((folder) => {
      const [listing, output] = [join(folder, "a.s"), join(folder, "a.o")];
      const system = ["/usr/include", ...includes.map((each) => each.slice(2))].flatMap((each) => ["-isystem", each]);
      for (const name of corpusFiles("c", ".c")) {
        for (const debug of thorough ? [[], ["-g"], ["-gbtf"]] : [["-g"], ["-gbtf"]]) {
          const flags = ["-O2", ...debug, "-w", ...system, corpusPath(name)];
          // A file with a header that is not here, or with inline assembly that is clang's. With -gbtf two runs give two orders of
          // types: the assembler that `bpf-gcc -c` calls gets the same text.
          if (runTool("bpf-gcc", [...flags, "-S", "-o", listing]).status !== 0) continue;
          if (runTool("bpf-as", [listing, "-o", output]).status !== 0) continue;
          const { object, diagnostics } = assemble(readFileSync(listing), { padSections: true });
          expect(`${name}: ${diagnostics.map((each) => formatDiagnostic(each)).join("\n")}`).toBe(`${name}: `);
          expect(factsForGnu(object!), `${name} ${debug.join("")}`).toEqual(gnuFacts(readFileSync(output)));
          compared++;
        }
      }
    });
    console.log(`bpf-gcc: ${compared} objects compared`);
    expect(compared).toBeGreaterThan(15);
  },
  120_000,
);
