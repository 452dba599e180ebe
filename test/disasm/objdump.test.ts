/** Whole objects of the corpus against llvm-objdump and llvm-nm, instruction by instruction and symbol by symbol. */
import { expect, test } from "vitest";
import { fromHex } from "../../src/bytes/index.js";
import {
  disassemble,
  formatDisassembly,
  formatInsnAt,
  formatSource,
  formatSizes,
  formatSymbols,
  listableObject,
  type Listable,
  listSymbols,
  sizeFacts,
} from "../../src/disasm/index.js";
import type { ObjectFile } from "../../src/object/index.js";
import { readElf } from "../../src/elf/index.js";
import { corpusMissing, corpusObjects, corpusPath, readCorpus } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { mutateElf } from "../support/mutate.js";
import { runTool, toolMissing } from "../support/tools.js";

const step = process.env["BPFKIT_FUZZ"] === undefined ? 12 : 1;
const names = corpusObjects().filter((name, i) => i % step === 0 && !name.includes("/corrupt/"));

/** Every object of the corpus, linked ones and those of GNU's tools with their own relocation numbers included. */
function read(name: string): Listable {
  return listableObject(readElf(readCorpus(name), { file: name }));
}

/**
 * LLVM's text without the difference between its spelling and ours: 32-bit register names in narrow loads and stores,
 * targets after numbers, `local` before the distance of a call.
 */
function normal(text: string): string {
  const bare = text
    .replace(/\s*<[^<>]*>$/, "")
    .replace(/^call local \+?/, "call ")
    .replace(/\s+/g, " ")
    .trim();
  return /^\*?\(u|^[rw]\d+ = \*\(/.test(bare) ? bare.replace(/\bw(\d+)/g, "r$1") : bare;
}

interface Line {
  readonly slot: number;
  readonly hex: string;
  readonly text: string;
}

/** The instruction lines of a listing, section by section. */
function linesOf(listing: string): Map<string, Line[]> {
  const sections = new Map<string, Line[]>();
  let lines: Line[] = [];
  for (const line of listing.split("\n")) {
    const head = /^Disassembly of section (.*):$/.exec(line);
    if (head !== null) sections.set(head[1]!, (lines = sections.get(head[1]!) ?? []));
    const found = /^ *(\d+):\t([0-9a-f ]+)\t(.*)$/.exec(line);
    if (found !== null) lines.push({ slot: Number(found[1]), hex: found[2]!.replaceAll(" ", ""), text: found[3]! });
  }
  return sections;
}

function differences(name: string, object: ObjectFile): { count: number; wrong: string[] } {
  const { endian } = object;
  const peer = linesOf(runTool("llvm-objdump-22", ["-d", "--no-print-imm-hex", corpusPath(name)]).stdout);
  const ours = linesOf(formatDisassembly(object));
  const wrong: string[] = [];
  let count = 0;
  for (const [section, theirs] of peer) {
    const mine = ours.get(section) ?? [];
    // In linked files LLVM counts from address 0, we from the section's start.
    const first = theirs[0]?.slot ?? 0;
    for (const [i, line] of theirs.entries()) {
      count++;
      const own = mine[i];
      const where = `${name} ${section} ${line.slot} (${line.hex})`;
      if (own === undefined || own.slot !== line.slot - first || own.hex !== line.hex) {
        wrong.push(`${where}: ours is ${JSON.stringify(own)}`);
        break;
      }
      const text = formatInsnAt(fromHex(line.hex), 0, endian) ?? "<unknown>";
      if (!same(line, text)) wrong.push(`${where}: ours ${text}, theirs ${line.text}`);
    }
    if (mine.length !== theirs.length) wrong.push(`${name} ${section}: ${mine.length} lines, not ${theirs.length}`);
  }
  return { count, wrong };
}

function same(line: Line, text: string): boolean {
  const theirs = line.text.includes("<unknown>") ? "<unknown>" : line.text;
  return normal(text === "<unknown>" ? "" : text) === normal(theirs);
}

const skip = corpusMissing || toolMissing("llvm-objdump-22", "llvm-nm-22", "llvm-size-22");

test.skipIf(skip !== "")(`every instruction reads as llvm-objdump reads it${skip}`, { timeout: 60_000 }, () => {
  let total = 0;
  const all: string[] = [];
  for (const name of names) {
    const { object } = read(name);
    const { count, wrong } = differences(name, object);
    total += count;
    all.push(...wrong);
  }
  expect(all).toEqual([]);
  expect(total).toBeGreaterThan(1000);
});

/** Symbols that the two tools are known to letter differently. */
function letters(listing: string): string[] {
  return listing
    .split("\n")
    .filter((line) => line !== "" && !/^[^ ]+:$/.test(line))
    .toSorted();
}

test.skipIf(skip !== "")(`nm and size agree with GNU's and LLVM's${skip}`, { timeout: 60_000 }, () => {
  let symbols = 0;
  const wrong: string[] = [];
  for (const name of names) {
    const { object, addresses } = read(name);
    const path = corpusPath(name);
    const ours = letters(formatSymbols(listSymbols(object, { addresses })));
    const theirs = letters(runTool("llvm-nm-22", [path]).stdout);
    symbols += theirs.length;
    for (const line of theirs) if (!ours.includes(line)) wrong.push(`${name}: ${line} is missing`);
    for (const line of ours) if (!theirs.includes(line)) wrong.push(`${name}: ${line} is only ours`);
    const sizes = (text: string): string => text.split("\n")[1]!.split("\t").slice(0, 5).join(" ");
    const size = runTool("llvm-size-22", [path]).stdout;
    if (sizes(formatSizes([sizeFacts(readElf(readCorpus(name)))])) !== sizes(size))
      wrong.push(`${name}: size ${sizes(size)}`);
  }
  expect(wrong).toEqual([]);
  expect(symbols).toBeGreaterThan(100);
});

test.skipIf(corpusMissing !== "")(`facts and text tell the same of every object${corpusMissing}`, () => {
  for (const name of names) {
    const { object } = read(name);
    const text = formatDisassembly(object, { bytes: false });
    const shown = text.split("\n").flatMap((line) => /^ *\d+:\t([^\t]*)/.exec(line)?.[1] ?? []);
    const facts = disassemble(object).flatMap(({ items }) => items.map((item) => item.text));
    expect(shown, name).toEqual(facts);
  }
});

test.skipIf(corpusMissing !== "")(`broken objects print or are refused, never more${corpusMissing}`, () => {
  const donors = names.map(readCorpus).filter((bytes) => bytes.length < 20_000);
  const { accepted } = fuzz(fuzzRounds(500), (random) => {
    const { object } = listableObject(readElf(mutateElf(random, random.pick(donors), donors)));
    formatDisassembly(object, { relocations: true, all: true });
    disassemble(object);
    expect(formatSource(object)).not.toContain("undefined+");
    formatSymbols(listSymbols(object), { sort: "address" });
  });
  expect(accepted).toBeGreaterThan(10);
});
