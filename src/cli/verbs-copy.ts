/** The verbs that make changed copies of object files: `objcopy`, `strip`. */
import type { Command } from "commander";
import { accepted, repeated, respelt, type Action, type Verb } from "./verb.js";

/** Options that both verbs have. */
function addShared(command: Command): Command {
  repeated(command, "-R, --remove-section <pattern>", "without these sections and what belongs to them (repeatable)");
  repeated(command, "--keep-section <pattern>", "with these sections, whatever else is asked");
  repeated(command, "-K, --keep-symbol <name>", "with this symbol, whatever else is asked");
  repeated(command, "-N, --strip-symbol <name>", "without this symbol");
  // Copies have no times, users and groups in them anyway; -O is objcopy's own, strip has no other format.
  accepted(
    command,
    "-D, --enable-deterministic-archives",
    "-U, --disable-deterministic-archives",
    "-F, --target <name>",
  );
  accepted(command, "-I, --input-target <name>", "-M, --merge-notes", "--no-merge-notes", "--keep-section-symbols");
  return command
    .option("-p, --preserve-dates", "the copy has the input's times")
    .option("-v, --verbose", "say what is copied")
    .option("--keep-file-symbols", "with the names of source files, whatever is stripped")
    .option("--only-keep-debug", "a companion for debuggers: what is loaded loses its contents")
    .option("--strip-unneeded", "without debugging data, and symbols no relocation and no loader asks for")
    .option("-x, --discard-all", "without local symbols that no relocation refers to")
    .option("-X, --discard-locals", "without those of compilers (.L…)")
    .option("-w, --wildcard", "names of symbols are patterns: *, ?, […], and !name for all but");
}

const safety =
  "\nRelocations, BTF and the symbols of programs, functions and maps stay: what loaded before loads as before.";

function defineObjcopy(copy: Command, run: Action): void {
  copy
    .argument("<input>", "an object file or archive; - is standard input")
    .argument("[output]", "the copy; - is standard output; without it the input is replaced");
  addShared(copy)
    .option("-g, --strip-debug", "without debugging data (BTF stays)")
    .option("-S, --strip-all", "without all that loading does not need");
  repeated(copy, "-j, --only-section <pattern>", "only these sections, their relocations and the symbol table");
  repeated(copy, "--rename-section <old=new[,flags]>", "another name for a section, and flags as --set-section-flags");
  repeated(copy, "--add-section <name=file>", "a new section with the contents of a file");
  repeated(copy, "--update-section <name=file>", "new contents for a section");
  repeated(copy, "--dump-section <name=file>", "write the contents of a section, as they are, to a file");
  repeated(copy, "--set-section-flags <name=flags>", "alloc,load,readonly,code,data,contents,merge,strings,exclude…");
  repeated(copy, "--set-section-alignment <name=bytes>", "another alignment for a section");
  repeated(copy, "-L, --localize-symbol <name>", "make a symbol local");
  repeated(copy, "-G, --keep-global-symbol <name>", "make all other defined symbols local");
  repeated(copy, "--globalize-symbol <name>", "make a symbol global");
  repeated(copy, "-W, --weaken-symbol <name>", "make a global symbol weak");
  copy.option("--weaken", "make all global symbols weak");
  copy.option("--localize-hidden", "make hidden and internal symbols local");
  repeated(
    copy,
    "--add-symbol <name=[section:]value[,flags]>",
    "a new symbol; local,global,weak,function,object,hidden",
  );
  copy
    .option("-O, --output-target <name>", "binary: the loaded bytes alone, without the file around them")
    .option("--gap-fill <byte>", "with -O binary: what stands between sections (0)")
    .option("--pad-to <address>", "with -O binary: up to this address")
    .option("--decompress-debug-sections", "sections that were compressed (-gz) as they were before")
    .option("--add-gnu-debuglink <file>", "name the file that holds the debugging data")
    .option("--prefix-sections <text>", "put a text before the name of every section")
    .option("--prefix-alloc-sections <text>", "the same, of sections that are loaded");
  repeated(copy, "--remove-relocations <pattern>", "without the relocations of these sections");
  repeated(copy, "--redefine-sym <old=new>", "another name for a symbol");
  copy.option("--prefix-symbols <text>", "put a text before the name of every symbol");
  for (const option of ["strip", "keep", "localize", "keep-global", "globalize", "weaken"]) {
    repeated(copy, `--${option}-symbols <file>`, `as --${option}-symbol, for the names in a file, one a line`);
  }
  repeated(copy, "--redefine-syms <file>", "as --redefine-sym, for the pairs in a file, `old new` a line");
  copy
    .option("--json", "print what was changed as JSON")
    .addHelpText("after", `${safety}\nTypes in .BTF keep their names. @file stands for the options in a file.`)
    .action(run);
}

function defineStrip(strip: Command, run: Action): void {
  strip.argument("<files...>", "object files or archives, each replaced by what is left of it");
  addShared(strip)
    .option("-o, --output <file>", "write here instead; - is standard output")
    .option("-s, --strip-all", "all that loading does not need (the default)")
    .option("-g, --strip-debug", "debugging data alone (BTF stays)")
    .option("-S", "as -g")
    .option("-d", "as -g");
  accepted(strip, "-O, --output-target <name>")
    .option("--json", "print what was changed as JSON")
    .addHelpText("after", safety)
    .action(run);
}

const keepsOrder = "the copy has the input's byte order; compile or assemble for the other one";
const noSplit = "--only-keep-debug makes a file of the debugging data, -g one without";

/** Options of GNU's and LLVM's tools that are not taken, by what is meant by them. */
const instead: Readonly<Record<string, string>> = {
  "-B": keepsOrder,
  "--reverse-bytes": keepsOrder,
  "--strip-dwo": noSplit,
  "--extract-dwo": noSplit,
  "--split-dwo": noSplit,
  "--extract-symbol": "bpfkit objcopy -S keeps the symbols; bpfkit nm lists them",
  "--compress-debug-sections": "loaders and debuggers of BPF read plain sections; -g leaves the debugging data out",
  "--set-start": "programs start where their symbols are; ld -e sets the start of a linked file",
  "--change-addresses": "bpfkit ld lays out sections anew",
  "--change-section-address": "bpfkit ld lays out sections anew",
  "--strip-sections": "loaders of BPF need the section headers; -O binary writes code alone",
};

const longNames: readonly (readonly [RegExp, string])[] = [
  [/^--output-format(?==|$)/, "--output-target"],
  [/^--input-format(?==|$)/, "--input-target"],
  [/^--strip-all-gnu$/, "--strip-all"],
];

export const objcopy: Verb = {
  description: "copy an object, with changes",
  define: defineObjcopy,
  versionLetter: "-V",
  rewrite: (words) => respelt(words, longNames),
  instead,
};

export const strip: Verb = {
  description: "take out of objects what loading does not need",
  define: defineStrip,
  versionLetter: "-V",
  instead,
};
