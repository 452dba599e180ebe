/** Maps in C that the compilers know nothing of: marked by include/bpfkit.h, made map references by the assembler. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { assemble, type AssembleResult } from "../../src/asm/index.js";
import { encodeUtf8 } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { loadImage } from "../../src/kernel/index.js";
import { imageOf } from "../../src/object/index.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

const include = fileURLToPath(new URL("../../include", import.meta.url));

/** `BY_VALUE`: the map's value says what it is, else its type. */
const source = `
#include "bpfkit.h"
enum { BPF_MAP_TYPE_ARRAY = 2 };
#ifdef BY_VALUE
struct bpf_map_def counters __bpf_map_def = {
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = sizeof(unsigned int),
	.value_size = sizeof(unsigned long long),
	.max_entries = 4,
};
#else
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, unsigned int);
	__type(value, unsigned long long);
	__uint(max_entries, 4);
} counters __bpf_map;
#endif
int step = 3;
static void *(*lookup)(void *map, const void *key) = (void *)1;
SEC("xdp") int count(void *ctx)
{
	unsigned int key = 1;
	unsigned long long *value = lookup(&counters, &key);
	if (value)
		*value += *(volatile int *)&step;
	return 2;
}
char _license[] SEC("license") = "GPL";
`;

/** The assembly text a compiler makes of it. */
function compiled(compiler: string, args: readonly string[]): Uint8Array {
  return inScratchFolder((folder) => {
    const file = join(folder, "count.c");
    const out = join(folder, "count.s");
    writeFileSync(file, source);
    const { stderr, status } = runTool(compiler, ["-O2", "-S", ...args, `-I${include}`, file, "-o", out]);
    expect([status, stderr], compiler).toEqual([0, ""]);
    return new Uint8Array(readFileSync(out));
  });
}

function assembled(text: Uint8Array): AssembleResult {
  const result = assemble(text, { file: "count.s", explicitMaps: true });
  expect(result.diagnostics.map((each) => formatDiagnostic(each))).toEqual([]);
  return result;
}

const ways: readonly (readonly [name: string, compiler: string, args: readonly string[]])[] = [
  ["clang, by value", "clang-22", ["-target", "bpf", "-DBY_VALUE"]],
  ["clang, by type", "clang-22", ["-target", "bpf", "-g"]],
  ["GCC, by value", "bpf-gcc", ["-DBY_VALUE"]],
  ["GCC, by type", "bpf-gcc", ["-gbtf"]],
];

for (const [name, compiler, args] of ways) {
  const missing = toolMissing(compiler);
  test.skipIf(missing !== "")(`${name}: the variable is a map, in the object and in the kernel${missing}`, () => {
    const text = compiled(compiler, args);
    const { object, explicitText } = assembled(text);
    const kinds = (from: AssembleResult["object"]): string[] =>
      from!.sections
        .flatMap(({ relocations }) => relocations)
        .filter(({ symbol }) => ["counters", "step"].includes(from!.symbols[symbol]!.name))
        .map(({ kind, symbol }) => `${kind} ${from!.symbols[symbol]!.name}`)
        .filter((each) => !each.includes("data"));
    expect(kinds(object)).toEqual(["map_imm64 counters", "abs_imm64 step"]);
    expect(new TextDecoder().decode(explicitText)).toContain("%map(counters)");
    const again = assembled(explicitText!);
    expect(again.explicitText).toEqual(explicitText);
    expect(again.object).toEqual(object);
    if (kernelMissing !== "") return;
    const loaded = loadImage(imageOf(object!), kernel());
    try {
      for (let i = 0; i < 4; i++) expect(loaded.programs[0]!.testRun({ data: new Uint8Array(64) }).retval).toBe(2);
      expect(loaded.maps[0]!.lookup(Uint8Array.of(1, 0, 0, 0))![0]).toBe(12);
    } finally {
      loaded.close();
    }
  });
}

const lines = (...each: readonly string[]): string => `${each.join("\n")}\n`;

const mapSection = '.section maps,"aw",@progbits\n.globl m\nm: .long 2, 4, 8, 1\n.text\n';

