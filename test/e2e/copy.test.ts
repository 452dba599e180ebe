/** The verbs `objcopy` and `strip`, and arguments in files. */
import { statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bpfkit, workshop } from "../support/cli.js";
import { buildDemo, demoFolder } from "../support/demo.js";
import { runTool, toolMissing } from "../support/tools.js";

const shop = workshop();
buildDemo(shop, "tunnel.o");
const xdp = "tunnel.o.xdp.o";

const symbols = (file: string): string[] => shop.ok(["nm", file]).stdout.trimEnd().split("\n");
const sections = (file: string): string[] =>
  [...shop.ok(["readelf", "-S", file]).stdout.matchAll(/^ {2}\[ *\d+\] (\S+)/gm)].map(([, name]) => name!);

test("objcopy without wishes copies byte for byte, from and to pipes too", () => {
  shop.ok(["objcopy", xdp, "same.o"]);
  expect(shop.read("same.o")).toEqual(shop.read(xdp));
  expect(shop.ok(["objcopy", "-", "-"], shop.read(xdp)).bytes).toEqual(shop.read(xdp));
  expect(shop.ok(["objcopy", "-"], shop.read(xdp)).bytes).toEqual(shop.read(xdp));
});

test("objcopy renames symbols and sections, and the program still runs", () => {
  shop.write("names", "encap tunnel_encap # the callee\n");
  shop.ok(["objcopy", "--redefine-syms", "names", "--rename-section", "xdp=xdp/tunnel", xdp, "renamed.o"]);
  expect(symbols("renamed.o").some((line) => line.endsWith(" U tunnel_encap"))).toBe(true);
  expect(sections("renamed.o")).toContain(".relxdp/tunnel");
  shop.ok(["objcopy", "--redefine-sym=encap=tunnel_encap", "tunnel.o.lib.o", "lib.o"]);
  shop.ok(["ld", "renamed.o", "lib.o", "tunnel.o.maps.o", "-o", "linked.o"]);
  const traffic = ["--packets", join(demoFolder, "frames.pcap")];
  expect(shop.ok(["run", "linked.o", ...traffic]).stdout).toBe(shop.ok(["run", "tunnel.o", ...traffic]).stdout);
});

test("objcopy adds, dumps and updates sections, in place where no copy is named", () => {
  shop.write("note.bin", Uint8Array.of(1, 2, 3));
  shop.ok(["objcopy", xdp, "more.o"]);
  const { stdout } = shop.ok(["objcopy", "--json", "--add-section", ".mark=note.bin", "more.o"]);
  expect(JSON.parse(stdout)).toEqual({ file: "more.o", changes: [{ what: "section-added", name: ".mark" }] });
  shop.write("note.bin", "new contents");
  shop.ok(["objcopy", "--update-section", ".mark=note.bin", "--dump-section", ".mark=old.bin", "more.o"]);
  expect(shop.read("old.bin")).toEqual(Uint8Array.of(1, 2, 3));
  shop.ok(["objcopy", "--dump-section", ".mark=new.bin", "-R", ".mark", "more.o"]);
  expect(new TextDecoder().decode(shop.read("new.bin"))).toBe("new contents");
  expect(sections("more.o")).toEqual(sections(xdp));
});

test("strip works on several files and on archives", () => {
  for (const file of ["a.o", "b.o"]) shop.write(file, shop.read(xdp));
  shop.ok(["ar", "rcs", "both.a", "a.o", "b.o"]);
  const facts = JSON.parse(shop.ok(["strip", "--json", "-x", "a.o", "b.o"]).stdout) as {
    changes: { what: string }[];
  }[];
  expect(facts.map(({ changes }) => changes.every(({ what }) => what === "symbol-removed"))).toEqual([true, true]);
  shop.ok(["strip", "-x", "both.a"]);
  expect(shop.ok(["ar", "p", "both.a", "a.o"]).bytes).toEqual(shop.read("a.o"));
  shop.ok(["strip", xdp, "-o", "small.o"]);
  expect(shop.read("small.o").length).toBeLessThanOrEqual(shop.read(xdp).length);
});

test("what cannot be done is said, and no file is touched", () => {
  const before = shop.read(xdp);
  const fails = (status: number, ...args: string[]): string => {
    const result = shop.bpfkit(args);
    expect({ args, status: result.status, stdout: result.stdout }).toEqual({ args, status, stdout: "" });
    return result.stderr;
  };
  expect(fails(1, "objcopy", "-N", "encap", xdp)).toMatch(/encap cannot be removed: section \.relxdp refers to it/);
  expect(fails(2, "objcopy", "--redefine-sym", "encap", xdp)).toMatch(/lacks its first part/);
  expect(fails(2, "objcopy", "--set-section-flags", "xdp=aloc", xdp)).toMatch(/did you mean alloc\?/);
  expect(fails(2, "objcopy", "--redefine-sym", "a=b", "--redefine-sym", "a=c", xdp)).toMatch(
    /gives a two names, b and c/,
  );
  expect(fails(2, "objcopy", "--set-section-alignment", "xdp=3", xdp)).toMatch(/no power of two/);
  expect(fails(2, "strip", "-o", "x.o", xdp, xdp)).toMatch(/-o takes one file/);
  expect(fails(2, "objcopy", xdp, "-", "--json")).toMatch(/both write to standard output/);
  expect(shop.read(xdp)).toEqual(before);
});

