import { expect, test } from "vitest";
import { LineNumber } from "../../src/disasm/line-number.js";

function texts(values: readonly number[]): string[] {
  const number = new LineNumber();
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  return values.map((value) => new TextDecoder().decode(bytes.subarray(3, number.put(view, 3, value))));
}

test("numbers are padded to eight columns, counted up or not", () => {
  const starts = [0, 8, 98, 997, 9_997, 99_998, 9_999_998, 99_999_998, 123_456_789];
  const values = starts.flatMap((start) => [start, start + 1, start + 2, start + 3]);
  values.push(7, 5, 6, 100_000, 42, 43);
  expect(texts(values)).toEqual(values.map((value) => `${String(value).padStart(8)}:\t`));
});
