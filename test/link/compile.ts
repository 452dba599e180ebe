/** C sources compiled for tests of the linker, by clang or by bpf-gcc, with the headers of this machine. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "vitest";
import { link } from "../../src/link/index.js";
import { readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { runTool, toolMissing } from "../support/tools.js";

export const clangMissing: string = toolMissing("clang-22", "bpftool");

export interface Kitchen {
  readonly folder: string;
  /** Compiles `source` to `name`; `flags` come last. */
  compile(name: string, source: string, ...flags: string[]): ObjectFile;
  /** Compiles the file `path`. */
  compileFile(name: string, path: string, ...flags: string[]): ObjectFile;
  path(name: string): string;
  read(name: string): Uint8Array;
  write(name: string, bytes: Uint8Array): void;
}

/** Links `objects` in three ways, writes each to `ours.o` in the kitchen, and expects that `results` of that are `theirs`, without a complaint. */
export function expectLinked<Results>(
  { write }: Kitchen,
  objects: readonly ObjectFile[],
  results: (name: string) => Results,
  theirs: Results,
): void {
  for (const options of [{ relocatable: true }, {}, { gcSections: true, relax: true, icf: true }]) {
    const { object, diagnostics } = link(objects, options);
    expect(diagnostics.map(({ message }) => message)).toEqual([]);
    write("ours.o", writeObject(object!));
    expect(results("ours.o"), JSON.stringify(options)).toEqual(theirs);
  }
}

/** A fresh folder for objects. To be called at the top of a test file. */
export function kitchen(): Kitchen {
  const folder = mkdtempSync(join(tmpdir(), "bpfkit-link-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string): string => join(folder, name);
  const read = (name: string): Uint8Array => new Uint8Array(readFileSync(path(name)));
  const compileFile = (name: string, source: string, ...flags: string[]): ObjectFile => {
    const include = ["-I/usr/include/x86_64-linux-gnu", "-I/usr/include/aarch64-linux-gnu"];
    const args = ["-O2", "-g", "-target", "bpf", ...include, "-c", source, "-o", path(name), ...flags];
    const { status, stderr } = runTool("clang-22", args);
    if (status !== 0) throw new Error(stderr);
    return readObject(read(name), { file: name });
  };
  return {
    folder,
    compileFile,
    compile(name, source, ...flags) {
      writeFileSync(path("prelude.h"), prelude);
      writeFileSync(path(`${name}.c`), source);
      return compileFile(name, path(`${name}.c`), "-include", path("prelude.h"), ...flags);
    },
    path,
    read,
    write: (name, bytes) => writeFileSync(path(name), bytes),
  };
}

const prelude = `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#define NOINLINE __attribute__((noinline))
#define KEEP asm volatile("")
`;
