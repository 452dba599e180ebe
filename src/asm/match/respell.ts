/** A statement in another spelling than the text's: which one, and how the text's spelling says it. */
import { spellings, type Dialect } from "../../isa/index.js";
import { ExpressionParser } from "./expression.js";
import { Matcher, type Operand } from "./match.js";
import { bytesOf } from "../macros/raw.js";
import type { Run } from "../run.js";
import { Scanner } from "../text/scan.js";
import { Tokens } from "../text/tokens.js";

const candidates: readonly Dialect[] = ["pseudoc", "plain", "gnu", "conformance"];

export interface Respelt {
  readonly from: Dialect;
  /** In the text's own spelling; undefined where that has no words for it. */
  readonly text: string | undefined;
}

/** What the statement `text` is in one of the other spellings; undefined where it is nothing there, either. */
export function respell(run: Run, text: string): Respelt | undefined {
  const { interner, dialect } = run;
  if (dialect === "kernel") return undefined;
  const bytes = bytesOf(text);
  for (const from of candidates) {
    if (from === dialect) continue;
    const tokens = new Tokens();
    const scanner = new Scanner(bytes, tokens, interner, from);
    if (!scanner.next() || scanner.problem !== undefined) continue;
    const { registers, grammar } = run.tablesOf(from);
    const expressions = new ExpressionParser(tokens, {
      word: (id, at) => (run.isRegisterLike(id) ? undefined : run.word(id, at)),
      numeric: () => undefined,
      unquote: () => false,
      operator: () => undefined,
    });
    const matcher = new Matcher(tokens, interner, expressions, registers);
    const leaf = matcher.match(grammar, 0);
    if (leaf === undefined) continue;
    const [template] = spellings(leaf.row, dialect);
    return { from, text: template === undefined ? undefined : fill(template, matcher, text, dialect) };
  }
  return undefined;
}

function fill(template: string, found: Matcher, text: string, dialect: Dialect): string {
  const sign = dialect === "gnu" || dialect === "conformance" ? "%" : "";
  const written = ({ number, tree, at, end }: Operand): string =>
    tree === undefined ? String(number) : text.slice(at, end);
  return template.replace(/\{(=?\w+)\}/g, (_, what: string) => {
    switch (what.replace("=", "")) {
      case "d":
        return `${sign}r${found.dst}`;
      case "s":
        return `${sign}r${found.src}`;
      case "wd":
        return `w${found.dst}`;
      case "ws":
        return `w${found.src}`;
      case "o":
      case "O": {
        const { number, tree } = found.offset;
        const value = tree === undefined ? String(Math.abs(number)) : written(found.offset).replace(/^[-+]\s*/, "");
        const minus = tree === undefined && number < 0;
        return dialect === "pseudoc" ? ` ${minus ? "-" : "+"} ${value}` : `${minus ? "-" : "+"}${value}`;
      }
      case "j":
      case "x": {
        const { number, tree } = found.offset;
        return tree === undefined && number >= 0 && what === "j" ? `+${number}` : written(found.offset);
      }
      case "h":
      case "sa":
        return written(found.high);
      default:
        return written(found.immediate);
    }
  });
}
