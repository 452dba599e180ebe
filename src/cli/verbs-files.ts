/** The verbs that count, copy and collect object files: `size`, `ar`. */
import { Option, type Command } from "commander";
import { inputs, type Action, type Verb } from "./verb.js";

function defineSize(command: Command, run: Action): void {
  command
    .argument("<files...>", `${inputs}; archives by their members`)
    .option("-A, --sysv", "section by section")
    .option("-B, --berkeley", "one line a file (the default)")
    .option("-G", "one line a file, read-only data among the data")
    .addOption(
      new Option("--format <name>", "the layout, by its name").choices(["berkeley", "sysv", "gnu"]).default("berkeley"),
    )
    .option("-d", "decimal sizes (the default)")
    .option("-o", "octal sizes")
    .option("-x", "hexadecimal sizes")
    .addOption(new Option("--radix <n>", "of the sizes").choices(["8", "10", "16"]).default("10"))
    .option("-t, --totals", "a last line with the sums of all files")
    .option("--common", "count common symbols")
    .option("--json", "print facts as JSON")
    .action(run);
}

function defineAr(command: Command, run: Action): void {
  command
    .argument("<key>", "r replace or add, q append, d delete, m move, t list, x extract, p print, s make the index")
    .argument("<archive>", "the archive; r and q make it where there is none")
    .argument("[files...]", "files to add, or names of members; without names t, x and p take all")
    .option("--thin", "as the modifier T")
    .option("--output <folder>", "with x: where members are written")
    .option("--json", "print facts as JSON")
    .addHelpText(
      "after",
      "\nModifiers behind the key's letter: T a thin archive (names files, holds none), S no symbol index, v say what is\n" +
        "done, u only files that are newer, L archives by their members, a/b/i MEMBER behind or before that one, N COUNT\n" +
        "which of several of one name, o with their dates, O offsets; c, s, D, U, P change nothing. As in\n" +
        "`bpfkit ar rcs libprog.a xdp.o lib.o`.",
    )
    .action(run);
}

export const size: Verb = {
  description: "count the bytes of code, data and zeroed data",
  define: defineSize,
  versionLetter: "-V",
};

export const ar: Verb = {
  description: "make, list and change archives of objects",
  define: defineAr,
  // GNU's key may have a dash: commander would take it for options.
  // `h` is no key: `-h` asks for help.
  rewrite: ([key, ...rest]) => (key === undefined ? [] : [/^-[a-gi-zA-Z]+$/.test(key) ? key.slice(1) : key, ...rest]),
};
