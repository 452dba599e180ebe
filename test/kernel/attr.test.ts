import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { toHex } from "../../src/bytes/index.js";
import { attrLayouts, BpfCommand, bpfRequest, objectName } from "../../src/kernel/index.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

test("a map's attribute is the kernel's bytes, cut behind the last field given", () => {
  const { command, attr, pointers } = bpfRequest(
    "BPF_MAP_CREATE",
    { map_type: 1, key_size: 8, value_size: 16, max_entries: 256, map_flags: 1, map_name: "vips" },
    "little",
  );
  expect(command).toBe(0);
  expect(pointers).toEqual([]);
  expect(toHex(attr)).toBe(
    "01000000" +
      "08000000" +
      "10000000" +
      "00010000" +
      "01000000" +
      "00000000".repeat(2) +
      "76697073" +
      "00".repeat(12),
  );
});

test("an element's attribute names its buffers as pointers, in both byte orders", () => {
  const key = Uint8Array.of(1, 2, 3, 4);
  const value = new Uint8Array(8);
  const little = bpfRequest("BPF_MAP_UPDATE_ELEM", { map_fd: 7, key, value, flags: 2 }, "little");
  expect(toHex(little.attr)).toBe("0700000000000000" + "00".repeat(16) + "0200000000000000");
  expect(little.pointers).toEqual([
    { at: 8, buffer: key },
    { at: 16, buffer: value },
  ]);
  const big = bpfRequest("BPF_MAP_UPDATE_ELEM", { map_fd: 7, key, value, flags: 2 }, "big");
  expect(toHex(big.attr)).toBe("0000000700000000" + "00".repeat(16) + "0000000000000002");
});

test("an empty buffer is a null pointer, an undefined field is left out", () => {
  const request = bpfRequest(
    "BPF_MAP_GET_NEXT_KEY",
    { map_fd: 3, key: undefined, next_key: new Uint8Array(0) },
    "little",
  );
  expect(request.pointers).toEqual([]);
  expect(toHex(request.attr)).toBe("03000000" + "00".repeat(20));
});

test("names are cut to 15 bytes and lose what the kernel does not take", () => {
  expect(objectName("a_very_long_map_name")).toBe("a_very_long_map");
  expect(objectName("x-y/é z.1")).toBe("x_y___z.1");
  const { attr } = bpfRequest("BPF_PROG_LOAD", { prog_name: "abcdefghijklmnopqrst" }, "little");
  expect(toHex(attr.subarray(48))).toBe("6162636465666768696a6b6c6d6e6f00");
});

const header = "/usr/include/linux/bpf.h";
const missing = existsSync(header) ? toolMissing("clang-22", "llvm-objcopy-22") : ` (skipped: there is no ${header})`;

/** The header's name of a field: some commands have a struct of their own, and an `id` is that of a program, a map or types. */
function memberOf(command: string, field: string): string {
  if (command === "BPF_PROG_TEST_RUN") return `test.${field}`;
  if (command === "BPF_OBJ_GET_INFO_BY_FD") return `info.${field}`;
  const object = /^BPF_(PROG|MAP|BTF)_GET_FD_BY_ID$/.exec(command)?.[1];
  return object === undefined ? field : `${object.toLowerCase()}_${field}`;
}

test.skipIf(missing !== "")(`every field stands where linux/bpf.h puts it${missing}`, () => {
  // An older header than ours lacks the newest fields.
  const known = readFileSync(header, "utf8");
  const rows: { name: string; expression: string; expected: number }[] = [];
  for (const [command, layout] of Object.entries(attrLayouts)) {
    for (const [field, { at, size }] of Object.entries(layout as Record<string, { at: number; size: number }>)) {
      if (!new RegExp(`\\b${field};|\\b${field}\\[`).test(known)) continue;
      const path = memberOf(command, field);
      const member = `((union bpf_attr *)0)->${path}`;
      rows.push({
        name: `${command}.${field} at`,
        expression: `__builtin_offsetof(union bpf_attr, ${path})`,
        expected: at,
      });
      rows.push({ name: `${command}.${field} size`, expression: `sizeof(${member})`, expected: size });
    }
    rows.push({ name: command, expression: command, expected: BpfCommand[command as keyof typeof BpfCommand] });
  }
  inScratchFolder((folder) => {
    const source = `#include <linux/bpf.h>\nunsigned facts[] = {${rows.map((row) => row.expression).join(",\n")}};\n`;
    const object = join(folder, "facts.o");
    const built = runTool("clang-22", ["-x", "c", "-c", "-", "-o", object], source);
    expect(built.stderr).toBe("");
    runTool("llvm-objcopy-22", ["-O", "binary", "-j", ".data", object, join(folder, "facts.bin")]);
    const bytes = readFileSync(join(folder, "facts.bin"));
    expect(rows.length).toBeGreaterThan(100);
    const facts = rows.map(({ name }, i) => `${name} ${bytes.readUInt32LE(4 * i)}`);
    expect(facts).toEqual(rows.map(({ name, expected }) => `${name} ${expected}`));
  });
});
