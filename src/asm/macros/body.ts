/** Bodies: the raw text between a directive that opens a block and the one that closes it. */
import { latin1, RawStatements, statementText } from "./raw.js";
import type { Run } from "../run.js";

/** A body that is taken apart is not larger, in bytes. */
const maxBody: number = 2 ** 22;

/** Byte offsets in the text. */
export interface Body {
  readonly start: number;
  readonly end: number;
}

/** Which directives open blocks of a kind, and which close them. */
export interface Block {
  readonly opening: ReadonlySet<string>;
  readonly closing: ReadonlySet<string>;
}

export const macroBlock: Block = { opening: new Set([".macro"]), closing: new Set([".endm", ".endmacro"]) };
export const repeatBlock: Block = {
  opening: new Set([".rept", ".rep", ".irp", ".irpc", ".irep", ".irepc"]),
  closing: new Set([".endr"]),
};

/** Reads on behind the block that the statement opens, whose text is returned; undefined after an error. */
export function collect(run: Run, { opening, closing }: Block, most: number = maxBody): Body | undefined {
  const { scanner, tokens, report } = run;
  const { text, end } = scanner;
  const start = scanner.at;
  const [at, until] = [tokens.start[0]!, tokens.end[0]!];
  const statements = new RawStatements(text, start, end, run.separates);
  let depth = 0;
  while (statements.next()) {
    const name = statements.directive();
    if (name === undefined) continue;
    if (opening.has(name)) depth++;
    else if (closing.has(name) && depth-- === 0) {
      scanner.at = statements.at;
      const { wordStart, wordEnd } = statements;
      if (wordStart - start > most) return void report.add("asm-body-size", { limit: most }, at, until);
      // gas takes the macro's name behind `.endm`, llvm-mc nothing at all.
      const words = statementText(text, wordEnd, end, run.separates).trim();
      if (words !== "" && !/^[\w.$]+$/.test(words)) {
        const facts = { expected: "the end of the statement", found: `\`${words.slice(0, 40)}\`` };
        const first = text.indexOf(words.charCodeAt(0), wordEnd);
        report.add("asm-expected", facts, first, first + words.length);
      }
      return { start, end: wordStart };
    }
  }
  scanner.at = end;
  const name = latin1(text, at, until);
  report.add("asm-unclosed", { name, closing: [...closing][0]! }, at, until);
  return undefined;
}
