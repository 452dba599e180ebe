/** What the verbs' definitions share. */
import { Option, type Command } from "commander";

/** What a verb does: commander calls it with its arguments and options. */
export type Action = Parameters<Command["action"]>[0];

export interface Verb {
  readonly description: string;
  /** Gives `command`, which has the verb's name and description, its arguments and options, and `run` to do. */
  readonly define: (command: Command, run: Action) => void;
  /** Spellings that commander does not read, in those that it does. */
  readonly rewrite?: (words: readonly string[]) => string[];
}

/** What most verbs take. */
export const inputs = "object files; - is standard input";

/** As `relocDialects` of the room `object` has them: their names are not worth loading that room for. */
const relocDialects = ["llvm", "llvm-12", "llvm-3.9", "gnu", "gnu-2.40", "mail-2017", "mail-2017-netdev", "sbf"];

export function relocDialect(flag: string, what: string): Option {
  return new Option(`${flag} <name>`, what).choices(relocDialects);
}

/** Collects the values of an option that may be given several times. */
export function append(one: string, all: readonly string[]): readonly string[] {
  return [...all, one];
}

/** Adds an option that may be given several times. */
export function repeated(command: Command, flags: string, description: string): Command {
  const option = new Option(flags, description).argParser(append);
  // A default of the option's own would be printed by --help.
  return command.addOption(option).setOptionValueWithSource(option.attributeName(), [], "default");
}
