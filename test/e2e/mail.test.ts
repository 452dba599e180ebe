/** The mail of 27 April 2017 that the project starts from: its listing through the real command, from standard input. */
import { expect, test } from "vitest";
import { workshop } from "../support/cli.js";
import { expectGolden } from "../support/golden.js";

const listing = `.section maps,"aw",@progbits
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

const shop = workshop();
shop.ok(["as", "-", "-o", "mail.o"], listing);

test("the listing's disassembly with its relocation", () => {
  expectGolden("mail-objdump.txt", shop.ok(["objdump", "-d", "-r", "mail.o"]).stdout);
});

test("its only relocation is the R_BPF_64_64 of the map, at the 64-bit load", () => {
  const { stdout } = shop.ok(["readelf", "-r", "mail.o"]);
  const rows = stdout.split("\n").filter((line) => line.includes("R_BPF_"));
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatch(/^0{16}\s+\S+\s+R_BPF_64_64\s.*\bhashmap_def$/);
});

test("its symbols", () => expectGolden("mail-nm.txt", shop.ok(["nm", "mail.o"]).stdout));

test("as and nm work as a pipe", () => {
  const { bytes } = shop.ok(["as", "-", "-o", "-"], listing);
  expect(bytes).toEqual(shop.read("mail.o"));
  expect(shop.ok(["nm", "-"], bytes).stdout).toBe(shop.ok(["nm", "mail.o"]).stdout);
});
