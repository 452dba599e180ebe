import { expect, test } from "vitest";
import { link, readForLink } from "../../src/link/index.js";
import { writeObject, type ObjectFile } from "../../src/object/index.js";
import { answer, fn, linked, main, object } from "./objects.js";

test("names are told apart by their bytes, also where those are no UTF-8", () => {
  const bytes = new Map([
    ["one", "\udcff"],
    ["two", "\udcfe"],
  ]);
  const made = (text: string, file: string): ObjectFile => {
    const plain = object(text, file);
    const symbols = plain.symbols.map((each) => ({ ...each, name: bytes.get(each.name) ?? each.name }));
    return readForLink(writeObject({ ...plain, symbols }), { file });
  };
  const a = made(main(" call one\n mov r6, r0\n call two\n add r0, r6"), "a.o");
  const b = made(fn("one", " mov r0, 1") + fn("two", " mov r0, 20"), "b.o");
  expect(answer(linked([a, b]))).toBe(21n);
  const like = link([a, b], { relocatable: true, compat: "libbpf" });
  const text = Buffer.from(like.bytes!).toString("latin1");
  expect(text).toContain("\0\xff\0");
  expect(text).toContain("\0\xfe\0");
});
