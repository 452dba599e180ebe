/** Options of GNU's and LLVM's tools, in the spellings that hands and scripts have for them. */
import { copyFileSync } from "node:fs";
import { expect, test } from "vitest";
import { workshop } from "../support/cli.js";
import { corpusMissing, corpusPath } from "../support/corpus.js";
import { buildDemo } from "../support/demo.js";
import { runTool, toolMissing } from "../support/tools.js";

const shop = workshop();
buildDemo(shop, "tunnel.o");
const parts = ["xdp", "lib", "maps"].map((part) => `tunnel.o.${part}.o`);
shop.ok(["ar", "rcs", "lib.a", ...parts]);
shop.write("common.s", "\t.comm shared,24,8\n\t.lcomm own,4\n\t.text\n\t.globl f\nf:\n\texit\n");
shop.ok(["as", "common.s", "-o", "common.o"]);
const objects = ["link_a.c22.v4.o", "globals.gcc12.btf.o", "maps_btf.c14.eb.o"];
if (corpusMissing === "") {
  for (const name of objects) copyFileSync(corpusPath(`objects/own/obj/${name}`), shop.path(name));
}
const files = [...parts, "common.o", "lib.a", ...(corpusMissing === "" ? objects : [])];
const lists = [...files.map((file) => [file]), ["common.o", parts[0]!], ["lib.a", "common.o"]];

/** Both tools in the workshop's folder: what they say, and how they end. */
function expectSame(verb: string, peer: string, options: readonly string[]): void {
  for (const list of lists) {
    const ours = shop.bpfkit([verb, ...options, ...list]);
    const theirs = runTool(peer, [...options, ...list.map((file) => shop.path(file))]);
    const shown = theirs.stdout.replaceAll(`${shop.folder}/`, "");
    // Where numbers are short, GNU's columns are narrower than their titles.
    const even = (text: string): string =>
      verb === "size" && options[0]!.startsWith("-A") ? text.replaceAll(/ +/g, " ") : text;
    expect(even(ours.stdout), `${verb} ${options.join(" ")} ${list.join(" ")}`).toBe(even(shown));
    expect(ours.status).toBe(theirs.status);
  }
}

const noNm = toolMissing("bpf-nm");
test.skipIf(noNm !== "")(`nm prints what bpf-nm prints${noNm}`, { timeout: 120_000 }, () => {
  const all = [
    "",
    "-S",
    "-ng",
    "-v -S",
    "-P",
    "-fposix -u",
    "-f sysv",
    "-jr",
    "-t d -S",
    "-to",
    "--size-sort",
    "-W -p",
    "-a",
    "-s",
  ];
  for (const options of all) expectSame("nm", "bpf-nm", options.split(" ").filter(Boolean));
});

const noSize = toolMissing("bpf-size");
test.skipIf(noSize !== "")(`size prints what bpf-size prints${noSize}`, { timeout: 120_000 }, () => {
  const all = ["-t", "-x", "-ot", "-A", "-Ax", "-G --totals", "-G --radix=16", "--common", "-A --common"];
  for (const options of all) expectSame("size", "bpf-size", options.split(" "));
});

const noReadelf = toolMissing("bpf-readelf");
test.skipIf(noReadelf !== "")(`readelf -t prints what bpf-readelf prints${noReadelf}`, () => {
  for (const file of files.filter((name) => name.endsWith(".o"))) {
    // It does not know LLVM's section types.
    const theirs = runTool("bpf-readelf", ["-t", shop.path(file)]).stdout.replaceAll(
      /LOOS\+0xfff4c03 +/g,
      "LLVM_ADDRSIG     ",
    );
    expect(shop.ok(["readelf", "-t", file]).stdout).toBe(theirs);
  }
});

test("nm -A names archive and member, -l source lines, --quiet says nothing of files without symbols", () => {
  expect(shop.ok(["nm", "-oug", "lib.a"]).stdout).toContain("\nlib.a:tunnel.o.xdp.o:                  U vip_map\n");
  const [facts] = JSON.parse(shop.ok(["nm", "--json", "-U", "common.o"]).stdout) as { symbols: object[] }[];
  expect(facts!.symbols).toContainEqual({ name: "shared", letter: "C", value: "24", size: 24, type: "object" });
  const none = shop.bpfkit(["nm", "-D", "common.o"]);
  expect(none).toMatchObject({ status: 0, stdout: "", stderr: "common.o: no symbols\n" });
  expect(shop.bpfkit(["nm", "-D", "--quiet", "common.o"]).stderr).toBe("");
});

