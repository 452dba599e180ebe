// Linking at scale: many objects of 20 functions each, against `bpftool gen object`. Prints times and ratios, and draws both curves.
//
//   node bench/link.mjs [--quick] [--draw]      --draw writes bench/link.svg
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bpfkit, median, quick, root } from "./compare.mjs";

const counts = quick ? [75, 150] : [75, 150, 300, 600, 1200];
const runs = quick ? 1 : 5;
const ours = [...bpfkit, "ld", "-r"];
const folder = mkdtempSync(join(tmpdir(), "bpfkit-bench-"));
const file = (name) => join(folder, name);

/** One object, with the number 7777 in its own names and 6666 in those of the object before it. */
function source() {
  const lines = ["#include <linux/bpf.h>", "#include <bpf/bpf_helpers.h>"];
  lines.push("struct own7777 { int a[4]; struct own7777 *next; long b; };", "int count7777 = 1;");
  lines.push(
    "extern int count6666; int f6666_19(long x);",
    'static __attribute__((noinline)) int help(int x) { asm volatile(""); return x; }',
  );
  for (let f = 0; f < 20; f++) {
    const next = f > 0 ? `f7777_${f - 1}(x + 1)` : "f6666_19(x) + count6666";
    lines.push(
      `__attribute__((noinline)) int f7777_${f}(long x) {`,
      `  struct own7777 here = {.b = x}; asm volatile("" :: "r"(&here));`,
      `  if (x > ${f}) count7777 += help(x);`,
      `  return ${next} + here.a[x & 3]; }`,
    );
  }
  return lines.join("\n");
}

function makeObjects(count) {
  writeFileSync(file("t.c"), source());
  const include = "-I/usr/include/x86_64-linux-gnu";
  execFileSync("clang-22", ["-O2", "-g", "-target", "bpf", include, "-S", file("t.c"), "-o", file("t.s")]);
  const text = readFileSync(file("t.s"), "utf8");
  for (let i = 0; i < count; i++) {
    const own = String(1000 + i);
    const before = String(1000 + ((i + count - 1) % count));
    writeFileSync(file("o.s"), text.replaceAll("7777", own).replaceAll("6666", before));
    const args = ["-triple", "bpfel", "-mcpu=v3", "-filetype=obj", file("o.s"), "-o", file(`o${i}.o`)];
    execFileSync("llvm-mc-22", args);
  }
}

function seconds(command, args) {
  const start = process.hrtime.bigint();
  execFileSync(command, args, { stdio: ["ignore", "ignore", "inherit"] });
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** Two curves over the number of objects, both axes logarithmic. */
function draw(rows) {
  const [width, height, left, bottom, top] = [640, 400, 70, 50, 30];
  const all = rows.flatMap((row) => [row.mine, row.theirs]);
  const [low, high] = [10 ** Math.floor(Math.log10(Math.min(...all))), 10 ** Math.ceil(Math.log10(Math.max(...all)))];
  const span = (value, from, to) => Math.log(value / from) / Math.log(to / from);
  const x = (count) => left + span(count, rows[0].count, rows.at(-1).count) * (width - left - 130);
  const y = (time) => height - bottom - span(time, low, high) * (height - bottom - top);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="13">`,
  ];
  parts.push(`<rect width="${width}" height="${height}" fill="#fff"/>`);
  for (let time = low; time <= high * 1.01; time *= 10) {
    const label = time >= 1 ? time.toFixed(0) : time.toFixed(2);
    parts.push(`<line x1="${left}" x2="${width - 130}" y1="${y(time)}" y2="${y(time)}" stroke="#ddd"/>`);
    parts.push(`<text x="${left - 8}" y="${y(time) + 4}" text-anchor="end">${label} s</text>`);
  }
  for (const { count } of rows) {
    parts.push(`<text x="${x(count)}" y="${height - bottom + 20}" text-anchor="middle">${count}</text>`);
  }
  parts.push(
    `<text x="${(left + width - 130) / 2}" y="${height - 8}" text-anchor="middle">objects of 20 functions</text>`,
  );
  for (const [key, name, colour] of [
    ["mine", "bpfkit ld -r", "#1665c0"],
    ["theirs", "bpftool gen object", "#c03a16"],
  ]) {
    const points = rows.map((row) => `${x(row.count).toFixed(1)},${y(row[key]).toFixed(1)}`);
    parts.push(`<polyline points="${points.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`);
    for (const point of points) {
      const [cx, cy] = point.split(",");
      parts.push(`<circle cx="${cx}" cy="${cy}" r="3.5" fill="${colour}"/>`);
    }
    parts.push(
      `<text x="${width - 122}" y="${y(rows.at(-1)[key]) + (key === "mine" ? 14 : -4)}" fill="${colour}">${name}</text>`,
    );
  }
  return `${parts.join("\n")}\n</svg>\n`;
}

const absent = ["clang-22", "llvm-mc-22", "bpftool"].filter((tool) => spawnSync("which", [tool]).status !== 0);
try {
  if (absent.length > 0) console.log(`link: skipped, ${absent.join(", ")} not installed`);
  else {
    makeObjects(counts.at(-1));
    const rows = [];
    for (const count of counts) {
      const inputs = Array.from({ length: count }, (_, i) => file(`o${i}.o`));
      const size = inputs.reduce((sum, path) => sum + statSync(path).size, 0) / 1e6;
      const [mine, theirs] = [[], []];
      for (let run = 0; run < runs; run++) {
        mine.push(seconds(ours[0], [...ours.slice(1), ...inputs, "-o", file("ours")]));
        theirs.push(seconds("bpftool", ["gen", "object", file("theirs"), ...inputs]));
      }
      const row = { count, mine: median(mine), theirs: median(theirs) };
      const before = rows.at(-1);
      const growth =
        before === undefined
          ? ""
          : `, growth ${(row.mine / before.mine).toFixed(2)} (theirs ${(row.theirs / before.theirs).toFixed(2)})`;
      rows.push(row);
      console.log(
        `link ${count} objects (${size.toFixed(1)} MB): bpfkit ${row.mine.toFixed(2)} s, bpftool ${row.theirs.toFixed(2)} s, ratio ${(row.theirs / row.mine).toFixed(2)}${growth}`,
      );
    }
    if (process.argv.includes("--draw")) writeFileSync(join(root, "bench/link.svg"), draw(rows));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
