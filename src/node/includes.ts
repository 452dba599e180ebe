/** Finding files that a text names: `.include` and `.incbin`. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { reasonOf } from "./files.js";

/** A file's bytes and the name it was found under, or why there are none. */
export type Found = { readonly path: string; readonly bytes: Uint8Array } | { readonly reason: string };

/**
 * A reader of files by name: as it is (from the folder that the process is in), then in each of `folders`, then beside the file
 * that names it. This is gas's order, and beside the naming file is where people expect it.
 */
export function includeReader(folders: readonly string[]): (name: string, from: string, limit: number) => Found {
  return (name, from, limit) => {
    const places = isAbsolute(name)
      ? [name]
      : [name, ...[...folders, dirname(from)].map((folder) => join(folder, name))];
    let reason: string | undefined;
    for (const path of places) {
      try {
        return { path, bytes: readFile(path, limit) };
      } catch (error) {
        // A file that is there and cannot be read tells more than one that is not.
        const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
        if (reason === undefined || !missing) reason = reasonOf(error);
        if (!missing) break;
      }
    }
    return { reason: reason! };
  };
}

/** The bytes of a file of at most `limit` bytes. Devices and pipes, which need not end, are refused. */
function readFile(path: string, limit: number): Uint8Array {
  const file = openSync(path, "r");
  try {
    const facts = fstatSync(file);
    if (facts.isDirectory()) throw new Error("it is a folder");
    if (!facts.isFile()) throw new Error("it is no regular file");
    if (facts.size > limit) throw new Error(`it is larger than ${limit} bytes`);
    const bytes = new Uint8Array(facts.size);
    let filled = 0;
    while (filled < bytes.length) {
      const count = readSync(file, bytes, filled, bytes.length - filled, filled);
      if (count === 0) break;
      filled += count;
    }
    return bytes.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}
