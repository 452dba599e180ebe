// The kernel's BTF: all types listed, by whole processes (to /dev/null, and into a file as a user would), and by the library
// in one process that has warmed up.
import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { bpfkit, compare, median, runs } from "./compare.mjs";

const kernel = "/sys/kernel/btf/vmlinux";
const ours = [...bpfkit, "btf", "dump", kernel];
const peer = ["bpftool", "btf", "dump", "file", kernel, "format", "raw"];

function millisecondsInto(path, [command, ...args]) {
  const out = openSync(path, "w");
  const start = process.hrtime.bigint();
  execFileSync(command, args, { stdio: ["ignore", out, "ignore"] });
  const time = Number(process.hrtime.bigint() - start) / 1e6;
  closeSync(out);
  return time;
}

function intoFile(path) {
  const times = [[], []];
  for (let run = 0; run < runs; run++) {
    times[0].push(millisecondsInto(path, ours));
    times[1].push(millisecondsInto(path, peer));
  }
  const [mine, theirs] = times.map(median);
  const ratio = (theirs / mine).toFixed(2);
  console.log(
    `list the kernel's types into a file: bpfkit ${mine.toFixed(0)} ms, bpftool ${theirs.toFixed(0)} ms; ratio ${ratio}`,
  );
  return theirs;
}

/** Reading the file, parsing, and the text of all types, against the peer's whole process. */
async function inProcess(theirs) {
  const { readBtf, writeRaw } = await import("../dist/btf/index.js");
  const times = [];
  for (let run = 0; run < runs + 5; run++) {
    const start = process.hrtime.bigint();
    writeRaw(readBtf(new Uint8Array(readFileSync(kernel))), () => {});
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  const mine = median(times.slice(5));
  console.log(
    `read, parse and list in a warm process: ${mine.toFixed(0)} ms; ratio to bpftool's process ${(theirs / mine).toFixed(2)}`,
  );
}

/** `path` is a file to write to. */
export async function listingTypes(path) {
  if (!existsSync(kernel) || spawnSync("which", ["bpftool"]).status !== 0) {
    console.log(`list the kernel's types: skipped, there is no ${kernel} or no bpftool`);
    return;
  }
  compare("list the kernel's types to /dev/null", ours, peer);
  await inProcess(intoFile(path));
}