test.each([
  [
    "a macro",
    ".macro load r, s\n\\r = \\s ll # x\n.endm\n load r1, m ; r2 = 1\nl: load r3, m # y\nload r4, l\nexit\n",
    ".macro load r, s\n\\r = \\s ll # x\n.endm\n r1 = %map(m) ll # x\n r2 = 1\nl: r3 = %map(m) ll # x\nload r4, l\nexit\n",
  ],
  ["a repetition", ".rept 2\nr1 = m ll\n.endr\nexit\n", ".rept 2\nr1 = %map(m) ll\n.endr\nexit\n"],
  [
    "a macro in a repetition",
    ".macro load\nr1 = m ll\n.endm\n.rept 2\nload\n.endr\nexit\n",
    ".macro load\nr1 = m ll\n.endm\n.rept 2\nr1 = %map(m) ll\n.endr\nexit\n",
  ],
  ["values", ".irp r, r1, r2\n\\r = m ll\n.endr\nexit\n", "r1 = %map(m) ll\nr2 = %map(m) ll\nexit\n"],
  [
    "a file",
    '.include "a.inc"\nexit\n',
    lines('# 1 "a.inc" 1', '.include "b.inc"', "r1 = %map(m) ll", '.include "c.inc"', '# 6 "<source>" 2', "exit"),
  ],
  [
    "a file of a file, in a macro",
    '.macro two\n.include "d.inc"; r3 = 3\n.endm\n two; exit\n',
    lines(
      ".macro two",
      '.include "d.inc"; r3 = 3',
      ".endm",
      " ",
      '# 1 "d.inc" 1',
      " ",
      '# 1 "a.inc" 1',
      '.include "b.inc"',
      "r1 = %map(m) ll",
      '.include "c.inc"',
      '# 1 "d.inc" 2',
      '# 6 "<source>" 2',
      " r3 = 3",
      '# 8 "<source>" 2',
      " exit",
    ),
  ],
  ["a file without maps", '.include "c.inc"\nr1 = m ll\nexit\n', '.include "c.inc"\nr1 = %map(m) ll\nexit\n'],
])("--explicit-maps writes out %s", (_, text, explicit) => {
  const files: Record<string, string> = {
    "a.inc": '.include "b.inc"\nr1 = m ll\n.include "c.inc"',
    "b.inc": "r2 = 2\n",
    "c.inc": "r5 = 5",
    "d.inc": ' .include "a.inc"',
  };
  const readFile = (name: string): ReturnType<NonNullable<Parameters<typeof assemble>[1]>["readFile"] & object> => {
    const found = files[name];
    return found === undefined ? { reason: "there is none" } : { path: name, bytes: encodeUtf8(found) };
  };
  const options = { readFile, explicitMaps: true } as const;
  const { object, diagnostics, explicitText } = assemble(mapSection + text, options);
  expect(diagnostics).toEqual([]);
  expect(new TextDecoder().decode(explicitText)).toBe(mapSection + explicit);
  const again = assemble(explicitText!, options);
  expect(again.object).toEqual(object);
  expect(again.explicitText).toEqual(explicitText);
});

test("--explicit-maps says where a map reference cannot be written out", () => {
  const texts = [
    ".macro load\nr1 = m ll\n.exitm\nnonsense\n.endm\nload\nexit\n",
    ".macro load\nl\\@: r1 = m ll\n.endm\n.rept 2\nload\n.endr\nexit\n",
  ];
  for (const text of texts) {
    expect(assemble(mapSection + text).diagnostics).toEqual([]);
    const { diagnostics, explicitText } = assemble(mapSection + text, { explicitMaps: true });
    expect(diagnostics.map(({ code }) => code)).toEqual(["asm-explicit-map"]);
    expect(explicitText).toBeUndefined();
  }
});

test("the operator is written where a reference was taken for a map, in every spelling, and nowhere else", () => {
  const maps = '.section maps,"aw",@progbits\n.globl m\nm: .long 2, 4, 8, 1\n.data\nd: .long 1\n.text\n';
  const cases = [
    [
      "plain",
      "ldimm64 r1, m\nldimm64 r2, d\nldimm64 r3, %map(m)\n",
      "ldimm64 r1, %map(m)\nldimm64 r2, d\nldimm64 r3, %map(m)\n",
    ],
    ["gnu", "lddw %r1,m+0 # ö\n", "lddw %r1,%map(m+0) # ö\n"],
    ["pseudoc", "r1 = m ll; r2 = m ll\n", "r1 = %map(m) ll; r2 = %map(m) ll\n"],
    ["conformance", "lddw %r1, m\n", "lddw %r1, %map(m)\n"],
  ] as const;
  for (const [syntax, before, after] of cases) {
    const text = encodeUtf8(maps + before);
    const { object, diagnostics, explicitText } = assemble(text, { syntax, explicitMaps: true });
    expect(diagnostics, syntax).toEqual([]);
    expect(new TextDecoder().decode(explicitText), syntax).toBe(maps + after);
    expect(assemble(explicitText!, { syntax }).object, syntax).toEqual(object);
  }
  const wrong = assemble(`${maps}ldimm64 r1, %map(d)\n`, { syntax: "plain" });
  expect(wrong.diagnostics.map(({ message }) => message)).toEqual(["`d` is not a map: it is in .data"]);
});
