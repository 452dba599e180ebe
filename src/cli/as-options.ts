/** The options of `bpfkit as` that say something about the text: symbols, folders, warnings. */
import type { ListingOptions } from "../asm/index.js";
import { catalogue, nearest, type DiagnosticCode } from "../diag/index.js";

/** What is wrong with an option's value, and what to do. */
export interface OptionProblem {
  readonly message: string;
  readonly help: string;
}

const definition = /^([A-Za-z_.$][\w.$]*)(?:=(-?)(0[xX][0-9a-fA-F]+|0[bB][01]+|\d+))?$/;

/** `NAME[=NUMBER]`, each. */
export function definitions(given: readonly string[]): ReadonlyMap<string, bigint> | OptionProblem {
  const found = new Map<string, bigint>();
  for (const one of given) {
    const [, name, sign, digits = "1"] = definition.exec(one) ?? [];
    const octal = /^0[0-7]+$/.test(digits);
    const value =
      name === undefined || (/^0\d/.test(digits) && !octal) ? undefined : BigInt(octal ? `0o${digits}` : digits);
    if (name === undefined || value === undefined || value >= 1n << 64n) {
      return { message: `-D ${one} is not NAME or NAME=NUMBER`, help: "for example -D DEBUG, --defsym SIZE=0x40" };
    }
    found.set(name, sign === "-" ? -value : value);
  }
  return found;
}

/** What is listed, and where to. */
export interface Listing {
  readonly options: ListingOptions;
  readonly file: string;
}

/** `LETTERS[=FILE]`, the letters of gas's `-a`; those for what there is not (`g`, `h`, `n`) change nothing. */
export function listingOf(given: string): Listing | OptionProblem {
  const [, letters = "", file = "-"] = /^([a-z]*)(?:=(.*))?$/s.exec(given) ?? [];
  const wrong = /[^dghlmns]/.exec(letters);
  if (wrong !== null || file === "" || !/^[a-z]*(=|$)/.test(given)) {
    return {
      message: `--listing ${given} is not LETTERS or LETTERS=FILE`,
      help: "letters are l, m, s and d: --listing lm=out.lst",
    };
  }
  const has = (letter: string): boolean => letters.includes(letter);
  // Gas lists the lines where it is asked for their expansions.
  const lines = has("l") || has("m") || !has("s");
  return { options: { lines, macros: has("m"), debugging: !has("d"), symbols: has("s") }, file };
}

/** A rule for make: `target` is made from `files`. */
export function makeRule(target: string, files: Iterable<string>): string {
  const quoted = (name: string): string => name.replace(/[\s#\\]/g, "\\$&").replaceAll("$", "$$$$");
  return `${[`${quoted(target)}:`, ...Array.from(files, quoted)].join(" \\\n ")}\n`;
}

/** Codes of warnings. */
export function warningCodes(given: readonly string[]): DiagnosticCode[] | OptionProblem {
  if (given.length === 0) return [];
  const known = Object.entries(catalogue()).flatMap(([code, { severity }]) => (severity === "warning" ? [code] : []));
  for (const code of given) {
    if (known.includes(code)) continue;
    const guess = nearest(code, known);
    const help = guess === undefined ? "the code stands in brackets behind each warning" : `did you mean \`${guess}\`?`;
    return { message: `${code} is no warning's code`, help };
  }
  return given as DiagnosticCode[];
}
