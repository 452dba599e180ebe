/** The options of `objcopy` and `strip` as what the `copy` room takes. */
import { decodeUtf8 } from "../bytes/index.js";
import { nearest } from "../diag/index.js";
import { sectionFlagNames, type CopyOptions, type SectionFlagName } from "../copy/index.js";
import { keepingTimes, readInput, writeChanged } from "../node/index.js";
import { inputName } from "./report.js";

/** What both verbs take. */
export interface SharedOptions {
  readonly removeSection: readonly string[];
  readonly keepSection: readonly string[];
  readonly keepSymbol: readonly string[];
  readonly stripSymbol: readonly string[];
  readonly stripAll?: boolean;
  readonly stripDebug?: boolean;
  readonly stripUnneeded?: boolean;
  readonly discardAll?: boolean;
  readonly discardLocals?: boolean;
  readonly wildcard?: boolean;
  readonly preserveDates?: boolean;
  readonly verbose?: boolean;
  readonly keepFileSymbols?: boolean;
  readonly onlyKeepDebug?: boolean;
  readonly json?: boolean;
}

/** A wrong command line: what is wrong, and advice. */
export class WrongOption extends Error {
  readonly help: string;

  constructor(message: string, help: string) {
    super(message);
    this.help = help;
  }
}

export function sharedOptions(given: SharedOptions, strip: CopyOptions["strip"]): CopyOptions {
  const discard = given.discardAll === true ? "all" : given.discardLocals === true ? "locals" : undefined;
  return {
    removeSections: given.removeSection,
    keepSections: given.keepSection,
    keepSymbols: given.keepSymbol,
    stripSymbols: given.stripSymbol,
    wildcard: given.wildcard ?? false,
    keepFileSymbols: given.keepFileSymbols ?? false,
    onlyDebug: given.onlyKeepDebug ?? false,
    ...(strip === undefined ? {} : { strip }),
    ...(discard === undefined ? {} : { discard }),
  };
}

/** `name=value` as its two parts. */
export function pair(option: string, text: string, example: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)];
  throw new WrongOption(`${option} ${text} lacks its ${at > 0 ? "second" : "first"} part`, `for example ${example}`);
}

function isFlag(name: string): name is SectionFlagName {
  return (sectionFlagNames as readonly string[]).includes(name);
}

export function flagList(names: readonly string[]): SectionFlagName[] {
  return names.map((name) => {
    if (isFlag(name)) return name;
    const near = nearest(name, sectionFlagNames);
    const help = near === undefined ? `they are ${sectionFlagNames.join(", ")}` : `did you mean ${near}?`;
    throw new WrongOption(`there is no section flag ${name}`, help);
  });
}

/** The lines of a list of names; `#` starts a comment. */
export async function readList(path: string): Promise<string[]> {
  const lines = decodeUtf8(await readInput(path)).split(/\r?\n/);
  return lines.map((line) => line.replace(/#.*/, "").trim()).filter((line) => line !== "");
}

/** Adds a new name for `old`; two for one are a contradiction. */
export function addRename(renames: Map<string, string>, option: string, old: string, to: string): void {
  const known = renames.get(old);
  if (known !== undefined && known !== to) {
    throw new WrongOption(`${option} gives ${old} two names, ${known} and ${to}`, "leave one of them out");
  }
  renames.set(old, to);
}

/** Writes what was made of `input` to `output`, with the input's times if they are asked for. */
export async function deliver(
  { preserveDates, verbose }: SharedOptions,
  input: string,
  output: string,
  bytes: Uint8Array,
): Promise<void> {
  const write = (): Promise<void> => writeChanged(output, bytes);
  if (preserveDates === true && input !== "-" && output !== "-") await keepingTimes(input, output, write);
  else await write();
  if (verbose === true) process.stderr.write(`copy from ${inputName(input)} to ${output}\n`);
}

/** A number as people write addresses: decimal, or hex with 0x. Throws WrongOption. */
export function wholeNumber(option: string, text: string): bigint {
  if (/^(0x[0-9a-f]{1,16}|\d{1,19})$/i.test(text)) return BigInt(text);
  throw new WrongOption(`${option} takes a number, not ${text}`, "for example 0x40");
}
