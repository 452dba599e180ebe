/** The verb `as`. */
import { Option, type Command } from "commander";
import { longOptions } from "./arguments.js";
import { append, relocDialect, type Action, type Verb } from "./verb.js";

function define(command: Command, run: Action): void {
  command
    .argument("[file]", "assembly text; - is standard input", "-")
    .option("-o, --output <file>", 'the object; - is standard output (default: "a.out")')
    .addOption(
      new Option("-s, --syntax <name>", "spelling of instructions")
        .choices(["auto", "plain", "gnu", "pseudoc", "kernel", "conformance"])
        .default("auto"),
    )
    .addOption(
      new Option("--isa <level>", 'the instruction set; also -mcpu=… (default: "v4")').choices([
        "v1",
        "v2",
        "v3",
        "v4",
      ]),
    )
    .option("--no-relax", "no longer form of jumps that are too far, but an error")
    .option("--pad-sections", "fill sections up to their alignment, as GNU as does")
    .option("--EB", "big-endian object")
    .option("--EL", "little-endian object (the default)")
    .option("--explicit-maps", "print the text with %map(…) around every map reference, and make no object")
    .option("--strict", "refuse bpfkit's own: .map, .ctype, .func, .program, .license, %core")
    .addOption(relocDialect("--reloc-dialect", "numbers of the object's relocations").default("llvm"))
    .option("-I <folder>", "look there for files of .include and .incbin (repeatable)", append, [])
    .option("-D <name[=n]>", "define a symbol, as 1 unless said otherwise (repeatable)", append, [])
    .option("--defsym <name=n>", "the same", append, [])
    .option("-W, --no-warn", "no warnings")
    .option("--fatal-warnings", "warnings are errors; also -Werror")
    .option("--silence <code>", "not the warnings of this code; also -Wno-<code> (repeatable)", append, [])
    .option("-g, --gen-debug", "debugging data of the text: its lines as DWARF 4; also --gdwarf-4, --gdwarf-5")
    .addOption(new Option("--dwarf <version>").choices(["4", "5"]).hideHelp())
    .option("-L, --keep-locals", "keep the symbols .L… in the symbol table")
    .option(
      "--listing <what[=file]>",
      "list lines (l), expansions (m), symbols (s), without debugging directives (d); also -a<what>[=<file>], -a for -als",
    )
    .option("--MD <file>", "write a rule for make with the files that were read")
    .option("--statistics", "print what was made, and the time and memory it took")
    .option("--json", "print diagnostics as JSON")
    .action(run);
}

export const as: Verb = { description: "assemble text into an object", define, rewrite: longOptions };
