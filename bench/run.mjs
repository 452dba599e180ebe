// Ratios against peers: whole processes, alternating runs, medians. `--quick` takes fewer runs of smaller inputs.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const quick = process.argv.includes("--quick");
const runs = quick ? 3 : 9;
const insns = quick ? 100_000 : 1_000_000;
const folder = mkdtempSync(join(tmpdir(), "bpfkit-bench-"));
const bpfkit = [process.execPath, join(root, "bin/bpfkit")];

const has = (tool) => spawnSync("which", [tool]).status === 0;

function milliseconds([command, ...args]) {
  const start = process.hrtime.bigint();
  execFileSync(command, args, { stdio: "ignore" });
  return Number(process.hrtime.bigint() - start) / 1e6;
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

/** Runs ours and the peer in turn and prints both medians and the ratio: how many times the peer's time is ours. */
function compare(title, ours, peer) {
  if (!has(peer[0])) {
    console.log(`${title}: skipped, ${peer[0]} is not installed`);
    return;
  }
  const times = [[], []];
  for (let run = 0; run < runs; run++) {
    times[0].push(milliseconds(ours));
    times[1].push(milliseconds(peer));
  }
  const [mine, theirs] = times.map(median);
  console.log(
    `${title}: bpfkit ${mine.toFixed(0)} ms, ${peer[0]} ${theirs.toFixed(0)} ms, ratio ${(theirs / mine).toFixed(2)}`,
  );
}

const pseudoc = [
  "r1 = r2",
  "r3 += 12345",
  "w4 ^= w5",
  "r1 = *(u64 *)(r10 - 8)",
  "*(u32 *)(r10 - 16) = r3",
  "if r1 > 5 goto +0",
];
const gnu = [
  "mov %r1,%r2",
  "add %r3,12345",
  "xor32 %r4,%r5",
  "ldxdw %r1,[%r10+-8]",
  "stxw [%r10+-16],%r3",
  "jgt %r1,5,0",
];
const text = (lines) => Array.from({ length: insns }, (_, i) => `\t${lines[i % lines.length]}\n`).join("");

try {
  const file = (name) => join(folder, name);
  writeFileSync(file("c.s"), `\t.text\n${text(pseudoc)}`);
  writeFileSync(file("g.s"), `\t.text\n${text(gnu)}`);
  console.log(`${insns} instructions, ${runs} alternating runs, medians of whole processes`);
  compare(
    "assemble pseudo-C",
    [...bpfkit, "as", "-s", "pseudoc", file("c.s"), "-o", file("c.o")],
    ["llvm-mc-22", "-triple", "bpfel", "-mcpu=v4", "-filetype=obj", file("c.s"), "-o", file("l.o")],
  );
  compare(
    "assemble GNU",
    [...bpfkit, "as", "-s", "gnu", file("g.s"), "-o", file("g.o")],
    ["bpf-as", file("g.s"), "-o", file("b.o")],
  );
  execFileSync(bpfkit[0], [bpfkit[1], "as", "-s", "pseudoc", file("c.s"), "-o", file("c.o")]);
  compare("disassemble", [...bpfkit, "objdump", "-d", file("c.o")], ["llvm-objdump-22", "-d", file("c.o")]);
  compare("disassemble", [...bpfkit, "objdump", "-d", file("c.o")], ["bpf-objdump", "-d", file("c.o")]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
