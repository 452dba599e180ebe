/**
 * The demo's objects beside those of llvm-mc, and before the tools that read objects. What is compared is what
 * llvm-readelf says of both sides: no reader of ours takes part.
 */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, workshop } from "../support/cli.js";
import { buildDemo, demoFolder, demoParts } from "../support/demo.js";
import { runTool, toolMissing } from "../support/tools.js";

const shop = workshop();
const llvmFolder = join(root, "test/e2e/llvm");

/** Sections whose bytes are compared, of each part. */
const contents = { xdp: ["xdp", "license"], lib: [".text"], maps: ["maps"] } as const;

const orders = [
  { name: "little-endian", triple: "bpfel", flag: "--EL" },
  { name: "big-endian", triple: "bpfeb", flag: "--EB" },
] as const;

/** Standard output of a tool that must end well and say nothing on standard error. */
function quiet(tool: string, ...args: string[]): string {
  const { status, stdout, stderr } = runTool(tool, args);
  expect({ tool, status, stderr }).toEqual({ tool, status: 0, stderr: "" });
  return stdout;
}

/** Offset, type and symbol of each relocation, in the file's order, below the names of their sections. */
function relocations(path: string): string[] {
  const lines = quiet("llvm-readelf-22", "-r", path).split("\n");
  return lines.flatMap((line) => {
    const title = /^Relocation section '([^']+)'/.exec(line);
    if (title !== null) return [title[1]!];
    const [offset, , type, , symbol] = line.trim().split(/\s+/);
    return type?.startsWith("R_BPF_") === true ? [`${offset} ${type} ${symbol}`] : [];
  });
}

/** Value, size, type, binding and name of each named symbol, sorted. */
function symbols(path: string): string[] {
  return quiet("llvm-readelf-22", "-s", "-W", path)
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((cells) => cells.length === 8 && cells[7] !== "Name")
    .map(([, value, size, type, binding, visibility, section, name]) =>
      [name, value, size, type, binding, visibility, section === "UND" ? "undefined" : "defined"].join(" "),
    )
    .toSorted();
}

function dump(path: string, section: string): string {
  return quiet("llvm-readelf-22", "-x", section, path);
}

const noLlvm = toolMissing("llvm-mc-22", "llvm-readelf-22");
for (const { name, triple, flag } of orders) {
  for (const part of demoParts) {
    test.skipIf(noLlvm !== "")(`${part}, ${name}: same contents and relocations as llvm-mc${noLlvm}`, () => {
      const path = (kind: string): string => shop.path(`${part}.${triple}.${kind}.o`);
      const text = join(llvmFolder, `${part}.s`);
      quiet("llvm-mc-22", "-triple", triple, "-mcpu=v4", "-filetype=obj", text, "-o", path("llvm"));
      shop.ok(["as", flag, text, "-o", path("pseudoc")]);
      shop.ok(["as", flag, join(demoFolder, `${part}.s`), "-o", path("plain")]);
      expect(symbols(path("pseudoc"))).toEqual(symbols(path("llvm")));
      expect(symbols(path("llvm")).length).toBeGreaterThanOrEqual(2);
      for (const kind of ["pseudoc", "plain"]) {
        expect(relocations(path(kind)), kind).toEqual(relocations(path("llvm")));
        for (const section of contents[part]) {
          expect(dump(path(kind), section), kind).toBe(dump(path("llvm"), section));
        }
      }
    });
  }
}

test.skipIf(noLlvm !== "")(`the comparison sees code and relocations${noLlvm}`, () => {
  shop.ok(["as", join(demoFolder, "xdp.s"), "-o", "seen.o"]);
  expect(relocations(shop.path("seen.o")).map((row) => row.replace(/^\w+ /, ""))).toEqual([
    ".relxdp",
    "R_BPF_64_64 vip_map",
    "R_BPF_64_32 encap",
    "R_BPF_64_32 count",
  ]);
  expect(dump(shop.path("seen.o"), "xdp").split("\n").length).toBeGreaterThan(20);
});

for (const { name, triple, flag } of orders) {
  for (const tool of ["llvm-readelf-22", "bpf-readelf"]) {
    const missing = toolMissing(tool);
    test.skipIf(missing !== "")(`${tool} -a reads our ${name} objects without a warning${missing}`, () => {
      const linked = `${tool}.${triple}.o`;
      buildDemo(shop, linked, [flag]);
      for (const file of [linked, ...demoParts.map((part) => `${linked}.${part}.o`)]) {
        const said = quiet(tool, "-a", shop.path(file));
        expect(said).toContain("ELF64");
        expect(said).not.toMatch(/warning|error|corrupt|<unknown>/i);
      }
    });
  }
}

const pins = "/sys/fs/bpf";
const noBpftool =
  toolMissing("bpftool") ||
  (process.getuid?.() === 0 ? "" : " (skipped: not root)") ||
  (existsSync(pins) ? "" : ` (skipped: there is no ${pins})`);
if (noBpftool !== "") console.warn(`tests with bpftool${noBpftool}`);

test.skipIf(noBpftool !== "")(`libbpf complains of nothing but legacy maps${noBpftool}`, () => {
  buildDemo(shop, "tunnel.o");
  const pin = `${pins}/bpfkit-e2e-${process.pid}`;
  try {
    const { status, stderr } = runTool("bpftool", ["prog", "loadall", shop.path("tunnel.o"), pin]);
    expect(status).not.toBe(0);
    const lines = stderr.trim().split("\n");
    expect(lines[0]).toMatch(/^libbpf: elf: legacy map definitions in 'maps' section are not supported/);
    expect(lines.slice(1)).toEqual(["Error: failed to open object file"]);
  } finally {
    rmSync(pin, { recursive: true, force: true });
  }
});
