/** The command `bpfkit`, of one verb or, for its help, of all. */
import { Command, CommanderError, Help } from "commander";
import { exitCodes } from "./exit-codes.js";
import { put } from "./output.js";
import { fail, usage } from "./report.js";
import { written, type Action, type Verb } from "./verb.js";

declare const BPFKIT_VERSION: string;

const version = `bpfkit ${BPFKIT_VERSION}`;

const groups: Readonly<Record<string, string>> = { btf: "show, compare and reduce BTF" };

function newProgram(): Command {
  return new Command("bpfkit")
    .description("The eBPF toolchain: assemble, inspect, link, run and load eBPF programs.")
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .showSuggestionAfterError()
    .configureHelp({
      // That what may be repeated is not there by default needs no words.
      optionDescription(option) {
        const { defaultValue } = option as { readonly defaultValue?: unknown };
        if (Array.isArray(defaultValue) && defaultValue.length === 0) return option.description;
        return Help.prototype.optionDescription.call(this, option);
      },
    })
    .configureOutput({ outputError: (text, write) => write(`bpfkit: ${text}`), writeOut: put })
    .exitOverride();
}

/** Commander hands `exitOverride` down only to commands made this way. */
function newCommand(parent: Command, name: string, description: string): Command {
  return parent.command(name).description(description).helpOption("-h, --help", "print this help");
}

function addVerb(program: Command, name: string, verb: Verb, run: Action): Command {
  const { description, define, versionLetter } = verb;
  const [first = "", second] = name.split(" ");
  const group =
    second === undefined
      ? program
      : (program.commands.find((each) => each.name() === first) ?? newCommand(program, first, groups[first]!));
  const command = newCommand(group, second ?? first, description);
  // Scripts ask each tool for its version; the help has it in one place.
  const asked = versionLetter === undefined ? "--version" : `${versionLetter}, --version`;
  command.version(version, asked).options.at(-1)!.hidden = true;
  define(command, run);
  // Headers, where a tool has shown them by this letter for thirty years.
  if (command.options.some(({ short }) => short === "-h")) command.helpOption("--help", "print this help");
  return command;
}

/** Reached by `bpfkit -- VERB` and the like alone: other words that name a verb come with what it does. */
function misplaced(): void {
  usage("options stand before the verb", "write the verb first: bpfkit VERB …");
}

/** Says what to use instead of an option that the same tool has elsewhere. */
function advise({ message }: CommanderError, { instead = {} }: Verb): void {
  const flag = /unknown option '(-[^'=]*)/.exec(message)?.[1] ?? "";
  const known = [flag, flag.startsWith("--") ? "" : flag.slice(0, 2)].find((each) => Object.hasOwn(instead, each));
  if (known !== undefined) process.stderr.write(`      = help: ${instead[known]!}\n`);
}

/** Does what `words` say. With `run`, `verbs` is the one verb, and that is what it does; without, help is given, or what is wrong is said. */
export async function main(
  words: readonly string[],
  verbs: Readonly<Record<string, Verb>>,
  run?: Action,
): Promise<void> {
  let chosen: Verb | undefined;
  try {
    const program = newProgram();
    let given = words;
    for (const [name, verb] of Object.entries(verbs)) {
      const command = addVerb(program, name, verb, run ?? misplaced);
      if (run === undefined) continue;
      chosen = verb;
      const own = name.split(" ").length;
      const longs = command.options.map(({ long }) => long ?? "");
      if (verb.rewrite !== undefined) given = [...words.slice(0, own), ...verb.rewrite(words.slice(own), longs)];
      given = written(given, [...longs, ...Object.keys(verb.instead ?? {})]);
    }
    await program.parseAsync(given, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) return fail(error);
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (chosen !== undefined) advise(error, chosen);
  }
}