test("arguments come in files, too", () => {
  shop.write("list", `-n "${xdp}"\n@rest`);
  shop.write("rest", "--json 'tunnel.o'");
  expect(shop.ok(["nm", "@list"]).stdout).toBe(shop.ok(["nm", "-n", "--json", xdp, "tunnel.o"]).stdout);
  expect(bpfkit(["nm", "@nowhere"]).stderr).toMatch(/cannot read @nowhere/);
});

const noLlvm = toolMissing("llvm-objcopy-22");
test.skipIf(noLlvm !== "")(`-O binary writes the bytes that llvm-objcopy writes${noLlvm}`, () => {
  for (const options of [
    ["-j", "xdp", xdp],
    ["-j", ".text", "tunnel.o.lib.o"],
  ]) {
    shop.ok(["objcopy", "-O", "binary", ...options, "ours.bin"]);
    expect(runTool("llvm-objcopy-22", ["-O", "binary", ...options, "theirs.bin"], undefined, shop.folder).status).toBe(
      0,
    );
    expect(shop.read("ours.bin")).toEqual(shop.read("theirs.bin"));
    expect(shop.read("ours.bin").length).toBeGreaterThan(300);
  }
  expect(shop.bpfkit(["objcopy", "-O", "binary", "tunnel.o", "x.bin"]).stderr).toMatch(/are at the same address[^]*-j/);
  expect(shop.has("x.bin")).toBe(false);
  shop.ok(["objcopy", "-Obinary", "-jxdp", "--pad-to=0x400", "--gap-fill=0xff", xdp, "padded.bin"]);
  expect(shop.read("padded.bin").length).toBe(0x400);
  expect(shop.read("padded.bin").at(-1)).toBe(0xff);
});

const noGnu = toolMissing("bpf-objcopy");
test.skipIf(noGnu !== "")(`a link to debugging data is the one that bpf-objcopy makes${noGnu}`, () => {
  shop.ok(["strip", "--only-keep-debug", xdp, "-o", "xdp.dbg"]);
  expect(shop.ok(["readelf", "-S", "xdp.dbg"]).stdout).toMatch(/ xdp +NOBITS [^]* license +NOBITS /);
  expect(sections("xdp.dbg")).not.toContain(".relxdp");
  shop.ok(["objcopy", "-g", "--add-gnu-debuglink=xdp.dbg", xdp, "ours.o"]);
  expect(runTool("bpf-objcopy", ["--add-gnu-debuglink=xdp.dbg", xdp, "theirs.o"], undefined, shop.folder).status).toBe(
    0,
  );
  const link = (file: string): string => shop.ok(["readelf", "-x", ".gnu_debuglink", file]).stdout;
  expect(link("ours.o")).toBe(link("theirs.o"));
});

test("objcopy adds symbols, puts prefixes before sections and makes hidden symbols local", () => {
  shop.write("hidden.s", "\t.text\n\t.globl f, g\n\t.hidden g\nf:\n\texit\ng:\n\texit\n");
  shop.ok(["as", "hidden.s", "-o", "hidden.o"]);
  shop.ok(["objcopy", "--localize-hidden", "--add-symbol=mark=.text:8,function,weak", "hidden.o", "more.o"]);
  expect(symbols("more.o")).toEqual(["0000000000000000 T f", "0000000000000008 t g", "0000000000000008 W mark"]);
  shop.ok(["objcopy", "--prefix-alloc-sections=.a", "--prefix-symbols=p_", "--add-symbol", "x=7", xdp, "prefixed.o"]);
  expect(sections("prefixed.o")).toContain(".rel.axdp");
  expect(symbols("prefixed.o")).toContain("0000000000000007 A x");
  shop.ok(["objcopy", "--remove-relocations=xdp", xdp, "loose.o"]);
  expect(sections("loose.o")).not.toContain(".relxdp");
  for (const [options, what] of [
    [["--add-symbol", "x=.text:y"], /takes a number, not y/],
    [["--add-symbol", "x=1,frob"], /no symbol flag frob/],
    [["-O", "srec"], /no output format srec/],
    [["-O", "elf64-bpfbe"], /is not big-endian/],
    [["--reverse-bytes=4"], /has the input's byte order/],
  ] as const) {
    const { status, stderr } = shop.bpfkit(["objcopy", ...options, "hidden.o", "never.o"]);
    expect({ options, status }).toEqual({ options, status: 2 });
    expect(stderr).toMatch(what);
  }
  expect(shop.bpfkit(["objcopy", "--add-symbol", "f=1", "hidden.o", "never.o"]).stderr).toMatch(/copy-duplicate/);
  expect(shop.has("never.o")).toBe(false);
});

test("copies keep the input's times on demand, and strip goes on after a broken file", () => {
  for (const file of ["dated.o", "next.o"]) shop.write(file, shop.read(xdp));
  utimesSync(shop.path("dated.o"), 1_000_000, 1_000_000);
  shop.ok(["objcopy", "-p", "-O", "elf64-bpfle", "dated.o", "same.o"]);
  expect(statSync(shop.path("same.o")).mtimeMs).toBe(1e9);
  const { status, stderr } = shop.bpfkit(["strip", "-pv", "missing.o", "dated.o", "next.o"]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/cannot read missing\.o[^]*copy from dated\.o[^]*copy from next\.o/);
  expect(statSync(shop.path("dated.o")).mtimeMs).toBe(1e9);
});
