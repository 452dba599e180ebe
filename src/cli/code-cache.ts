/**
 * Code that V8 compiled, kept between runs: in $BPFKIT_CACHE, or in `bpfkit` in the user's folder for such things. An empty
 * $BPFKIT_CACHE turns it off. Whatever is wrong with a file or folder, the command runs without it.
 *
 * V8 runs what it is given: a file counts only when it is this user's own, whole, and made from the same text by the same Node.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Which code: a bundle's name, and a hash of its text. */
export interface CodeKey {
  readonly name: string;
  readonly hash: string;
}

/** Behind the code, which is filled up to whole words: its length, and a sum over it. */
export const trailerSize = 8;
/** The sum takes one of so many words, 512 bytes: what a crash leaves of a file is missing or zero in whole blocks. */
const stride = 128;

/** The folder, or undefined where there is none to use. */
export function folder(): string | undefined {
  const { BPFKIT_CACHE, XDG_CACHE_HOME, LOCALAPPDATA, HOME } = process.env;
  if (BPFKIT_CACHE !== undefined) return BPFKIT_CACHE === "" ? undefined : BPFKIT_CACHE;
  if (process.platform === "win32") return LOCALAPPDATA === undefined ? undefined : `${LOCALAPPDATA}/bpfkit`;
  if (XDG_CACHE_HOME?.startsWith("/") === true) return `${XDG_CACHE_HOME}/bpfkit`;
  if (HOME === undefined || HOME === "") return undefined;
  return process.platform === "darwin" ? `${HOME}/Library/Caches/bpfkit` : `${HOME}/.cache/bpfkit`;
}

export function fileOf({ name, hash }: CodeKey): string {
  return `${name}-${hash}-${process.version}-${process.arch}.code`;
}

/** The whole words of `bytes`, from the first on. */
export function wordsOf({ buffer, length }: Uint8Array): Int32Array {
  return new Int32Array(buffer, 0, length >> 2);
}

/** A sum over the first `length` of `words`. */
export function sumOf(words: Int32Array, length: number): number {
  let sum = length;
  for (let at = 0; at < length; at += stride) sum = (Math.imul(sum, 31) + words[at]!) | 0;
  return sum;
}

/** Root reads no code that others could have written: `sudo` may keep the folder of the user who called it. */
export function isOwn({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  return process.geteuid === undefined || (uid === process.geteuid() && (mode & 0o022) === 0);
}

/** The code kept under `key`; undefined if there is none that can be trusted. */
export function readCode(key: CodeKey): Uint8Array | undefined {
  const from = folder();
  if (from === undefined) return undefined;
  let file: number | undefined;
  try {
    file = openSync(`${from}/${fileOf(key)}`, "r");
    const facts = fstatSync(file);
    if (!facts.isFile() || !isOwn(facts) || facts.size < trailerSize) return undefined;
    // Nothing of Node's buffers: its functions would be compiled for this alone.
    const bytes = new Uint8Array(facts.size);
    if (readSync(file, bytes, 0, bytes.length, 0) !== bytes.length) return undefined;
    const words = wordsOf(bytes);
    const length = bytes.length - trailerSize;
    const isWhole = words[length / 4] === length && words[length / 4 + 1] === sumOf(words, length / 4);
    return isWhole ? bytes.subarray(0, length) : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
