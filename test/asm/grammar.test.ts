/** The grammar's own reading of templates is the scanner's, and its lazy trie is the whole one. */
import { expect, test } from "vitest";
import { templateToken } from "../../src/asm/match/grammar.js";
import { Interner } from "../../src/asm/text/intern.js";
import { Scanner } from "../../src/asm/text/scan.js";
import { Token, Tokens, unpacked } from "../../src/asm/text/tokens.js";
import { encodeUtf8 } from "../../src/bytes/index.js";
import { insnTable, spellings, type Dialect } from "../../src/isa/index.js";

/** Tokens as the scanner reads them: `{d}` in three, `word`, `7`, `+=`. */
function scanned(template: string, dialect: Dialect): string[] {
  const tokens = new Tokens();
  const interner = new Interner();
  new Scanner(encodeUtf8(template), tokens, interner, dialect).next();
  return Array.from({ length: tokens.count }, (_, i) => {
    const value = tokens.value[i]!;
    if (tokens.kind[i] === Token.word) return interner.names[value]!;
    return tokens.kind[i] === Token.operator ? unpacked(value) : String(value);
  });
}

function split(template: string): string[] {
  const found: string[] = [];
  templateToken.lastIndex = 0;
  for (;;) {
    const token = templateToken.exec(template);
    if (token === null) return found;
    const [, name, ...rest] = token;
    found.push(...(name === undefined ? [rest.find((each) => each !== undefined)!] : ["{", name, "}"]));
  }
}

test("every template of every dialect is split as the scanner splits it", () => {
  let count = 0;
  for (const dialect of ["plain", "gnu", "pseudoc", "kernel", "conformance"] as const) {
    for (const row of insnTable) {
      for (const template of spellings(row, dialect)) {
        // The scanner takes a line's number and opcode in kernel text before it reads on.
        expect(split(template), template).toEqual(scanned(template, dialect === "kernel" ? "pseudoc" : dialect));
        count++;
      }
    }
  }
  expect(count).toBeGreaterThan(1000);
});
