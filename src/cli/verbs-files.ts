/** The verbs that count, copy and collect object files: `size`, `ar`. */
import type { Command } from "commander";

/** Adds the verbs; `verb` makes one, `inputs` says what their files are. */
export function addFileVerbs(verb: (name: string, description: string) => Command, inputs: string): void {
  verb("size", "count the bytes of code, data and zeroed data")
    .argument("<files...>", `${inputs}; archives by their members`)
    .option("-A, --sysv", "section by section")
    .option("-B, --berkeley", "one line a file (the default)")
    .option("--json", "print facts as JSON")
    .action(async (files: string[], options: object) => (await import("./size.js")).run(files, options));

  verb("ar", "make, list and change archives of objects")
    .argument("<key>", "r replace or add, q append, d delete, t list, x extract, p print, s (re)make the symbol index")
    .argument("<archive>", "the archive; r and q make it where there is none")
    .argument("[files...]", "files to add, or names of members; without names t, x and p take all")
    .option("--json", "print facts as JSON")
    .addHelpText(
      "after",
      "\nModifiers behind the key's letter: T a thin archive (names files, holds none), S no symbol index, v say what is\n" +
        "done; c, s and D are taken and change nothing. As in `bpfkit ar rcs libprog.a xdp.o lib.o`.",
    )
    .action(async (key: string, archive: string, files: string[], options: object) =>
      (await import("./ar.js")).run(key, archive, files, options),
    );
}
