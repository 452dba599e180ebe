/** Small assembly objects for tests of the linker. */
import { expect } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { imageOf, writeObject, type ObjectFile } from "../../src/object/index.js";
import { link, type ArchiveInput, type LinkOptions } from "../../src/link/index.js";
import { createVm } from "../../src/vm/index.js";

export function object(text: string, file = "a.o", endian: "little" | "big" = "little"): ObjectFile {
  const { object: made, diagnostics } = assemble(text, { file, endian, syntax: "plain" });
  if (made === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return made;
}

/** The program `main` of type socket. */
export const main = (body: string): string =>
  `.section socket,"ax",@progbits\n.globl main\n.type main,@function\nmain:\n${body}\n exit\n.size main, . - main\n`;

/** A function in `.text`. */
export const fn = (name: string, body: string, head = ".globl"): string =>
  `.text\n${head} ${name}\n.type ${name},@function\n${name}:\n${body}\n exit\n.size ${name}, . - ${name}\n`;

/** An archive of objects, without an index. */
export function archive(file: string, members: Readonly<Record<string, ObjectFile>>, whole = false): ArchiveInput {
  const list = Object.entries(members).map(([name, each]) => ({ name, data: writeObject(each) }));
  return { kind: "archive", file, members: list, whole };
}

/** What `objects` are linked into, without a word. */
export function linked(objects: readonly ObjectFile[], options: LinkOptions = {}): ObjectFile {
  const { object: made, diagnostics } = link(objects, options);
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  return made!;
}

/** What the program `main` returns in the VM. */
export function answer(made: ObjectFile): bigint {
  const done = createVm(imageOf(made)).run("main");
  if (done.kind === "fault") throw new Error(done.diagnostic.message);
  return done.r0;
}
