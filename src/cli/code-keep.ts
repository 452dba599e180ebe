/** Keeping what V8 compiled, for `code-cache.ts` to find: a bundle of its own, because few runs have anything to keep. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { fileOf, folder, isOwn, sumOf, trailerSize, wordsOf, type CodeKey } from "./code-cache.js";

const day = 24 * 60 * 60 * 1000;
const longestUnused = 90 * day;
/** Versions of bpfkit and of Node that may share a folder. */
const mostOfBundle = 8;

/** Keeps the code that `make` makes under `key`, and drops others that hardly anybody needs. */
export function writeCode(key: CodeKey, make: () => Uint8Array): void {
  const to = folder();
  if (to === undefined) return;
  try {
    mkdirSync(to, { recursive: true, mode: 0o700 });
    if (!isOwn(statSync(to))) return;
    const code = make();
    const length = code.length + (-code.length & 3);
    const whole = new Uint8Array(length + trailerSize);
    whole.set(code);
    const words = wordsOf(whole);
    words[length / 4] = length;
    words[length / 4 + 1] = sumOf(words, length / 4);
    replace(`${to}/${fileOf(key)}`, `${to}/.${fileOf(key)}.${process.pid}`, whole);
    dropOld(to);
  } catch {
    // No folder, no room, no permission: the next run is as slow as this one.
  }
}

/** Writes `bytes` to the file `target`, by way of the new file `beside`: nobody reads half of it, and no crash leaves half. */
function replace(target: string, beside: string, bytes: Uint8Array): void {
  const file = openSync(beside, "wx", 0o600);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
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
