/** The bytes an Object takes once loaded, as `size` counts them (Berkeley layout). */
import type { ObjectFile } from "../object/index.js";

/** All in bytes. */
export interface SizeFacts {
  readonly file: string;
  /** Code and read-only data. */
  readonly text: number;
  readonly data: number;
  readonly bss: number;
}

export function sizeFacts(object: ObjectFile): SizeFacts {
  const sizes = { text: 0, data: 0, bss: 0 };
  for (const { flags, type, size } of object.sections) {
    if (!flags.alloc) continue;
    if (type === "nobits") sizes.bss += size;
    else if (flags.exec || !flags.write) sizes.text += size;
    else sizes.data += size;
  }
  return { file: object.file, ...sizes };
}

export function formatSizes(sizes: readonly SizeFacts[]): string {
  const lines = ["   text\t   data\t    bss\t    dec\t    hex\tfilename"];
  for (const { file, text, data, bss } of sizes) {
    const sum = text + data + bss;
    const cells = [text, data, bss, sum].map((size) => String(size).padStart(7));
    lines.push([...cells, sum.toString(16).padStart(7), file].join("\t"));
  }
  return lines.map((line) => `${line}\n`).join("");
}