test("readelf -R shows bytes as a link of the one file would leave them, and what it cannot resolve", () => {
  shop.write(
    "refs.s",
    '\t.data\n\t.8byte 0\nhere:\t.8byte here+4\n\t.4byte other\n\t.section xdp,"ax"\n\t.globl p\np:\n\tcall other\n\texit\n',
  );
  shop.ok(["as", "refs.s", "-o", "refs.o"]);
  expect(shop.ok(["readelf", "-R", ".data", "--relocated-dump=xdp", "refs.o"]).stdout).toBe(`
Hex dump of section '.data':
  0x00000000 00000000 00000000 0c000000 00000000 ................
  0x00000010 00000000                            ....
 NOTE: 0x10 is not relocated: address other

Hex dump of section 'xdp':
  0x00000000 85100000 ffffffff 95000000 00000000 ................
 NOTE: 0x0 is not relocated: call other
`);
  const [facts] = JSON.parse(shop.ok(["readelf", "-R", ".data", "--json", "refs.o"]).stdout) as {
    relocatedDumps: object[];
  }[];
  expect(facts!.relocatedDumps).toMatchObject([
    { section: ".data", left: [{ offset: 16, meaning: "address", target: "other" }] },
  ]);
});

test("readelf shows line tables, and says that there are no versions and unwind tables", () => {
  shop.write("lines.s", '\t.file 1 "a.c"\n\t.text\n\t.globl f\nf:\n\t.loc 1 7 3\n\tr0 = 0\n\t.loc 1 9 1\n\texit\n');
  shop.ok(["as", "lines.s", "-o", "lines.o"]);
  const rows = shop.ok(["readelf", "-wL", "lines.o"]).stdout;
  expect(rows).toMatch(
    /^\nLines of section '\.text':\nOffset +Line +File\n0x0 +7:3 +\S*a\.c\n0x8 +9:1 +\S*a\.c\n0x10 +end\n$/,
  );
  expect(shop.ok(["readelf", "--debug-dump=decodedline", "lines.o"]).stdout).toBe(rows);
  expect(shop.ok(["objdump", "-WL", "lines.o"]).stdout).toBe(`\nlines.o:\tfile format elf64-bpf\n${rows}`);
  expect(shop.ok(["nm", "-l", "lines.o"]).stdout).toMatch(/ T f\t\S*a\.c:7\n$/);
  expect(
    shop.ok(["readelf", "-VuW", "--dyn-syms", "lines.o"]).stdout.match(/^(There are no|No version) .*$/gm),
  ).toHaveLength(3);
  for (const what of ["-w", "-wi", "--debug-dump"]) {
    expect(shop.bpfkit(["readelf", what, "lines.o"])).toMatchObject({ status: 2, stdout: "" });
  }
});

test("objdump shows the code of symbols, with addresses of the kind that is asked for", () => {
  shop.write(
    "three.s",
    "\t.text\n\t.globl a\n\t.type a,@function\na:\n\tr0 = 1\n\texit\n\t.size a,.-a\n\t.globl b\n\t.type b,@function\nb:\n\tr0 = 2\n\texit\n\t.size b,.-b\n\t.globl c\n\t.type c,@function\nc:\n\tr0 = 3\n\texit\n\t.size c,.-c\n",
  );
  shop.ok(["as", "three.s", "-o", "three.o"]);
  const code = (...options: string[]): string =>
    shop.ok(["objdump", ...options, "three.o"]).stdout.replace(/^[^]*section \.text:\n/, "");
  const [one] = [code("--disassemble=b")];
  expect(one).toMatch(/^\n0{14}10 <b>:\n +2:\t.*r0 = 2\n +3:\t.*exit\n$/);
  expect(code("-d", "--disassemble-symbols", "b")).toBe(one);
  expect(code("--disassemble=a,c", "--no-show-raw-insn", "--no-leading-addr")).toBe(
    "\n<a>:\n\tr0 = 1\n\texit\n\n<c>:\n\tr0 = 3\n\texit\n",
  );
  expect(code("--prefix-addresses", "--start-address=8", "--stop-address=24")).toBe(
    "0000000000000008 <a+0x8> exit\n0000000000000010 <b> r0 = 2\n",
  );
  const [facts] = JSON.parse(shop.ok(["objdump", "--disassemble=c", "--json", "three.o"]).stdout) as {
    sections: { items: { text: string }[] }[];
  }[];
  expect(facts!.sections[0]!.items.map(({ text }) => text)).toEqual(["r0 = 3", "exit"]);
  const missing = shop.bpfkit(["objdump", "--disassemble=d", "three.o"]);
  expect(missing.status).toBe(1);
  expect(missing.stderr).toMatch(/no file has a symbol d \[cli-symbol\]/);
});

