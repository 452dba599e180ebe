/** The verb `btf` and its commands. */
import { Option, type Command } from "commander";

const list = (one: string, all: string[]): string[] => [...all, one];

/** Adds the verb; `verb` makes one. */
export function addBtfVerb(verb: (name: string, description: string) => Command): void {
  const btf = verb("btf", "show, compare and reduce BTF");
  const command = (name: string, description: string): Command =>
    btf.command(name).description(description).helpOption("--help", "print this help");

  command("dump", "print types: as lines, as a C header, as JSON")
    .argument(
      "<words...>",
      "a BTF file (/sys/kernel/btf/vmlinux, …) or an object with a .BTF section; - is standard input",
    )
    .addOption(new Option("-f, --format <name>", "how to print them").choices(["raw", "c", "json"]))
    .option("-B, --base <file>", "the BTF that split BTF stands on (a module's: vmlinux)")
    .option("--type <name>", "only this type, and in c what it needs (repeatable)", list, [])
    .option("--root-id <id>", "the same by the type's number (repeatable)", list, [])
    .option("--json", "the same as --format json")
    .addHelpText("after", "\nThe words of bpftool are taken, too: `bpfkit btf dump file FILE format c root_id 7`.")
    .action(async (words: string[], options: object) => (await import("./btf-dump.js")).run(words, options));
}
