import { expect, test } from "vitest";
import { BtfBuilder, readBtf, writeJson } from "../../src/btf/index.js";
import { corpusBtf } from "../support/btf.js";
import { corpusMissing, corpusPath } from "../support/corpus.js";
import { runTool, toolMissing } from "../support/tools.js";

function jsonOf(bytes: Uint8Array): string {
  const parts: string[] = [];
  writeJson(readBtf(bytes), undefined, (text) => parts.push(text));
  return parts.join("");
}

const skipped = corpusMissing + toolMissing("bpftool");

test.skipIf(skipped !== "")(`the facts are those of bpftool's JSON${skipped}`, () => {
  let compared = 0;
  for (const { name, btf } of corpusBtf()) {
    if (compared === 150) break;
    const { status, stdout } = runTool("bpftool", ["-j", "btf", "dump", "file", corpusPath(name)]);
    if (status !== 0) continue;
    // bpftool widens unsigned enumerators of 32 bits with their sign, and does not name the variables of a section.
    const theirs = stdout.replaceAll(
      /"val":(18446744\d{12})/g,
      (_, n: string) => `"val":${BigInt.asUintN(32, BigInt(n))}`,
    );
    const ours = jsonOf(btf).replaceAll(/("size":\d+),"name":"[^"]*"/g, "$1");
    expect(ours.trimEnd(), name).toBe(theirs.trimEnd());
    compared++;
  }
  expect(compared).toBeGreaterThan(50);
});

test("numbers of 64 bits stand in the JSON digit by digit", () => {
  const builder = new BtfBuilder();
  const values = [{ name: "MOST", value: 2n ** 64n - 1n }];
  builder.add({ kind: "enum64", name: "e", size: 8, signed: false, values });
  expect(jsonOf(builder.bytes("big"))).toBe(
    '{"types":[{"id":1,"kind":"ENUM64","name":"e","encoding":"UNSIGNED","size":8,"vlen":1,' +
      '"values":[{"name":"MOST","val":18446744073709551615}]}]}\n',
  );
});
