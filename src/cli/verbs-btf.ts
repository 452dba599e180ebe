/** The commands of `btf`. */
import { Option, type Command } from "commander";
import { accepted, append, type Action, type Verb } from "./verb.js";

function defineDump(command: Command, run: Action): void {
  command
    .argument(
      "<words...>",
      "a BTF file (/sys/kernel/btf/vmlinux, …) or an object with a .BTF section; - is standard input",
    )
    .addOption(new Option("-f, --format <name>", "how to print them").choices(["raw", "c", "ts", "json"]))
    .option("-B, --base <file>", "the BTF that split BTF stands on (a module's: vmlinux)")
    .option("--type <name>", "only this type, and in c and ts what it needs (repeatable)", append, [])
    .option("--root-id <id>", "the same by the type's number (repeatable)", append, [])
    .option("-j, --json", "the same as --format json");
  accepted(command, "-p, --pretty")
    .addHelpText(
      "after",
      "\nThe words of bpftool are taken, too: `bpfkit btf dump file FILE format c root_id 7`, and, on Linux, what the kernel\n" +
        "holds: `id 3`, `prog id 7`, `prog name NAME`, `map pinned FILE [key|value|kv|all]`.",
    )
    .action(run);
}

function defineDiff(command: Command, run: Action): void {
  command
    .argument("<old>", "a BTF file or an object with a .BTF section")
    .argument("<new>", "the other one")
    .option("-B, --base <file>", "the BTF that both stand on, where they are split")
    .option("--type <name>", "only types of this name (repeatable)", append, [])
    .option("--core", "layouts may change: only what CO-RE cannot adapt to counts as broken")
    .option("--breaking", "only types that something breaks")
    .option("--json", "print the differences as JSON")
    .addHelpText("after", "\nThe exit code is 1 when something breaks.")
    .action(run);
}

function defineMin(command: Command, run: Action): void {
  command
    .argument("<kernel>", "the BTF whose types are taken")
    .argument("<objects...>", "objects with .BTF and .BTF.ext sections")
    .requiredOption("-o, --output <file>", "the smaller BTF; - is standard output")
    .option("-B, --base <file>", "the BTF that <kernel> stands on, where it is split")
    .option("--json", "print what was kept, and which records find nothing, as JSON")
    .action(run);
}

export const btfDump: Verb = {
  description: "print types: as lines, as a C header, as TypeScript, as JSON",
  define: defineDump,
};

export const btfDiff: Verb = {
  description: "show what differs between two BTFs, member by member, and whom it breaks",
  define: defineDiff,
};

export const btfMin: Verb = {
  description: "write the types of a kernel's BTF that the CO-RE records of objects need",
  define: defineMin,
};
