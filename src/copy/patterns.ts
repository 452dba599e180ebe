/** Lists of names and shell patterns: `*`, `?`, `[abc]`, `[!abc]`, and `!name` for what the list does not mean. */
import { failure } from "../diag/index.js";

export type NameTest = (name: string) => boolean;

function toRegExp(pattern: string): RegExp {
  let source = "";
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!;
    const close = char === "[" ? pattern.indexOf("]", i + 2) : -1;
    if (char === "*") source += ".*";
    else if (char === "?") source += ".";
    else if (close > 0) {
      const set = pattern.slice(i + 1, close).replace(/[\\\]^[]/g, "\\$&");
      source += `[${set.replace(/^(!|\\\^)/, "^")}]`;
      i = close;
    } else if (char === "\\" && i + 1 < pattern.length) source += `\\u{${pattern.codePointAt(++i)!.toString(16)}}`;
    else source += char.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
  }
  // Runs of stars would make matching slow, and mean the same as one.
  try {
    return new RegExp(`^${source.replace(/(?:\.\*)+/g, ".*")}$`, "su");
  } catch {
    throw failure("copy-pattern", { pattern });
  }
}

/** A test for the names that `list` means; patterns where `wild` is set, else names as they stand. */
export function nameTest(list: readonly string[] | undefined, wild: boolean): NameTest {
  if (list === undefined || list.length === 0) return () => false;
  const names = new Set<string>();
  const tests: RegExp[] = [];
  const excluded: RegExp[] = [];
  for (const entry of list) {
    if (!wild || !/[*?[\\]|^!/.test(entry)) names.add(entry);
    else if (entry.startsWith("!")) excluded.push(toRegExp(entry.slice(1)));
    else tests.push(toRegExp(entry));
  }
  return (name) => {
    if (excluded.some((test) => test.test(name))) return false;
    return names.has(name) || tests.some((test) => test.test(name));
  };
}
