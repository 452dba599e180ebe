import { expect, test } from "vitest";
import fc from "fast-check";
import {
  ByteReader,
  ByteWriter,
  decodeUtf8,
  encodeUtf8,
  fits,
  fromHex,
  newWords,
  toHex,
  toNumber,
} from "../src/bytes/index.js";
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

test("bytes that are no UTF-8 come back from text as they were, and make different texts", () => {
  const utf8 = fc.string({ unit: "binary" }).map((text) => [...new TextEncoder().encode(text)]);
  // Parts of characters, surrogates, and what is longer than need be.
  const parts = fc.constantFrom(
    [0xff],
    [0x80],
    [0xe2, 0x82],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xc0, 0x80],
  );
  const long = fc.nat(5000).map((size) => Array.from({ length: size }, () => 0x61));
  const bytes = fc
    .array(fc.oneof(utf8, parts, long, fc.array(fc.nat(255))), { maxLength: 6 })
    .map((each) => Uint8Array.from(each.flat()));
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      expect(Buffer.compare(encodeUtf8(decodeUtf8(one)), one)).toBe(0);
      expect(decodeUtf8(one) === decodeUtf8(other)).toBe(Buffer.compare(one, other) === 0);
    }),
  );
  fc.assert(
    fc.property(utf8, (one) => {
      expect(decodeUtf8(Uint8Array.from(one))).toBe(Buffer.from(one).toString());
    }),
  );
  expect(decodeUtf8(new Uint8Array([0xf0, 0x9f, 0x98, 0x80, 0xff]))).toBe("\u{1f600}\udcff");
  expect(encodeUtf8("\u{1f600}\udcff\ud800")).toEqual(new Uint8Array([0xf0, 0x9f, 0x98, 0x80, 0xff, 0xef, 0xbf, 0xbd]));
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

test("arrays of words that share buffers are zero and share no words", () => {
  const counts = Array.from({ length: 400 }, (_, i) => (i * 97) % 1_500).concat(0, 16_384, 16_385, 70_000, 1);
  const arrays = counts.map((count, i) => {
    const words = newWords(count);
    expect([words.length, words.every((word) => word === 0)]).toEqual([count, true]);
    return words.fill(i + 1);
  });
  arrays.forEach((words, i) => expect(words.every((word) => word === i + 1)).toBe(true));
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
