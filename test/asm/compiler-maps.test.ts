/** Maps in C that the compilers know nothing of: marked by include/bpfkit.h, made map references by the assembler. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { assemble, explicitMaps, type AssembleResult } from "../../src/asm/index.js";
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
  const result = assemble(text, { file: "count.s" });
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
    const { object, impliedMaps } = assembled(text);
    const kinds = (from: AssembleResult["object"]): string[] =>
      from!.sections
        .flatMap(({ relocations }) => relocations)
        .filter(({ symbol }) => ["counters", "step"].includes(from!.symbols[symbol]!.name))
        .map(({ kind, symbol }) => `${kind} ${from!.symbols[symbol]!.name}`)
        .filter((each) => !each.includes("data"));
    expect(kinds(object)).toEqual(["map_imm64 counters", "abs_imm64 step"]);
    const explicit = explicitMaps(text, impliedMaps);
    expect(new TextDecoder().decode(explicit)).toContain("%map(counters)");
    const again = assembled(explicit);
    expect(again.impliedMaps).toEqual([]);
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
    const { object, diagnostics, impliedMaps } = assemble(text, { syntax });
    expect(diagnostics, syntax).toEqual([]);
    const explicit = explicitMaps(text, impliedMaps);
    expect(new TextDecoder().decode(explicit), syntax).toBe(maps + after);
    expect(assemble(explicit, { syntax }).object, syntax).toEqual(object);
  }
  const wrong = assemble(`${maps}ldimm64 r1, %map(d)\n`, { syntax: "plain" });
  expect(wrong.diagnostics.map(({ message }) => message)).toEqual(["`d` is not a map: it is in .data"]);
});
