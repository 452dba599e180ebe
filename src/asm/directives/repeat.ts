/** `.rept`, `.irp`, `.irpc` up to `.endr`. */
import { ArgumentReader } from "../macros/arguments.js";
import { collect, repeatBlock } from "../macros/body.js";
import { evaluator, templateOf, withLocals } from "./macro.js";
import { fill, sizeOf, type Template } from "../macros/macros.js";
import { bytesOf } from "../macros/raw.js";
import type { Run } from "../run.js";

const nameAt = /[\w.$\x80-\xff]+/y;

/** `.rept COUNT`: the same text is read again and again; nothing in it changes. */
export function repeat(run: Run): void {
  const { tokens, input } = run;
  const [at, end] = [tokens.start[0]!, tokens.end[0]!];
  const count = run.constant(1, "a number of times", 0, Number.MAX_SAFE_INTEGER);
  const valid = !Number.isNaN(count.value) && run.ends(count.next);
  const body = collect(run, repeatBlock, Number.POSITIVE_INFINITY);
  if (!valid || body === undefined || body.end === body.start) return;
  let left = count.value;
  const again = (): boolean => {
    if (left-- <= 0 || !input.charge("repeat", body.end - body.start, at, end)) return false;
    input.read(body.start, body.end);
    return true;
  };
  if (left > 0 && input.enterable("repeat", at, end)) input.enter("repeat", body.start, body.start, again);
}

/** `.irp NAME, VALUE…`, or `.irpc NAME, CHARACTERS`: the body once for each value, at least once. */
export function iterate(run: Run, characters: boolean): void {
  const { tokens, input } = run;
  const [at, end] = [tokens.start[0]!, tokens.end[0]!];
  const reader = new ArgumentReader(run.rest(0), characters ? undefined : evaluator(run));
  const last = tokens.count - 1;
  const name = reader.match(nameAt)?.[0];
  let values: string[] = [];
  if (name !== undefined) {
    reader.comma();
    if (characters) {
      const text = reader.all();
      const quoted = /^"(.*)"$/s.exec(text);
      values = [...(quoted?.[1] ?? text.replace(/[ \t]/g, ""))];
    } else {
      for (; !reader.done; reader.comma()) {
        const before = reader.at;
        values.push(reader.one());
        if (reader.at === before && reader.text[before] !== ",") reader.at++;
      }
    }
  }
  if (values.length === 0) values.push("");
  const body = collect(run, repeatBlock);
  if (name === undefined) return run.expected("a name", Math.min(1, last + 1));
  if (reader.failed || body === undefined || !input.enterable("value", at, end)) return;
  const templates = new Map<boolean, Template>();
  const until = run.scanner.at;
  let next = 0;
  const again = (): boolean => {
    const value = values[next++];
    if (value === undefined) return false;
    const template = templateOf(run, templates, body, () => [name]);
    const filled = withLocals(run, [bytesOf(value)], template);
    const serial = bytesOf(String(run.macros.count));
    const size = sizeOf(template, filled, serial);
    const message = `in the repetition with \`${name}\` = \`${value.slice(0, 40)}\``;
    const start = input.append("value", size, { file: undefined, message }, body.start, at, end, until, next);
    if (start < 0) return false;
    fill(run.source.text, start, template, filled, serial);
    input.read(start, start + size);
    return true;
  };
  input.enter("value", body.start, body.start, again);
}
