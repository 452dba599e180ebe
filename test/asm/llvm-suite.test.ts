/**
 * What LLVM's own BPF assembler tests (llvm/test/MC/BPF) state, over every row that it is true of: displacements and distances beyond
 * 16 bits are refused (bad-offsets.s), a register written twice must be the same (bad-tied.s), a distance may be an expression
 * (expr-offset.s), blanks are free (insn-unit.s), 32-bit loads and stores are the 64-bit ones (load-store-32.s), a call through
 * a register (callx.s). Where llvm-mc is installed it must say the same of the same lines.
 */
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { insnTable } from "../../src/isa/index.js";
import { llvm } from "../support/asm-flavours.js";
import { namesOf, spell } from "../support/asm-generate.js";
import { Random } from "../support/random.js";
import { runTool, toolMissing } from "../support/tools.js";

const templates = insnTable.flatMap((row) => llvm.templates(row));
const random = new Random(5);

/** A template's text with `given` for some of its holes. */
function text(template: string, given: Readonly<Record<string, string>>): string {
  const filled = template.replace(/\{(\w+)\}/g, (hole, name: string) => given[name] ?? hole);
  return spell(
    filled,
    {
      ...llvm,
      displacement: () => " + 8",
      immediate: () => "7",
      wide: () => "7",
      call: () => "7",
      longJump: () => "+1",
      jump: () => "+1",
    },
    random,
    namesOf("x1"),
  );
}

const noLlvm = toolMissing("llvm-mc-22");

/** Lines that llvm-mc complains about, by number from 0. */
function llvmRefuses(lines: readonly string[]): Set<number> {
  const args = ["-triple=bpfel", "-mcpu=v4", "-filetype=null"];
  const { stderr } = runTool("llvm-mc-22", args, `${lines.join("\n")}\n`);
  return new Set([...stderr.matchAll(/^<stdin>:(\d+):\d+: error/gm)].map((found) => Number(found[1]) - 1));
}

function refusedByAll(lines: readonly string[]): void {
  const accepted = lines.filter((line) => assemble(line, { syntax: "pseudoc" }).object !== undefined);
  expect(accepted).toEqual([]);
  if (noLlvm !== "") return;
  const theirs = llvmRefuses(lines);
  expect(lines.filter((_, i) => !theirs.has(i))).toEqual([]);
}

test("displacements and distances beyond 16 bits are refused", () => {
  const lines = templates.flatMap((template) => {
    if (template.includes("{o}"))
      return [" + 70000", " - 70000", " + 32768", " - 32769"].map((o) => text(template, { o }));
    if (template.includes("{j}")) return ["+70000", "-70000", "+32768", "-32769"].map((j) => text(template, { j }));
    return [];
  });
  expect(lines.length).toBeGreaterThan(300);
  refusedByAll(lines);
});

test("a register written twice must be the same", () => {
  const lines = templates.flatMap((template) =>
    ["d", "wd", "s", "ws"]
      .filter((hole) => template.split(`{${hole}}`).length > 2)
      .map((hole) => {
        const letter = hole.startsWith("w") ? "w" : "r";
        const [first, ...others] = template.split(`{${hole}}`);
        return text(`${first!}${letter}1${others.join(`${letter}2`)}`, {});
      }),
  );
  expect(lines.length).toBeGreaterThan(15);
  refusedByAll(lines);
});

const codeOf = (line: string): string =>
  toHex(assemble(line, { syntax: "pseudoc" }).object?.sections[0]?.data ?? new Uint8Array(0));

test("a distance may be an expression", () => {
  expect(codeOf(".equ foo, -1\nif r1 > r2 goto foo + 2\nexit\nexit")).toBe(codeOf("if r1 > r2 goto +1\nexit\nexit"));
});

test("blanks between tokens are free", () => {
  for (const template of templates) {
    const line = text(template, {});
    if (/[A-Za-z_]\w* [A-Za-z_0-9]/.test(line) || line.includes("'")) continue;
    const code = codeOf(line);
    expect(code, line).not.toBe("");
    // `s>=` and the like are one word, `+=` one sign.
    const wide = line.replace(/([()[\],]|\*(?!=))/g, "  $1\t ");
    expect(codeOf(wide), wide).toBe(code);
  }
});

test("loads and stores of less than 64 bits are the same with the 32-bit registers", () => {
  for (const size of [8, 16, 32]) {
    expect(codeOf(`w5 = *(u${size} *)(r0 + 8)`)).toBe(codeOf(`r5 = *(u${size} *)(r0 + 8)`));
    expect(codeOf(`*(u${size} *)(r0 + 8) = w7`)).toBe(codeOf(`*(u${size} *)(r0 + 8) = r7`));
  }
  expect(codeOf("lock *(u32 *)(r2 + 16) += r9")).toBe(codeOf("lock *(u32 *)(r2 + 16) += w9"));
});

test("a call through a register", () => {
  expect(codeOf("callx r2")).toBe("8d02000000000000");
});
