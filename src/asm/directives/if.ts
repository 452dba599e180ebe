/** `.if` and its kin, `.else`, `.elseif`, `.endif`. */
import { decodeUtf8, equalBytes } from "../../bytes/index.js";
import { scrubbed } from "../macros/arguments.js";
import { stringAt } from "./data.js";
import { reduce } from "../match/expression.js";
import { RawStatements } from "../macros/raw.js";
import type { Run } from "../run.js";
import { comma } from "../text/scan.js";
import { isDefined } from "../output/symbols.js";

/** Is the condition met? Undefined after an error. */
type Test = (run: Run) => boolean | undefined;

/** The number that the operand is; undefined after an error. */
function value(run: Run): bigint | undefined {
  const next = run.expression(1);
  if (next < 0 || !run.ends(next)) return undefined;
  const { number, tree } = run.expressions;
  if (tree === undefined) return BigInt(number);
  const found = reduce(tree);
  if ("problem" in found && found.problem === "zero") {
    run.report.add("asm-division", {}, found.at, found.at + 1);
  } else if ("problem" in found || found.add !== undefined || found.sub !== undefined) {
    run.errorAt("asm-not-constant", {}, 1, next - 1);
  } else {
    return BigInt.asIntN(64, found.value);
  }
  return undefined;
}

function number(met: (value: bigint) => boolean): Test {
  return (run) => {
    const found = value(run);
    return found === undefined ? undefined : met(found);
  };
}

function defined(run: Run): boolean | undefined {
  if (run.name(1) === undefined || !run.ends(2)) return undefined;
  const symbol = run.symbols.peek(run.tokens.value[1]!);
  return symbol !== undefined && isDefined(symbol);
}

const blank: Test = (run) => run.rest(0).trim() === "";

/** `.ifc A, B`: as written, but for blanks that tell nothing. `'A'` may hold commas. */
function sameText(run: Run): boolean | undefined {
  const text = run.rest(0);
  const parts = /^\s*(?:'((?:[^']|'')*)'|([^,]*)),(.*)$/s.exec(text);
  if (parts === null) {
    run.expected("`,`", run.tokens.count);
    return undefined;
  }
  const plain = (part: string): string => {
    const quoted = /^\s*'((?:[^']|'')*)'\s*$/s.exec(part);
    return quoted === null ? scrubbed(part) : quoted[1]!.replaceAll("''", "'");
  };
  return (parts[1]?.replaceAll("''", "'") ?? scrubbed(parts[2]!)) === plain(parts[3]!);
}

/** `.ifeqs "A", "B"` */
function sameString(run: Run): boolean | undefined {
  const first = stringAt(run, 1);
  if (first === undefined) return undefined;
  if (!run.tokens.is(2, comma)) return void run.expected("`,`", 2);
  const second = stringAt(run, 3);
  if (second === undefined || !run.ends(4)) return undefined;
  return equalBytes(first, second);
}

function not(test: Test): Test {
  return (run) => {
    const met = test(run);
    return met === undefined ? undefined : !met;
  };
}

const isTrue = number((found) => found !== 0n);

/** How each opens a condition. */
export const tests: ReadonlyMap<string, Test> = new Map<string, Test>([
  [".if", isTrue],
  [".ifne", isTrue],
  [".ifeq", number((found) => found === 0n)],
  [".iflt", number((found) => found < 0n)],
  [".ifle", number((found) => found <= 0n)],
  [".ifgt", number((found) => found > 0n)],
  [".ifge", number((found) => found >= 0n)],
  [".ifdef", defined],
  [".ifndef", not(defined)],
  [".ifnotdef", not(defined)],
  [".ifb", blank],
  [".ifnb", not(blank)],
  [".ifc", sameText],
  [".ifnc", not(sameText)],
  [".ifeqs", sameString],
  [".ifnes", not(sameString)],
]);

export const branches: ReadonlySet<string> = new Set([".else", ".elsec", ".elseif", ".elsif"]);
const ends: ReadonlySet<string> = new Set([".endif", ".endc"]);

/** The directive's name as it is written. */
function written(run: Run): string {
  return decodeUtf8(run.source.text.subarray(run.tokens.start[0], run.tokens.end[0]));
}

/** Goes to the next branch of the innermost condition, or to its end; that statement is read next. */
function skip(run: Run): void {
  const { scanner, input } = run;
  let depth = 0;
  for (;;) {
    const statements = new RawStatements(scanner.text, scanner.at, scanner.end, run.separates);
    while (statements.next()) {
      const name = statements.directive();
      if (name === undefined) continue;
      if (tests.has(name)) {
        depth++;
      } else if (ends.has(name) && depth > 0) {
        depth--;
      } else if (depth === 0 && (ends.has(name) || branches.has(name))) {
        scanner.at = statements.wordStart;
        return;
      }
    }
    scanner.at = scanner.end;
    if (!input.inFile || !input.leave()) return;
  }
}

/** Opens a condition with the test that the directive's name stands for. */
export function openIf(run: Run, test: Test): void {
  const met = test(run) === true;
  run.conditions.begin({ at: run.tokens.start[0]!, name: written(run), taken: met, elseAt: -1 });
  if (!met) skip(run);
}

/** `.else`, or `.elseif` where there is a `test`. */
export function otherwise(run: Run, test: Test | undefined): void {
  const { tokens } = run;
  const condition = run.conditions.innermost;
  if (condition === undefined) return run.errorAt("asm-unopened", { name: written(run), opening: ".if" }, 0);
  if (condition.elseAt >= 0) {
    const facts = { name: written(run) };
    run.report.addWithNote(
      "asm-else",
      facts,
      tokens.start[0]!,
      tokens.end[0]!,
      "the `.else` is here",
      condition.elseAt,
    );
    return skip(run);
  }
  if (test === undefined) condition.elseAt = tokens.start[0]!;
  const met = !condition.taken && (test === undefined ? run.ends(1) : test(run) === true);
  if (met) condition.taken = true;
  else skip(run);
}

export function endIf(run: Run): void {
  if (run.conditions.innermost === undefined) {
    return run.errorAt("asm-unopened", { name: written(run), opening: ".if" }, 0);
  }
  run.conditions.end();
  run.ends(1);
}
