/** What our linker makes of the C corpus does in the kernel what bpftool's linker makes of it, loaded by libbpf. */
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { link } from "../../src/link/index.js";
import { writeObject } from "../../src/object/index.js";
import { corpusMissing, corpusPath } from "../support/corpus.js";
import { kernelMissing } from "../support/kernel.js";
import { runTool } from "../support/tools.js";
import { clangMissing, kitchen } from "./compile.js";

const { compileFile, path, write } = kitchen();
const skipped = clangMissing + corpusMissing + kernelMissing;

/** What each program of an object returns for each of two packets; the loader's complaint where it does not load. */
function results(file: string): unknown {
  const pin = `/sys/fs/bpf/bpfkit-${process.pid}-${file.replace(/\W/g, "_")}`;
  try {
    const loaded = runTool("bpftool", ["prog", "loadall", path(file), pin]);
    if (loaded.status !== 0) return "does not load";
    return readdirSync(pin)
      .toSorted()
      .map((name) => {
        const runs = ["zeros", "bytes"].map((input) => {
          const { stdout } = runTool("bpftool", [
            "-j",
            "prog",
            "run",
            "pinned",
            `${pin}/${name}`,
            "data_in",
            path(input),
          ]);
          return (JSON.parse(stdout) as { retval?: number }).retval;
        });
        return [name, ...runs];
      });
  } finally {
    runTool("rm", ["-rf", pin]);
  }
}

const sets: readonly (readonly string[])[] = [
  ["link_a", "link_b", "link_c"],
  ["callbacks", "xadd"],
  ["maps_btf", "jumps"],
];

test.skipIf(skipped !== "").each(sets.map((names) => ({ names })))(
  `$names${skipped}`,
  ({ names }) => {
    write("zeros", new Uint8Array(64));
    write(
      "bytes",
      Uint8Array.from({ length: 64 }, (_, i) => i),
    );
    const tag = names.join("-");
    const objects = names.map((name) => compileFile(`${tag}-${name}.o`, corpusPath(`c/${name}.c`)));
    const inputs = names.map((name) => path(`${tag}-${name}.o`));
    expect(runTool("bpftool", ["gen", "object", path("theirs.o"), ...inputs]).stderr).toBe("");
    const theirs = results("theirs.o");
    expect(theirs).not.toBe("does not load");
    for (const options of [{ relocatable: true }, {}, { gcSections: true, relax: true }]) {
      const { object, diagnostics } = link(objects, options);
      expect(diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message)).toEqual([]);
      write("ours.o", writeObject(object!));
      expect(results("ours.o"), JSON.stringify(options)).toEqual(theirs);
    }
  },
  120_000,
);
