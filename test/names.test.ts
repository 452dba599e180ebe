import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeUtf8, encodeUtf8, NameTable } from "../src/bytes/index.js";

const bytes = fc.uint8Array({ max: 255, min: 1, maxLength: 12 });

test("names have numbers in the order in which they come, by bytes or by text", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(bytes, fc.boolean()), { maxLength: 300 }), (names) => {
      const table = new NameTable();
      const known = new Map<string, number>();
      for (const [name, asText] of names) {
        const text = decodeUtf8(name);
        expect(table.find(text)).toBe(known.get(text) ?? -1);
        const number = asText ? table.add(text) : table.take(Uint8Array.of(7, ...name, 0, 9), 1, 100);
        if (!known.has(text)) known.set(text, known.size);
        expect(number).toBe(known.get(text));
      }
      expect(table.count).toBe(known.size);
      expect(table.bytes()).toEqual(encodeUtf8([...known.keys()].map((text) => `${text}\0`).join("")));
      for (const [text, number] of known) {
        const size = encodeUtf8(text).length;
        expect([table.text(number), table.size(number)]).toEqual([text, size]);
        const copy = new Uint8Array(size + 3).fill(1);
        expect(table.copy(number, copy, 1)).toBe(true);
        expect(copy).toEqual(Uint8Array.of(1, ...encodeUtf8(text), 0, 1));
      }
    }),
  );
});

test("many names, of which most share their beginning", () => {
  const table = new NameTable();
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 20_000; i++) expect(table.add(`name_of_a_function_${i}`)).toBe(i);
  }
  expect(table.find("name_of_a_function_")).toBe(-1);
  expect(table.text(19_999)).toBe("name_of_a_function_19999");
});

test("a name that does not end is none", () => {
  const table = new NameTable();
  expect(table.take(encodeUtf8("abc"), 0, 100)).toBe(-1);
  expect(table.take(encodeUtf8("abcdef\0"), 0, 5)).toBe(-1);
  expect(table.take(encodeUtf8("abcdef\0"), 7, 5)).toBe(-1);
  expect(table.count).toBe(0);
  expect(table.take(encodeUtf8("abcdef\0"), 0, 6)).toBe(0);
});

test("a name with a NUL in it is a name, which says so when it is copied", () => {
  const table = new NameTable();
  expect([table.add("a"), table.add("a\0b"), table.add(""), table.add("a\0b")]).toEqual([0, 1, 2, 1]);
  expect(table.text(1)).toBe("a\0b");
  expect(table.copy(1, new Uint8Array(8), 0)).toBe(false);
  expect(table.copy(0, new Uint8Array(8), 0)).toBe(true);
});
