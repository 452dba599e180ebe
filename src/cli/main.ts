/** The command `bpfkit`. Only commander is loaded here: each verb imports its rooms when it runs. */
import { Command, CommanderError, Help, Option } from "commander";
import { longOptions, withChoice } from "./arguments.js";
import { exitCodes } from "./exit-codes.js";
import { addLinkOptions, orderWords } from "./ld-options.js";
import { addBtfVerb } from "./verbs-btf.js";
import { addCopyVerbs } from "./verbs-copy.js";
import { addFileVerbs } from "./verbs-files.js";
import { addInspectVerbs, relocDialect } from "./verbs-inspect.js";

declare const BPFKIT_VERSION: string;

const program = new Command("bpfkit")
  .description("The eBPF toolchain: assemble, inspect, link, run and load eBPF programs.")
  .version(`bpfkit ${BPFKIT_VERSION}`, "--version", "print the version")
  .helpOption("--help", "print this help")
  .showSuggestionAfterError()
  .configureHelp({
    // That what may be repeated is not there by default needs no words.
    optionDescription(option) {
      const { defaultValue } = option as { readonly defaultValue?: unknown };
      if (Array.isArray(defaultValue) && defaultValue.length === 0) return option.description;
      return Help.prototype.optionDescription.call(this, option);
    },
  })
  .configureOutput({ outputError: (text, write) => write(`bpfkit: ${text}`) })
  .exitOverride();

/** A verb; commander hands `exitOverride` down only to commands made this way. */
const verb = (name: string, description: string): Command =>
  program.command(name).description(description).helpOption("--help", "print this help");

const inputs = "object files; - is standard input";

const append = (one: string, all: readonly string[]): readonly string[] => [...all, one];

verb("as", "assemble text into an object")
  .argument("[file]", "assembly text; - is standard input", "-")
  .option("-o, --output <file>", 'the object; - is standard output (default: "a.out")')
  .addOption(
    new Option("-s, --syntax <name>", "spelling of instructions")
      .choices(["auto", "plain", "gnu", "pseudoc", "kernel", "conformance"])
      .default("auto"),
  )
  .addOption(
    new Option("--isa <level>", 'the instruction set; also -mcpu=… (default: "v4")').choices(["v1", "v2", "v3", "v4"]),
  )
  .option("--no-relax", "no longer form of jumps that are too far, but an error")
  .option("--pad-sections", "fill sections up to their alignment, as GNU as does")
  .option("--EB", "big-endian object")
  .option("--EL", "little-endian object (the default)")
  .option("--explicit-maps", "print the text with %map(…) around every map reference, and make no object")
  .option("--strict", "refuse bpfkit's own directives: .map, .ctype, .func, .program, .license")
  .addOption(relocDialect("--reloc-dialect", "numbers of the object's relocations").default("llvm"))
  .option("-I <folder>", "look there for files of .include and .incbin (repeatable)", append, [])
  .option("-D <name[=n]>", "define a symbol, as 1 unless said otherwise (repeatable)", append, [])
  .option("--defsym <name=n>", "the same", append, [])
  .option("-W, --no-warn", "no warnings")
  .option("--fatal-warnings", "warnings are errors; also -Werror")
  .option("--silence <code>", "not the warnings of this code; also -Wno-<code> (repeatable)", append, [])
  .option("--json", "print diagnostics as JSON")
  .action(async (file: string, options: object) => (await import("./as.js")).run(file, options));

addLinkOptions(
  verb("ld", "link objects into one")
    .argument("<files...>", `${inputs}; archives by the members that are needed`)
    .option("-o, --output <file>", "the linked object; - is standard output", "a.out")
    .option("-r, --relocatable", "keep undefined symbols for a later link"),
)
  .addOption(relocDialect("--reloc-dialect", "numbers of the linked object's relocations").default("llvm"))
  .addOption(relocDialect("--input-reloc-dialect", "read the inputs' relocations so, whatever they look like"))
  .option("--json", "print diagnostics as JSON")
  .action(async (files: string[], options: object) => (await import("./ld.js")).run(files, options));

addInspectVerbs(verb, inputs);
addFileVerbs(verb, inputs);
addCopyVerbs(verb);
addBtfVerb(verb);

/** Options that `run` and `load` share: what to feed to the program and what to print of it. */
const packetOptions = (command: Command): Command =>
  command
    .option("--program <name>", "the program, where the object has several")
    .option(
      "--update <map:key=value>",
      "put an entry into a map, key and value in hex (repeatable)",
      (one: string, all: string[]) => [...all, one],
      [],
    )
    .option("--packets <pcap>", "run the program on each frame of this capture")
    .option("--out <pcap>", "write the frames that came out here")
    .option("--json", "print facts as JSON");

packetOptions(
  verb("run", "run a program in the embedded VM").argument("<file>", "a linked object; - is standard input"),
)
  .option("--memory <hex>", "plain memory for the program: r1 points to it, r2 is its length")
  .option("--cpus <n>", "CPUs that per-CPU maps have values for", "1")
  .option("--budget <n>", "instructions a run may execute")
  .action(async (file: string, options: object) => (await import("./run.js")).run(file, options));

packetOptions(
  verb("load", "load a program into the kernel and test-run it").argument(
    "<file>",
    "a linked object; - is standard input",
  ),
)
  .option("--log-level <n>", "print the verifier's log: 1 steps, 2 more, 4 statistics")
  .addOption(new Option("--type <name>", "program type, instead of what the section's name says"))
  .action(async (file: string, options: object) => (await import("./load.js")).run(file, options));

// A closed pipe (`bpfkit objdump … | head`) is no error.
process.stdout.on("error", async (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCodes.ok);
  (await import("./report.js")).failToPrint(error.message);
  process.exit(exitCodes.input);
});

try {
  const words = process.argv.slice(2);
  // Long lists of arguments come in files: `@list`.
  const isListed = words.some((word) => word.length > 1 && word.startsWith("@"));
  const all = isListed ? await (await import("./response.js")).expand(words) : words;
  await program.parseAsync(all[0] === "as" ? longOptions(all) : all[0] === "ld" ? orderWords(all) : withChoice(all), {
    from: "user",
  });
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  else (await import("./report.js")).fail(error);
}
