/** Small assembly objects for tests of the linker. */
import { assemble } from "../../src/asm/index.js";
import { writeObject, type ObjectFile } from "../../src/object/index.js";
import type { ArchiveInput } from "../../src/link/index.js";

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
