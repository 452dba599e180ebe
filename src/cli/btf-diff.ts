/** `bpfkit btf diff`: what differs between two BTFs, and what breaks. */
import { diffBtf, summarizeDiff, writeDiff, type TypeChange } from "../btf/index.js";
import { openBtf } from "./btf-open.js";
import { exitCodes } from "./exit-codes.js";
import { put } from "./output.js";
import { toJson } from "./report.js";

interface Options {
  readonly base?: string;
  readonly core?: boolean;
  readonly breaking?: boolean;
  readonly type: readonly string[];
  readonly json?: boolean;
}

export async function run(old: string, fresh: string, given: object): Promise<void> {
  const options = given as Options;
  const all = diffBtf(await openBtf(old, options.base), await openBtf(fresh, options.base));
  const counts = (breaks: TypeChange["breaks"]): boolean =>
    breaks === "core" || (breaks === "layout" && options.core !== true);
  const asked = all
    .filter(({ name }) => options.type.length === 0 || options.type.includes(name))
    .filter(({ breaks }) => options.breaking !== true || counts(breaks));
  if (options.json === true) put(`${toJson({ summary: summarizeDiff(asked), types: asked })}\n`);
  else {
    const parts: string[] = [];
    writeDiff(asked, (text) => parts.push(text));
    put(parts.join(""));
  }
  if (asked.some(({ breaks }) => counts(breaks))) process.exitCode = exitCodes.input;
}
