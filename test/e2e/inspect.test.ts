/** objdump, readelf and nm as commands: archives, several files, broken ones, parts of sections, JSON. */
import { expect, test } from "vitest";
import { workshop } from "../support/cli.js";
import { buildDemo } from "../support/demo.js";
import { expectGolden } from "../support/golden.js";

const shop = workshop();
buildDemo(shop, "tunnel.o");
const parts = ["xdp", "lib", "maps"].map((part) => `tunnel.o.${part}.o`);
shop.ok(["ar", "rcs", "lib.a", ...parts]);

test("the views of the demo", () => {
  expectGolden("readelf-all.txt", shop.ok(["readelf", "-a", "tunnel.o"]).stdout);
  expectGolden("readelf-dumps.txt", shop.ok(["readelf", "-x", "maps", "-p", ".strtab", "-x", "1", "tunnel.o"]).stdout);
  expectGolden("objdump-tables.txt", shop.ok(["objdump", "-x", "-s", "tunnel.o.xdp.o"]).stdout);
  const part = ["-d", "-r", "--start-address", "0x10", "--stop-address=0x40", "tunnel.o.xdp.o"];
  expectGolden("objdump-part.txt", shop.ok(["objdump", ...part]).stdout);
});

test("archives are shown member by member, under the names that GNU's tools give them", () => {
  expect(shop.ok(["nm", "lib.a"]).stdout).toBe(
    parts.map((part) => `\n${part}:\n${shop.ok(["nm", part]).stdout}`).join(""),
  );
  expect(shop.ok(["nm", "-A", "-u", "lib.a"]).stdout).toMatch(/^lib\.a:tunnel\.o\.xdp\.o: +U encap$/m);
  expect(shop.ok(["readelf", "-h", "lib.a"]).stdout.match(/^File: lib\.a\(tunnel\.o\.\w+\.o\)$/gm)).toHaveLength(3);
  const listing = shop.ok(["objdump", "-d", "lib.a"]).stdout;
  expect(listing).toContain("\nlib.a(tunnel.o.lib.o):\tfile format elf64-bpf\n");
  for (const verb of [["readelf"], ["objdump", "-d"], ["nm"], ["size"]]) {
    const facts = JSON.parse(shop.ok([...verb, "--json", "lib.a"]).stdout) as unknown[];
    expect(facts, verb.join(" ")).toHaveLength(3);
  }
});

test("a broken file is reported, and the next one is still shown", () => {
  shop.write("broken.o", shop.read("tunnel.o").slice(0, 70));
  for (const verb of [["nm"], ["readelf", "-h"], ["objdump", "-d"], ["size"]]) {
    const { status, stdout, stderr } = shop.bpfkit([...verb, "missing.o", "broken.o", "tunnel.o"]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/missing\.o[^]*broken\.o/);
    expect(stdout).toMatch(/tunnel/);
  }
});

test("what is in a section that reaches out of the file is shown as far as it is there", () => {
  const bytes = shop.read("tunnel.o");
  // The size of the first section after the null one.
  const shoff = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(40, true));
  bytes[shoff + 64 + 32 + 3] = 1;
  const { status, stdout, stderr } = shop.bpfkit(["readelf", "-S", "-"], bytes);
  expect(status).toBe(1);
  expect(stderr).toMatch(/claims \d+ bytes, but the file has \d+ from there on \[elf-bounds\]/);
  expect(stdout).toMatch(/xdp +PROGBITS/);
});

test("-x beside -d shows relocations in the listing; --json has the source lines of DWARF", () => {
  const both = shop.ok(["objdump", "-x", "-d", "tunnel.o.xdp.o"]).stdout;
  expect(both).toMatch(/\n\t\t[0-9a-f]{16}: {2}R_BPF_64_32\tencap\t# call\n/);
  expect(both).not.toContain("RELOCATION RECORDS");
  const [facts] = JSON.parse(shop.ok(["objdump", "-S", "--json", "tunnel.o.xdp.o"]).stdout) as { dwarfLines: object }[];
  expect(facts!.dwarfLines).toEqual({});
});

test("nm selects and sorts", () => {
  const names = (...args: string[]): string[] =>
    shop
      .ok(["nm", ...args, "tunnel.o.xdp.o"])
      .stdout.trimEnd()
      .split("\n")
      .map((line) => line.slice(19));
  expect(names("-u")).toContain("encap");
  expect(names("-U")).not.toContain("encap");
  expect(names("-r")).toEqual(names().toReversed());
  expect(names("-g").every((name) => names().includes(name))).toBe(true);
});
