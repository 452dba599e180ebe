/** The listing of the mail that the project starts from, 27 April 2017, verbatim but for the quoting. */
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { corpusPath } from "../support/corpus.js";

const listing = `
.section maps,"aw",@progbits
.globl hashmap_def
hashmap_def:
  .long 1 # type
  .long 24 # key_size
  .long 40 # value_size
  .long 256 # max_entries

.text
.section xdp_tx_iptunnel,"ax",@progbits
.globl _xdp_prog
_xdp_prog:
  ldimm64 r1, hashmap_def
  mov r2, r10
  add r2, -8
  call bpf_map_lookup_elem
`;

test("the mail's listing assembles, its map reference a map relocation", () => {
  const { object, diagnostics } = assemble(listing, { file: "mail.s" });
  expect(diagnostics).toEqual([]);
  const section = object!.sections.find(({ name }) => name === "xdp_tx_iptunnel")!;
  expect(toHex(section.data)).toBe("18010000000000000000000000000000bfa200000000000007020000f8ffffff8500000001000000");
  expect(section.flags).toMatchObject({ alloc: true, exec: true, write: false });
  const symbol = object!.symbols.findIndex(({ name }) => name === "hashmap_def");
  expect(section.relocations).toEqual([{ offset: 0, kind: "map_imm64", symbol, addend: 0n }]);
  expect(object!.symbols[symbol]).toMatchObject({ binding: "global", home: { kind: "section", offset: 0 } });
  const maps = object!.sections.find(({ name }) => name === "maps")!;
  expect(toHex(maps.data)).toBe("01000000180000002800000000010000");
});

test("%map(SYMBOL) of the mail's author: on the 64-bit load and on the 32-bit move", () => {
  const text = `${listing} ldimm64 r1, %map(hashmap_def)\n mov32 r1, %map(hashmap_def)\n`;
  const { object } = assemble(text);
  const section = object!.sections.find(({ name }) => name === "xdp_tx_iptunnel")!;
  expect(section.relocations.map(({ kind, offset }) => [kind, offset])).toEqual([
    ["map_imm64", 0],
    ["map_imm64", 40],
    ["map_imm32", 56],
  ]);
});

const mail = corpusPath("../seed/mail.txt");
const noMail = existsSync(mail) ? "" : " (skipped: there is no ../shared/seed)";

test.skipIf(noMail !== "")(
  `the listing as it stands in the mail, without its quoting, is the same program${noMail}`,
  () => {
    const flowed = readFileSync(mail, "utf8").replace(/\s*\n\s*/g, " ");
    const from = flowed.indexOf("> .section maps");
    const call = "call bpf_map_lookup_elem";
    const quoted = flowed.slice(from, flowed.indexOf(call, from) + call.length);
    const text = quoted.split(/(?:^| )>(?= )/).join("\n");
    expect(text).toContain("ldimm64 r1, hashmap_def\n");
    const sections = (source: string): unknown => assemble(source).object?.sections;
    expect(sections(text)).toBeDefined();
    expect(sections(text)).toEqual(sections(listing));
  },
);
