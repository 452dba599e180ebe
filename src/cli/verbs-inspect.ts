/** The verbs that show what is in object files: `objdump`, `readelf`, `nm`. */
import { Option, type Command } from "commander";
import { accepted, inputs, relocDialect, repeated, respelt, type Action, type Verb } from "./verb.js";
import { withChoice } from "./arguments.js";

const asNumbered = "read relocation numbers so, whatever they look like";

const objects = `${inputs}; archives by their members`;

function defineObjdump(command: Command, run: Action): void {
  command
    .argument("<files...>", objects)
    .option("-d, --disassemble", "disassemble sections that hold code")
    .option("-D, --disassemble-all", "disassemble all sections")
    .option("-S, --source", "source lines among the instructions, from .BTF.ext or DWARF")
    .option("-l, --line-numbers", "files and line numbers among the instructions")
    .option("-r, --reloc", "the relocations; with -d below their instructions, CO-RE records, too")
    .option("-f, --file-headers", "the processor and the start address")
    .option("-h, --section-headers", "the sections")
    .option("-t, --syms", "the symbols")
    .option("-T, --dynamic-syms", "the dynamic symbols of linked files")
    .option("-R, --dynamic-reloc", "their relocations for the loader")
    .option("-p, --private-headers", "the program headers and the dynamic section")
    .option("-a, --archive-headers", "what an archive says of its members")
    .option("-x, --all-headers", "-f, -h, -t and -r")
    .option("-s, --full-contents", "the bytes of sections")
    .option("-W, --dwarf <what>", "debugging data: L, decodedline are the rows of line tables");
  repeated(command, "-j, --section <name>", "only this section (repeatable)")
    .option("--start-address <n>", "instructions from this offset of a section on, in bytes")
    .option("--stop-address <n>", "instructions before this offset")
    .option("--disassemble-symbols <names>", "only these symbols' code, parted by commas; also --disassemble=NAME")
    .option("--show-raw-insn", "the bytes of instructions, where they would be left out")
    .option("--no-show-raw-insn", "leave out the bytes of instructions")
    .option("-C, --demangle", "names of C++ and Rust as in their source")
    .option("--prefix-addresses", "before each instruction its address and symbol")
    .option("--no-addresses", "leave out addresses; also --no-leading-addr")
    .addOption(
      new Option("--syntax <name>", "spelling of instructions")
        .choices(["pseudoc", "gnu", "plain", "kernel", "conformance"])
        .default("pseudoc"),
    )
    .addOption(
      new Option("--cfg <format>", "draw the control-flow graphs of functions (--cfg alone: svg)").choices([
        "svg",
        "dot",
      ]),
    )
    .option("--function <name>", "with --cfg: only this function")
    .option("-o, --output <file>", "with --cfg: the drawing; - is standard output", "-")
    .option("-M, --disassembler-options <list>", "pseudoc or normal: the syntax; v1 to v4, xbpf change nothing")
    .addOption(relocDialect("--reloc-dialect", asNumbered));
  accepted(command, "-w, --wide", "-z, --disassemble-zeroes", "-m, --architecture <name>", "-b, --target <name>");
  accepted(command, "--mcpu <name>", "--mattr <list>", "--triple <name>", "--endian <name>", "--no-print-imm-hex")
    .option("--json", "print facts as JSON")
    .action(run);
}

function defineReadelf(command: Command, run: Action): void {
  command
    .argument("<files...>", objects)
    .option("-a, --all", "everything below but types and dumps")
    .option("-h, --file-header", "the ELF header")
    .option("-l, --program-headers", "the program headers")
    .option("-S, --sections", "the section headers")
    .option("-t, --section-details", "the section headers, every field and flag in words")
    .option("-e, --headers", "-h, -l and -S")
    .option("-s, --symbols", "the symbol tables")
    .option("--dyn-syms", "the dynamic symbols alone")
    .option("-r, --relocs", "the relocations")
    .option("-d, --dynamic", "the dynamic section")
    .option("-g, --section-groups", "the section groups")
    .option("-n, --notes", "the notes")
    .option("--maps", "the maps: definitions in BTF, legacy ones, data sections")
    .option("--programs", "the programs: what their sections' names say to loaders")
    .option("--btf", "the types in .BTF")
    .option("--btf-ext", "functions, source lines and CO-RE records of .BTF.ext");
  repeated(command, "-x, --hex-dump <section>", "the bytes of a section, by name or number (repeatable)");
  repeated(command, "-R, --relocated-dump <section>", "its bytes as linking this one file would leave them");
  repeated(command, "-p, --string-dump <section>", "the strings in a section (repeatable)")
    .option("-w, --debug-dump <what>", "debugging data: L, decodedline are the rows of line tables")
    .option("-z, --decompress", "-x and -p show compressed data expanded")
    .option("-C, --demangle", "names of C++ and Rust as in their source")
    .option("-V, --version-info", "versions of symbols: BPF files have none")
    .option("-u, --unwind", "unwind tables: BPF files have none")
    .addOption(relocDialect("--reloc-dialect", asNumbered));
  accepted(command, "-W, --wide", "-T, --silent-truncation", "-A, --arch-specific", "-I, --histogram")
    .option("--json", "print facts as JSON")
    .action(run);
}

