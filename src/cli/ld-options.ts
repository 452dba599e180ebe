/** The verb `ld`: its options, and the words among them whose place between the inputs matters. */
import { Option, type Command } from "commander";
import { contraries, instead, respelt } from "./ld-habits.js";
import { accepted, append, inputs, relocDialect, type Action, type Verb } from "./verb.js";

/** Begins a word that stands for an option among the inputs; no file name has it. */
export const mark = "\0";

const switches: ReadonlyMap<string, string> = new Map([
  ["--whole-archive", "whole"],
  ["--no-whole-archive", "on-demand"],
  ["--start-group", "group"],
  ["-(", "group"],
  ["--end-group", "end"],
  ["-)", "end"],
  ["--start-lib", "lib"],
  ["--end-lib", "end-lib"],
  ["--push-state", "push"],
  ["--pop-state", "pop"],
]);

/** Options whose value is a word of its own, which is not to be taken for a switch. */
const valued: ReadonlySet<string> = new Set(["-o", "--output", "-e", "--entry", "-u", "--undefined", "-y"]);

/** `-l`, `--start-group` and the like made words among the inputs: commander keeps the order of those alone. */
export function orderWords(given: readonly string[], longs: readonly string[]): string[] {
  const words = respelt(given, [...longs, ...switches.keys()]);
  const ordered: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (!word.startsWith("-")) {
      ordered.push(word);
      continue;
    }
    const known = switches.get(word);
    if (valued.has(word)) ordered.push(word, ...words.slice(++i, i + 1));
    else if (word === "--") {
      ordered.push(...words.slice(i));
      break;
    } else if (known !== undefined) ordered.push(`${mark}${known}`);
    else if ((word === "-l" || word === "--library") && i + 1 < words.length) ordered.push(`${mark}l${words[++i]}`);
    else if (/^-l./.test(word)) ordered.push(`${mark}l${word.slice(2)}`);
    else if (word.startsWith("--library=")) ordered.push(`${mark}l${word.slice("--library=".length)}`);
    else ordered.push(word);
  }
  return ordered;
}

function define(command: Command, run: Action): void {
  command
    .argument("<files...>", `${inputs}; archives by the members that are needed; @file holds more words`)
    .option("-o, --output <file>", "the linked object; - is standard output", "a.out")
    .option("-r, --relocatable", "keep undefined symbols for a later link")
    .option("-L, --library-path <folder>", "look there for libraries of -l (repeatable)", append, [])
    .option("-l, --library <name>", "search lib<name>.a, or lib<name>.o; takes effect where it stands")
    .option("--whole-archive", "link all members of the archives that follow, until --no-whole-archive")
    .option("--start-lib", "the objects up to --end-lib are members of an archive")
    .option("--start-group", "search the archives up to --end-group until nothing more is found; also -( and -)")
    .option("--defsym <name=value>", "define a symbol: a number, a symbol, or symbol+number (repeatable)", append, [])
    .option("--wrap <name>", "references to name go to __wrap_name, those to __real_name to name", append, [])
    .option("-u, --undefined <name>", "search archives for the symbol as if an input referred to it", append, [])
    .option("--require-defined <name>", "the same, and an error where nothing defines it", append, [])
    .option("-e, --entry <name>", "a program that must be there")
    .option("--export <pattern>", "make all other definitions but programs and maps local (repeatable)", append, [])
    .option(
      "--retain-symbols-file <file>",
      "of the symbols, keep functions', those of relocations and those that the file names",
    )
    .option("--allow-multiple-definition", "of several strong definitions the first wins")
    .option("--prefix-symbols <[file:]prefix>", "put a prefix before the names of all inputs, or of one", append, [])
    .option("--localize <pattern>", "make these definitions local (repeatable)", append, [])
    .option("--rename <old=new>", "give a symbol another name, wherever it occurs (repeatable)", append, [])
    .option("-d, --define-common", "with -r, give tentative definitions room")
    .option("--keep-debug", "keep DWARF sections")
    .option("--gc-sections", "drop functions, variables, maps and types that no program leads to")
    .option("--print-gc-sections", "say what was dropped, and why")
    .option("--why-live <symbol>", "say what keeps the symbol (repeatable)", append, [])
    .option("--icf", "make functions with identical code one")
    .option("--keep-strings", "keep equal strings of several inputs apart")
    .option("--keep-mov32", "leave mov32 of maps as it is: the target takes it")
    .option("--relax", "write 64-bit loads of small numbers as moves, and long jumps as short ones")
    .addOption(
      new Option("--isa <level>", "the newest instructions the linker may write: v4 has long jumps").choices([
        "v1",
        "v2",
        "v3",
        "v4",
      ]),
    )
    .option("--Map <file>", "write what came from where, as text; also -Map=file; - is standard output")
    .option("--map-json <file>", "the same as JSON")
    .option("-y, --trace-symbol <symbol>", "say who defines and who refers to it (repeatable)", append, [])
    .addOption(
      new Option("--compat <linker>", "write the very file that bpftool gen object of that version writes").choices([
        "libbpf",
        "libbpf-1.0",
        "libbpf-1.1",
        "libbpf-1.6",
        "libbpf-1.7",
        "libbpf-1.8",
      ]),
    )
    .addOption(relocDialect("--reloc-dialect", "numbers of the linked object's relocations").default("llvm"))
    .addOption(relocDialect("--input-reloc-dialect", "read the inputs' relocations so, whatever they look like"))
    .option("--fatal-warnings", "warnings are errors")
    .option("-w, --no-warnings", "say nothing of warnings")
    .option("--json", "print diagnostics as JSON")
    .action(run);
  accepted(command, ...contraries);
}

export const ld: Verb = { description: "link objects into one", define, rewrite: orderWords, instead };
