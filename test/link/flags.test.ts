/** Flags of sections that are joined. */
import { expect, test } from "vitest";
import { link, readForLink } from "../../src/link/index.js";
import { readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { answer, linked, main, object } from "./objects.js";

const strings = (flags: string, bytes: string): ObjectFile =>
  object(`.section .rodata.str,"${flags}\n${bytes}\n.text\n`, `${flags[1]}.o`);
const again = (made: ObjectFile): ObjectFile => readForLink(writeObject(made), { file: "again.o" });

test("tables of other entries are joined into what is no table", () => {
  const one = strings('aMS",@progbits,1', ' .asciz "ab"\n .asciz "c"');
  const wide = strings('aMS",@progbits,2', " .2byte 97, 0, 98, 0");
  const plain = strings('a",@progbits', ' .asciz "c"');
  const words = strings('aM",@progbits,4', " .4byte 7, 7, 9");
  const made = (...objects: ObjectFile[]): string => {
    const { sections } = readObject(writeObject(linked(objects)));
    const { flags, entsize, data } = sections.find(({ name }) => name === ".rodata.str")!;
    return `${flags.merge ? "M" : ""}${flags.strings ? "S" : ""}${entsize} ${Buffer.from(data).toString("hex")}`;
  };
  expect(made(one, one)).toBe("MS1 61620063".concat("00"));
  expect(made(one, plain)).toBe("0 6162006300".concat("6300"));
  expect(made(plain, one, one)).toBe("0 63006162006300");
  expect(made(one, words)).toBe("0 6162006300".concat("0700000009000000"));
  expect(made(words, words)).toBe("M4 0700000009000000");
  expect(made(one, wide)).toBe("0 6162006300".concat("6100000062000000"));
});

test("entries stay aligned behind others", () => {
  const one = strings('aMS",@progbits,1', ' .asciz "ab"\n .asciz "c"');
  const words = object('.section .rodata.str,"aM",@progbits,4\n .p2align 2\n .4byte 7, 7, 9\n.text\n', "words.o");
  const { data } = linked([one, words]).sections.find(({ name }) => name === ".rodata.str")!;
  expect(Buffer.from(data).toString("hex")).toBe(`6162006300${"000000"}0700000009000000`);
});

test("a relocatable link says that what is to be retained is", () => {
  const kept = object(
    main(" mov r0, 1") +
      '.section .data.kept,"awR",@progbits\n.globl kept\n.type kept,@object\nkept: .4byte 5\n.size kept,4\n',
  );
  const part = again(linked([kept], { relocatable: true }));
  const done = link([part], { gcSections: true }).object!;
  expect(done.symbols.map(({ name }) => name)).toContain("kept");
  expect(answer(done)).toBe(1n);
});