/** The style that may be named is found by the name. */
const demangling: readonly [RegExp, string] = [/^--demangle=.*/, "--demangle"];

/** As `readelfSpellings`, of objdump. */
const objdumpSpellings: readonly (readonly [RegExp, string])[] = [
  demangling,
  [/^(-W|--dwarf)$/, "--dwarf=all"],
  [/^--disassemble=/, "--disassemble-symbols="],
  [/^--(section-)?headers$/, "--section-headers"],
  [/^--no-leading-addr$/, "--no-addresses"],
  [/^-EB$/, "--endian=big"],
  [/^-EL$/, "--endian=little"],
  [/^--arch(-name)?(?==|$)/, "--architecture"],
  [/^--reloc(s|ations)$/, "--reloc"],
];

const nmSpellings: readonly (readonly [RegExp, string])[] = [
  demangling,
  [/^--just-symbol-name$/, "--just-symbols"],
  [/^(-f|--format=)just-symbol-name$/, "--format=just-symbols"],
];

/** Other names that GNU's and LLVM's readelf have for options, and those whose value may be left out. */
const readelfSpellings: readonly (readonly [RegExp, string])[] = [
  demangling,
  [/^(-w|--debug-dump)$/, "--debug-dump=all"],
  [/^--segments$/, "--program-headers"],
  [/^--section-headers$/, "--sections"],
  [/^--file-headers$/, "--file-header"],
  [/^--syms$/, "--symbols"],
  [/^--dyn-symbols$/, "--dyn-syms"],
  [/^--relocations$/, "--relocs"],
  [/^--dynamic-table$/, "--dynamic"],
];

function defineNm(command: Command, run: Action): void {
  command
    .argument("<files...>", objects)
    .option("-n, --numeric-sort", "sort by address; also -v")
    .option("--size-sort", "sort by size, only symbols that have one")
    .option("-p, --no-sort", "in the order of the symbol table")
    .option("-r, --reverse-sort", "the other way round")
    .option("-a, --debug-syms", "section and file symbols, too")
    .option("-D, --dynamic", "the dynamic symbols of linked files")
    .option("-g, --extern-only", "only symbols that other files see")
    .option("-u, --undefined-only", "only undefined symbols")
    .option("-U, --defined-only", "only defined symbols")
    .option("-W, --no-weak", "no weak symbols")
    .option("-A, --print-file-name", "the file's name before each symbol; also -o")
    .option("-S, --print-size", "sizes behind the values")
    .option("-l, --line-numbers", "source file and line of functions")
    .option("-C, --demangle", "names of C++ and Rust as in their source")
    .option("-s, --print-armap", "an archive's symbol index before its members; also -M")
    .addOption(
      new Option("-f, --format <name>", "the layout; also -B, -P, -j")
        .choices(["bsd", "posix", "sysv", "just-symbols"])
        .default("bsd"),
    )
    .addOption(new Option("-t, --radix <letter>", "of the numbers").choices(["d", "o", "x"]).default("x"))
    .option("--quiet", "no word about files without symbols");
  accepted(
    command,
    "-v",
    "-o",
    "-M",
    "-B",
    "-P, --portability",
    "-j, --just-symbols",
    "-e",
    "--special-syms",
    "--no-demangle",
    "--no-llvm-bc",
    "-X <what>",
    "--synthetic",
  )
    .option("--json", "print facts as JSON")
    .action(run);
}

export const objdump: Verb = {
  description: "disassemble objects, and list what is in them",
  define: defineObjdump,
  versionLetter: "-v",
  rewrite: (words) => respelt(withChoice(words), objdumpSpellings),
  instead: {
    "-g": "-S and -l show source lines, bpfkit readelf -wL line tables",
    "-e": "-S and -l show source lines, bpfkit readelf -wL line tables",
    "-G": "BPF files have no stabs; -S and -l show source lines",
    "-F": "bpfkit readelf -S shows where sections are in the file",
    "-i": "the formats are elf64-bpf, little- and big-endian",
    "-H": "--help is the help",
    "--print-imm-hex": "immediates are decimal",
    "--visualize-jumps": "--cfg draws the ways through a function",
    "--adjust-vma": "offsets count from the start of each section",
  },
};

export const readelf: Verb = {
  description: "show what stands in ELF files",
  define: defineReadelf,
  versionLetter: "-v",
  rewrite: (words) => respelt(words, readelfSpellings),
  instead: {
    "-c": "bpfkit nm -s shows an archive's index",
    "--archive-index": "bpfkit nm -s shows an archive's index",
    "-D": "--dyn-syms shows the dynamic symbols",
    "--elf-output-style": "the layout is GNU's; --json gives all facts as data",
  },
};

export const nm: Verb = {
  description: "list symbols",
  define: defineNm,
  versionLetter: "-V",
  rewrite: (words) => respelt(words, nmSpellings),
};
