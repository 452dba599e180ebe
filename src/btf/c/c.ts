/** Doors to the reader of C declarations: texts into a scope, a scope's types into BTF. */
import type { CReport } from "./lex.js";
import { CParser } from "./parse.js";
import type { CDeclared, CDeclaredFunction, CScope } from "./scope.js";
import type { CType } from "./types.js";

/**
 * Reads declarations (`struct foo { int a; }; typedef struct foo *bar; extern int count;`) into `scope`; returns the variables and
 * functions among them.
 */
export function declareC(text: string, scope: CScope, report: CReport): readonly CDeclared[] {
  const parser = new CParser(text, scope, report);
  parser.declarations();
  return parser.declared;
}

/** The type that `text` names (`struct foo *[3]`); undefined after an error. */
export function parseCType(text: string, scope: CScope, report: CReport): CType | undefined {
  return new CParser(text, scope, report).wholeType();
}

/** Reads one prototype (`static int lookup(struct key *k)`), which is declared in `scope`, too; undefined after an error. */
export function parseCPrototype(text: string, scope: CScope, report: CReport): CDeclaredFunction | undefined {
  return new CParser(text, scope, report).prototype();
}
