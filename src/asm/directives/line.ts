/** `.file` and `.loc`. */
import { decodeUtf8 } from "../../bytes/index.js";
import { stringAt } from "./data.js";
import type { Run } from "../run.js";
import { Token } from "../text/tokens.js";

const mostFiles = 2 ** 20;
const most = 2 ** 32 - 1;

function isNumber(run: Run, at: number): boolean {
  return run.tokens.kind[at] === Token.number && at < run.tokens.count;
}

/** `.file "NAME"`: a symbol; `.file NUMBER ["DIRECTORY"] "NAME" [md5 NUMBER] [source "TEXT"]`: a file of the line table. */
export function file(run: Run): void {
  if (isNumber(run, 1)) return stopGenerating(run) ? numbered(run) : undefined;
  const bytes = stringAt(run, 1);
  if (bytes !== undefined && run.ends(2)) run.files.push(decodeUtf8(bytes));
}

function text(run: Run, at: number): string | undefined {
  const bytes = stringAt(run, at);
  return bytes === undefined ? undefined : decodeUtf8(bytes);
}

function numbered(run: Run): void {
  const { tokens, lines } = run;
  const number = run.constant(1, "a file's number", 0, mostFiles);
  if (Number.isNaN(number.value)) return;
  let at = number.next;
  let directory = "";
  let name = text(run, at++);
  if (name === undefined) return;
  if (tokens.kind[at] === Token.string && at < tokens.count) {
    directory = name;
    name = text(run, at++);
    if (name === undefined) return;
  }
  let md5: bigint | undefined;
  let source: string | undefined;
  while (at < tokens.count) {
    const word = tokens.kind[at] === Token.word ? run.interner.names[tokens.value[at]!] : undefined;
    if (word === "md5") {
      md5 = wide(run, at + 1);
      if (md5 === undefined) return run.expected("a checksum of 128 bits", at + 1);
    } else if (word === "source") {
      source = text(run, at + 1);
      if (source === undefined) return;
    } else {
      return run.expected("`md5`, `source` or the end of the statement", at);
    }
    at += 2;
  }
  if (lines.add(number.value, directory, name, md5, source)) return;
  run.errorAt("asm-file-twice", { number: number.value }, 1);
}

/** The number at token `at`, of up to 128 bits. */
function wide(run: Run, at: number): bigint | undefined {
  const { tokens } = run;
  if (at >= tokens.count) return undefined;
  if (tokens.kind[at] === Token.number) return BigInt(tokens.value[at]!);
  return tokens.bigs.get(at);
}

/** Lines of the text's own take the place of those of `-g`; false, and an error, where some of these are there already. */
function stopGenerating(run: Run): boolean {
  const { generated, lines } = run;
  if (generated?.active !== true) return true;
  if (lines.files.length > 0) {
    run.errorAt("asm-debug-late", {}, 0);
    return false;
  }
  generated.active = false;
  return true;
}

/** `.loc FILE LINE [COLUMN] [MARK…]`: where the next instruction comes from. */
export function loc(run: Run): void {
  const { tokens, lines } = run;
  const file = run.constant(1, "a file's number", 0, mostFiles);
  if (Number.isNaN(file.value)) return;
  if (lines.files[file.value] === undefined && !(file.value === 0 && lines.version === 5)) {
    return run.errorAt("asm-file-unknown", { number: file.value }, 1);
  }
  let at = file.next;
  const numbers: [number, number] = [0, 0];
  for (let i = 0; i < 2 && isNumber(run, at); i++, at++) {
    const value = tokens.value[at]!;
    if (value > most)
      return run.errorAt("asm-range", { what: "a line table", value, low: "0", high: String(most) }, at);
    numbers[i] = value;
  }
  const marks = { basicBlock: false, prologueEnd: false, epilogueBegin: false };
  let { statement } = lines;
  let isa = 0;
  let discriminator = 0;
  let view = -1;
  while (at < tokens.count) {
    const word = tokens.kind[at] === Token.word ? run.interner.names[tokens.value[at]!]! : "";
    at++;
    if (word === "basic_block") marks.basicBlock = true;
    else if (word === "prologue_end") marks.prologueEnd = true;
    else if (word === "epilogue_begin") marks.epilogueBegin = true;
    else if (word === "is_stmt" || word === "isa" || word === "discriminator") {
      const given = run.constant(at, word === "is_stmt" ? "0 or 1" : "a number", 0, word === "is_stmt" ? 1 : most);
      if (Number.isNaN(given.value)) return;
      at = given.next;
      if (word === "is_stmt") statement = given.value === 1;
      else if (word === "isa") isa = given.value;
      else discriminator = given.value;
    } else if (word === "view") {
      if (tokens.kind[at] === Token.word && at < tokens.count) view = at++;
      else if ((at = run.expression(at)) < 0) return;
    } else {
      return run.expected(
        "`basic_block`, `prologue_end`, `epilogue_begin`, `is_stmt`, `isa`, `discriminator` or `view`",
        at - 1,
      );
    }
  }
  lines.statement = statement;
  const section = run.sections.current;
  const [line, column] = numbers;
  lines.expect({ file: file.value, line, column, statement, ...marks, isa, discriminator }, section);
  if (view >= 0) {
    // The number of the view, for location lists: how many rows there are for this place already.
    const symbol = run.symbols.get(tokens.value[view]!, tokens.start[view]!);
    const before = section.lines.findLastIndex(({ offset, after }) => {
      return offset !== section.size || after !== section.gaps.length;
    });
    symbol.equation = { kind: "number", value: BigInt(section.lines.length - 1 - before) };
  }
}

/** `.loc_mark_labels 1`, `0`: labels of code are rows of the line table, each the start of a basic block; or no longer. */
export function markLabels(run: Run): void {
  const given = run.constant(1, "0 or 1", 0, 1);
  if (!Number.isNaN(given.value) && run.ends(given.next)) run.lines.marksLabels = given.value === 1;
}
