/** The first words of `ar`: an operation and its modifiers, a member to stand beside, a count, the archive, its members. */
import type { ArchivePlace } from "../elf/index.js";

export interface ArKey {
  readonly operation: string;
  /** Is the modifier there? */
  readonly has: (letter: string) => boolean;
  readonly writes: boolean;
  readonly archive: string;
  /** Files, or names of members. */
  readonly names: readonly string[];
  readonly place: ArchivePlace | undefined;
  /** Which of several members of one name. */
  readonly count: number;
}

const operations = "rqdmtxps";
/**
 * c, D, U, l, f, k and P say what bpfkit does anyway, or nothing: it makes archives without a word, with the same bytes each
 * time, and never cuts names.
 */
const modifiers = "abcDfiklLNoOPsSTuUvV";

/** What is wrong with the words, and advice. */
export interface ArProblem {
  readonly problem: string;
  readonly help: string;
}

/** `words` are those behind the key. */
export function parseKey(key: string, words: readonly string[]): ArKey | ArProblem {
  const letters = [...key.replace(/^-/, "")];
  const help = `an operation is one of ${[...operations].join(", ")}`;
  const unknown = letters.find((letter) => !operations.includes(letter) && !modifiers.includes(letter));
  if (unknown === "M") {
    return {
      problem: "ar reads no MRI scripts",
      help: "give operations and files on the command line; @file holds many",
    };
  }
  if (unknown !== undefined) return { problem: `ar has no operation or modifier ${unknown}`, help };
  const asked = letters.filter((letter) => operations.includes(letter) && letter !== "s");
  if (asked.length > 1) return { problem: `the operations ${asked.join(" and ")} exclude each other`, help };
  const has = (letter: string): boolean => letters.includes(letter);
  if (asked[0] === undefined && !has("s")) return { problem: `${key} names no operation`, help };
  const operation = asked[0] ?? "s";
  const left = [...words];
  const side = has("a") ? "after" : has("b") || has("i") ? "before" : undefined;
  const beside = side === undefined ? undefined : left.shift()!;
  const count = has("N") ? Number(left.shift()) : 1;
  if (!Number.isInteger(count) || count < 1) {
    return { problem: "N takes a number from 1 on", help: "as in bpfkit ar xN 2 lib.a one.o" };
  }
  const archive = left.shift();
  if (archive === undefined) {
    return { problem: "the archive is missing", help: "a, b and i take the name of a member before it, N a number" };
  }
  return {
    operation,
    has,
    writes: "rqdms".includes(operation),
    archive,
    names: left,
    place: side === undefined ? undefined : { name: beside!, side },
    count,
  };
}