test("objdump takes what other objdumps need to be told, and -M for the syntax", () => {
  const plain = shop.ok(["objdump", "-d", "common.o"]).stdout;
  for (const options of [
    "-dwz -m bpf -EL",
    "--mcpu=v4 --triple=bpf --mattr=+alu32 -d",
    "-d -M v3,pseudoc -b elf64-bpfle",
  ]) {
    expect(shop.ok(["objdump", ...options.split(" "), "common.o"]).stdout).toBe(plain);
  }
  expect(shop.ok(["objdump", "-d", "-Mnormal", "tunnel.o"]).stdout).toBe(
    shop.ok(["objdump", "-d", "--syntax=gnu", "tunnel.o"]).stdout,
  );
  expect(shop.bpfkit(["objdump", "-d", "-M", "intel", "common.o"]).stderr).toMatch(/-M has no option intel/);
  expect(shop.ok(["objdump", "-a", "lib.a"]).stdout).toMatch(
    /\(tunnel\.o\.lib\.o\):.*\nrw-r--r-- 0\/0 +\d+ .* tunnel\.o\.lib\.o\n/,
  );
  expect(shop.ok(["objdump", "-TRp", "--headers", "common.o"]).stdout).toMatch(/DYNAMIC SYMBOL TABLE[^]*RELOCATION/);
});

test("an option that is not taken is refused with what to use instead", () => {
  for (const [verb, option, advice] of [
    ["objdump", "-g", "bpfkit readelf -wL"],
    ["objdump", "-dF", "readelf -S"],
    ["objdump", "--visualize-jumps", "--cfg"],
    ["readelf", "-c", "nm -s"],
  ] as const) {
    const { status, stderr } = shop.bpfkit([verb, option, "common.o"]);
    expect({ option, status }).toEqual({ option, status: 2 });
    expect(stderr).toMatch(/^bpfkit: error: unknown option '-.*\n/);
    expect(stderr).toContain(advice);
  }
});

test("long options may be cut short, and each verb tells the version", () => {
  expect(shop.ok(["nm", "--undef", "--no-s", "lib.a"]).stdout).toBe(
    shop.ok(["nm", "--undefined-only", "--no-sort", "lib.a"]).stdout,
  );
  expect(shop.ok(["objdump", "--disassemble", "--stop-addr=8", "common.o"]).stdout).toBe(
    shop.ok(["objdump", "-d", "--stop-address", "8", "common.o"]).stdout,
  );
  // Several options begin so.
  expect(shop.bpfkit(["objcopy", "--strip", "common.o", "never.o"]).stderr).toMatch(/unknown option '--strip'/);
  const { stdout } = shop.ok(["--version"]);
  for (const verb of [["objdump"], ["ar"], ["btf", "dump"], ["strip"]]) {
    expect(shop.ok([...verb, "--version"]).stdout).toBe(stdout);
  }
  for (const asked of ["objdump -v", "readelf -v", "nm -V", "size -V", "strip -V", "objcopy -V"]) {
    expect(shop.ok(asked.split(" ")).stdout).toBe(stdout);
  }
});

test("-C shows names of C++ and Rust as in their source", () => {
  const name = "_RNvNtC8aya_prog3map3get";
  shop.write("rust.s", `\t.text\n\t.globl ${name}\n\t.type ${name},@function\n${name}:\n\tcall ${name}\n\texit\n`);
  shop.ok(["as", "rust.s", "-o", "rust.o"]);
  for (const words of [
    ["nm", "-gC"],
    ["nm", "--demangle=rust"],
    ["readelf", "-sCW"],
    ["objdump", "-dC"],
    ["objdump", "-tC"],
  ]) {
    const { stdout } = shop.ok([...words, "rust.o"]);
    expect(stdout).toContain("aya_prog::map::get");
    expect(stdout).not.toContain(name);
  }
  expect(shop.ok(["nm", "--no-demangle", "rust.o"]).stdout).toContain(name);
});
