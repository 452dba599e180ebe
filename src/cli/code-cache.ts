/**
 * Code that V8 compiled, kept between runs: in $BPFKIT_CACHE, or in `bpfkit` in the user's folder for such things. An empty
 * $BPFKIT_CACHE turns it off. Whatever is wrong with a file or folder, the command runs without it.
 *
 * V8 runs what it is given: a file counts only when it is this user's own, whole, and made from the same text by the same Node.
 */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";

/** Which code: a bundle's name, and a hash of its text. */
export interface CodeKey {
  readonly name: string;
  readonly hash: string;
}

/** Behind the code: its length, and a sum over it. */
const trailerSize = 8;
/** The sum takes a word each so many bytes: what a crash leaves of a file is missing or zero in whole blocks. */
const stride = 256;
const day = 24 * 60 * 60 * 1000;
const longestUnused = 90 * day;
/** Versions of bpfkit and of Node that may share a folder. */
const mostOfBundle = 8;

/** The folder, or undefined where there is none to use. */
function folder(): string | undefined {
  const { BPFKIT_CACHE, XDG_CACHE_HOME, LOCALAPPDATA, HOME } = process.env;
  if (BPFKIT_CACHE !== undefined) return BPFKIT_CACHE === "" ? undefined : BPFKIT_CACHE;
  if (process.platform === "win32") return LOCALAPPDATA === undefined ? undefined : `${LOCALAPPDATA}/bpfkit`;
  if (XDG_CACHE_HOME?.startsWith("/") === true) return `${XDG_CACHE_HOME}/bpfkit`;
  if (HOME === undefined || HOME === "") return undefined;
  return process.platform === "darwin" ? `${HOME}/Library/Caches/bpfkit` : `${HOME}/.cache/bpfkit`;
}

function fileOf({ name, hash }: CodeKey): string {
  return `${name}-${hash}-${process.version}-${process.arch}.code`;
}

function sumOf(code: Uint8Array): number {
  let sum = code.length;
  for (let at = 0; at + 4 <= code.length; at += stride) {
    sum = (Math.imul(sum, 31) + (code[at]! | (code[at + 1]! << 8) | (code[at + 2]! << 16) | (code[at + 3]! << 24))) | 0;
  }
  return sum;
}

/** Root reads no code that others could have written: `sudo` may keep the folder of the user who called it. */
function isOwn({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  return process.geteuid === undefined || (uid === process.geteuid() && (mode & 0o022) === 0);
}

/** The code kept under `key`; undefined if there is none that can be trusted. */
export function readCode(key: CodeKey): Buffer | undefined {
  const from = folder();
  if (from === undefined) return undefined;
  let file: number | undefined;
  try {
    file = openSync(`${from}/${fileOf(key)}`, "r");
    const facts = fstatSync(file);
    if (!facts.isFile() || !isOwn(facts) || facts.size < trailerSize) return undefined;
    const bytes = Buffer.allocUnsafe(facts.size);
    if (readSync(file, bytes, 0, bytes.length, 0) !== bytes.length) return undefined;
    const code = bytes.subarray(0, bytes.length - trailerSize);
    const isWhole =
      bytes.readUInt32LE(code.length) === code.length && bytes.readInt32LE(code.length + 4) === sumOf(code);
    return isWhole ? code : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Keeps the code that `make` makes under `key`, and drops others that hardly anybody needs. */
export function writeCode(key: CodeKey, make: () => Buffer): void {
  const to = folder();
  if (to === undefined) return;
  try {
    mkdirSync(to, { recursive: true, mode: 0o700 });
    if (!isOwn(statSync(to))) return;
    const code = make();
    const trailer = Buffer.alloc(trailerSize);
    trailer.writeUInt32LE(code.length, 0);
    trailer.writeInt32LE(sumOf(code), 4);
    replace(`${to}/${fileOf(key)}`, `${to}/.${fileOf(key)}.${process.pid}`, [code, trailer]);
    dropOld(to);
  } catch {
    // No folder, no room, no permission: the next run is as slow as this one.
  }
}

/** Writes `parts` to the file `target`, by way of the new file `beside`: nobody reads half of it, and no crash leaves half. */
function replace(target: string, beside: string, parts: readonly Uint8Array[]): void {
  const file = openSync(beside, "wx", 0o600);
  try {
    for (const part of parts) {
      for (let at = 0; at < part.length;) at += writeSync(file, part, at);
    }
    fsyncSync(file);
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Drops what nobody used for long, and of each bundle all but the newest: whoever builds bpfkit makes new ones all day. */
function dropOld(from: string): void {
  const now = Date.now();
  const found = readdirSync(from).flatMap((file) => {
    const bundle = /^(.+)-[0-9a-f]{16}-v[^/]*\.code$/.exec(file)?.[1];
    if (bundle === undefined && !/^\..*\.code\.\d+$/.test(file)) return [];
    const facts = statSync(`${from}/${file}`, { throwIfNoEntry: false });
    return facts === undefined ? [] : [{ file, bundle, used: Math.max(facts.atimeMs, facts.mtimeMs) }];
  });
  const kept = new Map<string | undefined, number>();
  for (const { file, bundle, used } of found.toSorted((a, b) => b.used - a.used)) {
    const newer = kept.get(bundle) ?? 0;
    kept.set(bundle, newer + 1);
    if (now - used > longestUnused || newer >= mostOfBundle) rmSync(`${from}/${file}`, { force: true });
  }
}
