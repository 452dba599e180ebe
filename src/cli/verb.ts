/** What the verbs' definitions share. */
import { Option, type Command } from "commander";

/** What a verb does: commander calls it with its arguments and options. */
export type Action = Parameters<Command["action"]>[0];

export interface Verb {
  readonly description: string;
  /** Gives `command`, which has the verb's name and description, its arguments and options, and `run` to do. */
  readonly define: (command: Command, run: Action) => void;
  /** Spellings that commander does not read, in those that it does; `longs` are the verb's long options. */
  readonly rewrite?: (words: readonly string[], longs: readonly string[]) => string[];
  /** The letter by which the same tool elsewhere tells its version, beside `--version`. */
  readonly versionLetter?: "-v" | "-V";
  /** Options of the same tool elsewhere that are not taken, and what to use instead. */
  readonly instead?: Readonly<Record<string, string>>;
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

/** Adds options of the other tools that change nothing here. The help leaves them out. */
export function accepted(command: Command, ...flags: readonly string[]): Command {
  for (const each of flags) command.addOption(new Option(each).hideHelp());
  return command;
}

/** `words` up to `--`, in each what a pattern matches replaced by the text beside it. */
export function respelt(words: readonly string[], pairs: readonly (readonly [RegExp, string])[]): string[] {
  const end = words.indexOf("--");
  return words.map((word, i) => {
    if (end >= 0 && i >= end) return word;
    const found = pairs.find(([pattern]) => pattern.test(word));
    return found === undefined ? word : word.replace(found[0], found[1]);
  });
}

/** `words` with long options written out that are cut short, as GNU's tools take them, where one option alone begins so. */
export function written(words: readonly string[], options: readonly string[]): readonly string[] {
  const end = words.indexOf("--");
  return words.map((word, i) => {
    if (!word.startsWith("--") || !/^--[a-z]/.test(word) || (end >= 0 && i >= end)) return word;
    const [name = ""] = word.split("=", 1);
    if (options.includes(name)) return word;
    const meant = options.filter((option) => option.startsWith(name));
    return meant.length === 1 ? meant[0]! + word.slice(name.length) : word;
  });
}
