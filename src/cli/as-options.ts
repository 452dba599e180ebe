/** The options of `bpfkit as` that say something about the text: symbols, folders, warnings. */
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
