/** `.include`, `.incbin`, `.end`: files that the assembler's user reads for it. */
import { decodeUtf8 } from "../../bytes/index.js";
import { isText, withoutMark } from "../text/encoding.js";
import { detectDialect } from "../text/detect.js";
import { stringAt, take } from "./data.js";
import { maxExpanded } from "../text/input.js";
import { maxBytes } from "../limits.js";
import { included } from "../text/source.js";
import type { Run } from "../run.js";
import { comma } from "../text/scan.js";

/** The file that the string at token 1 names; undefined after an error. */
function read(run: Run, limit: number): { readonly path: string; readonly bytes: Uint8Array } | undefined {
  const bytes = stringAt(run, 1);
  if (bytes === undefined) return undefined;
  const name = decodeUtf8(bytes);
  const { readFile } = run.options;
  const found = readFile?.(name, run.source.writtenAt(run.tokens.start[0]!).file, limit) ?? {
    reason: "no files can be read here",
  };
  if ("bytes" in found && found.bytes.length <= limit) return found;
  const reason = "bytes" in found ? `it is larger than ${limit} bytes` : found.reason;
  run.errorAt("asm-file", { name, reason }, 1);
  return undefined;
}

/** `.include "FILE"` */
export function include(run: Run): void {
  const { tokens, input } = run;
  const [at, end] = [tokens.start[0]!, tokens.end[0]!];
  if (!input.enterable("file", at, end)) return;
  const file = read(run, maxExpanded);
  if (file === undefined || !run.ends(2)) return;
  const { path } = file;
  const bytes = withoutMark(file.bytes);
  const start = input.append("file", bytes.length, { file: path, message: included }, 0, at, end);
  if (start < 0) return;
  run.source.text.set(bytes, start);
  if (!isText(run, start)) return;
  const told = run.undecided ? detectDialect(bytes) : undefined;
  if (told !== undefined) run.use(told);
  input.enter("file", start, start + bytes.length);
}

/** `.incbin "FILE"[, SKIP[, COUNT]]` */
export function incbin(run: Run): void {
  const { tokens } = run;
  const file = read(run, maxBytes);
  if (file === undefined) return;
  let skip = 0;
  let count: number | undefined;
  let next = 2;
  if (tokens.is(next, comma)) {
    next++;
    if (!tokens.is(next, comma)) {
      const given = run.constant(next, "a number of bytes", 0, maxBytes);
      if (Number.isNaN(given.value)) return;
      ({ value: skip, next } = given);
    }
    if (tokens.is(next, comma)) {
      const given = run.constant(next + 1, "a number of bytes", 0, maxBytes);
      if (Number.isNaN(given.value)) return;
      ({ value: count, next } = given);
    }
  }
  if (!run.ends(next)) return;
  const { length } = file.bytes;
  const size = count ?? Math.max(0, length - skip);
  if (skip + size > length || skip > length) {
    return run.errorAt("asm-incbin", { name: file.path, size: length, wanted: skip + size }, 1);
  }
  const to = take(run, size, 1, size > 0);
  if (to >= 0) run.sections.current.data.set(file.bytes.subarray(skip, skip + size), to);
}

/** `.end`: what stands behind it is not read. */
export function end(run: Run): void {
  run.input.stop();
}
