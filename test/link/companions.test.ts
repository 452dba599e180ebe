/** Sections that accompany others (SHF_LINK_ORDER): clang's `.stack_sizes`, tables of places in code. */
import { expect, test } from "vitest";
import { readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { fn, linked, main, object } from "./objects.js";

/** A function in a section of its own, and a word about it in a section that accompanies that. */
const told = (name: string, word: number, group = ""): string =>
  `${fn(name, ` mov r0, ${word}`).replace(".text", `.section .text.${name},"ax${group === "" ? "" : "G"}",@progbits${group}`)}
 .section notes,"ao${group === "" ? "" : "G"}",@progbits${group},.text.${name}\n .8byte ${name}\n .8byte ${word}\n`;

/** Sections with what they accompany, and the words in them. */
function companions(made: ObjectFile): string[] {
  const { sections } = readObject(writeObject(made));
  return sections.flatMap(({ name, linkedTo, data }) => {
    if (name !== "notes") return [];
    const words = Array.from({ length: data.length / 16 }, (_, i) => data[16 * i + 8]);
    return [`${sections[linkedTo]?.name} ${words.join(" ")}`];
  });
}

const a = object(main(" call f\n call g") + told("f", 1) + told("unused", 2), "a.o");
const b = object(told("g", 3) + told("f2", 4).replaceAll(".text.f2", ".text.f"), "b.o");

test("a relocatable link keeps them apart, as what they accompany", () => {
  expect(companions(linked([a, b], { relocatable: true }))).toEqual([".text.f 1 4", ".text.unused 2", ".text.g 3"]);
});

test("a final link joins them in the order of what they accompany", () => {
  expect(companions(linked([a, b]))).toEqual([".text 1 2 3 4"]);
  // They stand in another order in the file.
  const c = object(
    main("") +
      ' .section .text.x,"ax",@progbits\n .section .text.y,"ax",@progbits\n' +
      ["y", "x"].map((name, i) => told(name, i + 1)).join(""),
    "c.o",
  );
  expect(companions(linked([c]))).toEqual([".text 2 1"]);
});

test("what they accompany takes them along, to be kept or dropped", () => {
  const made = linked([a, b], { gcSections: true, relocatable: true });
  expect(companions(made)).toEqual([".text.f 1", ".text.g 3"]);
  expect(made.symbols.map(({ name }) => name)).not.toContain("unused");
  const group = ",f,comdat";
  const [one, two] = ["one.o", "two.o"].map((file) => object(told("f", 5, group), file)) as [ObjectFile, ObjectFile];
  expect(companions(linked([object(main(" call f"), "m.o"), one, two]))).toEqual([".text 5"]);
});
