// Ratios against peers. `--quick` takes fewer runs of smaller inputs.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listingTypes } from "./btf.mjs";
import { bpfkit, compare, quick, runs } from "./compare.mjs";

const insns = quick ? 100_000 : 1_000_000;
const folder = mkdtempSync(join(tmpdir(), "bpfkit-bench-"));
const file = (name) => join(folder, name);

const repeated = (lines) => Array.from({ length: insns }, (_, i) => `\t${lines[i % lines.length]}\n`).join("");

let state = 1;
/** A number below `limit`, the same each time the benchmark runs. */
function number(limit) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
  return Math.floor((state / 0x8000_0000) * limit);
}
const register = () => number(10);

/** Lines of which hardly two are the same. */
const different = {
  pseudoc: () =>
    [
      () => `r${register()} += ${number(2 ** 31)}`,
      () => `r${register()} = *(u64 *)(r${register()} + ${number(32_768)})`,
      () => `*(u32 *)(r${register()} - ${number(32_768)}) = r${register()}`,
      () => `if r${register()} > ${number(2 ** 31)} goto +${number(1000)}`,
      () => `w${register()} = ${number(2 ** 31)}`,
    ][number(5)](),
  gnu: () =>
    [
      () => `add %r${register()},${number(2 ** 31)}`,
      () => `ldxdw %r${register()},[%r${register()}+${number(32_768)}]`,
      () => `stxw [%r${register()}+-${number(32_768)}],%r${register()}`,
      () => `jgt %r${register()},${number(2 ** 31)},${number(1000)}`,
      () => `mov32 %r${register()},${number(2 ** 31)}`,
    ][number(5)](),
};

const texts = {
  pseudoc: {
    repeated: [
      "r1 = r2",
      "r3 += 12345",
      "w4 ^= w5",
      "r1 = *(u64 *)(r10 - 8)",
      "*(u32 *)(r10 - 16) = r3",
      "if r1 > 5 goto +0",
    ],
    peer: (name) => ["llvm-mc-22", "-triple", "bpfel", "-mcpu=v4", "-filetype=obj", name, "-o", file("peer.o")],
  },
  gnu: {
    repeated: [
      "mov %r1,%r2",
      "add %r3,12345",
      "xor32 %r4,%r5",
      "ldxdw %r1,[%r10+-8]",
      "stxw [%r10+-16],%r3",
      "jgt %r1,5,0",
    ],
    peer: (name) => ["bpf-as", name, "-o", file("peer.o")],
  },
};

function assembling() {
  for (const [syntax, { repeated: lines, peer }] of Object.entries(texts)) {
    const bodies = {
      repeated: repeated(lines),
      different: Array.from({ length: insns }, () => `\t${different[syntax]()}\n`).join(""),
    };
    for (const [kind, body] of Object.entries(bodies)) {
      const name = file(`${syntax}-${kind}.s`);
      writeFileSync(name, `\t.text\n${body}`);
      const ours = [...bpfkit, "as", "-s", syntax, name, "-o", name.replace(/s$/, "o")];
      compare(`assemble ${syntax}, ${kind} lines`, ours, peer(name));
    }
  }
  const name = file("small.s");
  writeFileSync(name, `\t.text\n${Array.from({ length: 50 }, () => `\t${different.pseudoc()}\n`).join("")}`);
  compare(
    "assemble 50 lines",
    [...bpfkit, "as", "-s", "pseudoc", name, "-o", file("small.o")],
    [process.execPath, "-e", "0"],
  );
}

function disassembling() {
  for (const kind of ["repeated", "different"]) {
    const name = file(`pseudoc-${kind}.o`);
    execFileSync(bpfkit[0], [bpfkit[1], "as", "-s", "pseudoc", name.replace(/o$/, "s"), "-o", name]);
    for (const peer of ["llvm-objdump-22", "bpf-objdump"]) {
      compare(`disassemble, ${kind} instructions`, [...bpfkit, "objdump", "-d", name], [peer, "-d", name]);
    }
  }
}

try {
  console.log(`${insns} instructions, ${runs} alternating runs, medians of whole processes`);
  assembling();
  disassembling();
  await listingTypes(file("types.txt"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
