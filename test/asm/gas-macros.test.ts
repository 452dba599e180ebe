/** GNU's own tests of macros and of what all machines have: what bpf-as takes, we read as it does, but for a list. */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { includeReader } from "../../src/node/index.js";
import { readObject } from "../../src/object/index.js";
import { gasAll, gasMacros, gasSuiteMissing } from "../support/gas-suite.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

/** Files of `gas/all` where we differ: how, and why. */
const different: Readonly<Record<string, readonly [string, string]>> = {
  "altmac2.s": [".data differs", "`&NAME` without .altmacro stays as it is"],
  "assign.s": ["we refuse it", "`x = x` of a symbol that nobody defines is a circle here"],
  "float.s": ["we refuse it", "numbers in hexadecimal, `0f:1234`"],
  "forward.s": [".data differs", ".equiv has the last value of symbols that .set changes, not their first"],
  "fwdexp.s": [".text differs", "gas adds the symbol's value to the field that has a relocation"],
  "octa.s": ["we refuse it", "an operator before a number of 128 bits"],
  "pr23938.s": ["we refuse it", ".xstabs"],
  "pr27384.s": ["we take it", "what .psize says is not looked at"],
  "quoted-sym-names.s": ["we refuse it", "a name of two strings side by side"],
  "redef2.s": ["we refuse it", "a label of a name that .set gave a value"],
  "redef3.s": ["we refuse it", "the same with .comm"],
  "relax.s": [".data differs", "a difference that changes its own size: 127 in two bytes here, 129 in gas"],
  "weakref1.s": [".text differs", "gas adds the symbol's value to the field that has a relocation"],
  "weakref2.s": ["we take it", "a circle of .weakref that nothing uses"],
  "weakref3.s": ["we take it", "the same"],
};

const missing = gasSuiteMissing + toolMissing("bpf-as");

/** What became of `file`: `same`, or a word about the difference. */
function compare(folder: string, file: string): string {
  const output = join(folder, "a.o");
  rmSync(output, { force: true });
  const peer = runTool("bpf-as", ["-no-pad-sections", file, "-o", output], undefined, join(file, ".."));
  const { object } = assemble(readFileSync(file), { file, syntax: "gnu", readFile: includeReader([]) });
  const taken = peer.status === 0 && existsSync(output);
  if (!taken) return object === undefined ? "both refuse" : "we take it";
  if (object === undefined) return "we refuse it";
  for (const { name, size, data } of readObject(readFileSync(output)).sections) {
    if (size === 0) continue;
    const ours = object.sections.find((each) => each.name === name)?.data ?? new Uint8Array();
    if (toHex(ours) !== toHex(data)) return `${name} differs`;
  }
  return "same";
}

test.skipIf(missing !== "")(`GNU's tests of macros read as bpf-as reads them${missing}`, () => {
  inScratchFolder((folder) => {
    const found = readdirSync(gasMacros).filter((name) => name.endsWith(".s"));
    expect(found.length).toBeGreaterThan(20);
    for (const name of found) {
      expect(`${name}: ${compare(folder, join(gasMacros, name))}`).toMatch(/: (same|both refuse)$/);
    }
  });
});

test.skipIf(missing !== "")(`GNU's tests for all machines read as bpf-as reads them, but for a list${missing}`, () => {
  inScratchFolder((folder) => {
    const found: string[] = [];
    for (const name of readdirSync(gasAll).filter((each) => each.endsWith(".s"))) {
      const result = compare(folder, join(gasAll, name));
      if (result !== "same" && result !== "both refuse") found.push(`${name}: ${result}`);
    }
    expect(found.toSorted()).toEqual(Object.entries(different).map(([name, [how]]) => `${name}: ${how}`));
  });
});
