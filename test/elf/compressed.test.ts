/** What `-gz` compresses is read as it was before; what was not read back is told. */
import { deflateSync, constants } from "node:zlib";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inflate } from "../../src/bytes/index.js";
import { copyElf } from "../../src/copy/index.js";
import { dwarfLines } from "../../src/disasm/index.js";
import type { Diagnostic } from "../../src/diag/index.js";
import { readElf } from "../../src/elf/index.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

// Quicker than toEqual, which looks at each element.
const same = (found: Uint8Array | undefined, data: Uint8Array): boolean =>
  found !== undefined && Buffer.compare(found, data) === 0;

test("what zlib makes of data of every kind comes back", () => {
  fuzz(fuzzRounds(300), (random) => {
    const letters = random.pick([1, 2, 20, 256]);
    const data = Uint8Array.from({ length: random.below(random.pick([2, 300, 70_000])) }, () => random.below(letters));
    const level = random.below(10);
    const strategy = random.pick([constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY]);
    const packed = new Uint8Array(deflateSync(data, { level, strategy }));
    expect(same(inflate(packed, data.length), data), `seed ${random.seed}`).toBe(true);
    expect(inflate(packed, data.length + 1), `seed ${random.seed}`).toBeUndefined();
    if (data.length > 0) expect(inflate(packed, data.length - 1), `seed ${random.seed}`).toBeUndefined();
    // Damaged data is refused, or is that of an equal sum.
    packed[random.below(packed.length)]! ^= 1 << random.below(8);
    const other = inflate(packed.subarray(0, packed.length - random.below(3)), data.length);
    if (other !== undefined) expect(same(other, data), `seed ${random.seed}`).toBe(true);
  });
});

test("a size that no data comes to is refused before room is made for it", () => {
  expect(inflate(new Uint8Array(deflateSync(new Uint8Array(10))), 2 ** 40)).toBeUndefined();
});

const source = `${Array.from({ length: 40 }, (_, i) => `int f${i}(int x) { int y = x * ${i}; return y + ${i}; }`).join("\n")}\n`;
const skip = toolMissing("clang-22");

test.skipIf(skip !== "")(`compressed line tables are read, and what is not read is told${skip}`, () => {
  inScratchFolder((folder) => {
    const file = join(folder, "f.c");
    writeFileSync(file, source);
    const compiled = (target: string, ...options: string[]): Uint8Array => {
      const out = join(folder, "f.o");
      const args = ["-O1", "-g", "-target", target, ...options, "-c", file, "-o", out];
      expect(runTool("clang-22", args).stderr).toBe("");
      return new Uint8Array(readFileSync(out));
    };
    for (const target of ["bpfel", "bpfeb"]) {
      const lines = (bytes: Uint8Array, problems: Diagnostic[] = []): unknown => dwarfLines(readElf(bytes), problems);
      const plain = lines(compiled(target));
      const packed = compiled(target, "-gz=zlib");
      expect(lines(packed)).toEqual(plain);
      const { bytes, changes } = copyElf(packed, { decompress: true });
      expect(changes.map(({ name }) => name)).toContain(".debug_line");
      expect(readElf(bytes).sections.some(({ flags }) => (flags & 0x800n) !== 0n)).toBe(false);
      expect(lines(bytes)).toEqual(plain);
      const problems: Diagnostic[] = [];
      expect(lines(compiled(target, "-gz=zstd"), problems)).toEqual(new Map());
      expect(problems.map(({ code, message }) => [code, message])).toEqual([
        ["elf-compressed", "section .debug_line is compressed with zstd, which is not read here"],
      ]);
    }
  });
});
