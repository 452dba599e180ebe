import { expect, test } from "vitest";
import fc from "fast-check";
import { ByteReader, ByteWriter, fits, fromHex, toHex, toNumber } from "../src/bytes/index.js";
import { BpfkitError, diagnostic, formatDiagnostic, nearest } from "../src/diag/index.js";

test("what a writer wrote, a reader reads, in both byte orders", () => {
  const endian = fc.constantFrom("little" as const, "big" as const);
  const u32 = fc.nat(0xffff_ffff);
  fc.assert(
    fc.property(endian, u32, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(0xffff), (order, word, long, half) => {
      const writer = new ByteWriter(order, 1);
      writer.u8(half & 0xff);
      writer.u16(half);
      writer.align(4);
      writer.u32(word);
      writer.u64(long);
      writer.cstring("naïve");
      const reader = new ByteReader(writer.bytes(), order);
      expect(reader.u8(0)).toBe(half & 0xff);
      expect(reader.u16(1)).toBe(half);
      expect(reader.u32(4)).toBe(word);
      expect(reader.u64(8)).toBe(long);
      expect(reader.cstring(16)).toBe("naïve");
    }),
  );
});

test("a read beyond the end says where, what was needed and what was left", () => {
  const reader = new ByteReader(new Uint8Array(10), "little", { file: "a.o", section: ".text" });
  expect(() => reader.u32(8, "e_shoff")).toThrowError("e_shoff needs 4 bytes, but only 2 are left");
  try {
    reader.u64(9);
  } catch (error) {
    expect((error as BpfkitError).diagnostics[0]?.place).toEqual({
      kind: "binary",
      file: "a.o",
      section: ".text",
      offset: 9,
    });
  }
  expect(() => reader.cstring(11)).toThrowError(BpfkitError);
  expect(() => new ByteReader(fromHex("616263"), "big").cstring(0)).toThrowError("not terminated");
  expect(() => new ByteReader(fromHex("ffffffffffffffff"), "big").size(0)).toThrowError("more than");
  expect(() => toNumber(-1n, "a size")).toThrowError("a size is -1");
});

test("hex strings and field ranges", () => {
  expect(toHex(fromHex("00 0fA0"))).toBe("000fa0");
  expect(() => fromHex("0g")).toThrowError(SyntaxError);
  expect(fits(255n, 8, "unsigned")).toBe(true);
  expect(fits(255n, 8, "signed")).toBe(false);
  expect(fits(-128n, 8, "either")).toBe(true);
  expect(fits(256n, 8, "either")).toBe(false);
});

test("a diagnostic prints its place, its source line with a caret under tabs, and advice", () => {
  const place = { kind: "text", file: "a.s", line: 3, column: 6, length: 3, source: "\tmov r11, 1" } as const;
  const shown = diagnostic("bytes-truncated", { what: "x", needed: 4, available: 2 }, place, [{ message: "here" }]);
  expect(formatDiagnostic(shown)).toBe(
    [
      "a.s:3:6: error: x needs 4 bytes, but only 2 are left [bytes-truncated]",
      "    3 | \tmov r11, 1",
      "      | \t    ^~~",
      "      = help: the file is truncated or an offset in it is wrong",
      "bpfkit: note: here",
    ].join("\n"),
  );
});

test("the nearest word is suggested only when it is near", () => {
  expect(nearest("bpf_map_lokup_elem", ["bpf_map_update_elem", "bpf_map_lookup_elem"])).toBe("bpf_map_lookup_elem");
  expect(nearest("mvo", ["mul", "mov"])).toBe("mov");
  // Of equally near ones that which starts alike.
  expect(nearest("cal", ["jal", "call", "calx"])).toBe("call");
  expect(nearest("zzz", ["mov", "add"])).toBeUndefined();
});
