/** What clang prints against what clang writes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
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
    found.push(`${section.name} ${String(section.type)} ${section.size} ${toHex(section.data)}`);
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
  return !/^(\.llvm_addrsig|symbol LBB\d)/.test(fact);
}

const noClang = toolMissing("clang-22");

test.skipIf(noClang + corpusMissing !== "")(
  `what clang prints assembles to what clang writes${noClang}`,
  () => {
    let compared = 0;
    inScratchFolder((folder) => {
      const [listing, output] = [join(folder, "a.s"), join(folder, "a.o")];
      for (const name of corpusFiles("c", ".c")) {
        for (const level of ["-O1", "-O2"]) {
          const flags = ["-target", "bpf", level, "-mcpu=v4", "-w", ...includes, corpusPath(name)];
          if (runTool("clang-22", [...flags, "-S", "-o", listing]).status !== 0) continue;
          runTool("clang-22", [...flags, "-c", "-o", output]);
          const { object, diagnostics } = assemble(readFileSync(listing), {});
          expect(`${name}: ${diagnostics.map((each) => formatDiagnostic(each)).join("\n")}`).toBe(`${name}: `);
          const ours = facts(readObject(writeObject(object!))).filter(isRelevant);
          expect(ours, `${name} ${level}`).toEqual(facts(readObject(readFileSync(output))).filter(isRelevant));
          compared++;
        }
      }
    });
    expect(compared).toBeGreaterThan(5);
  },
  120_000,
);
