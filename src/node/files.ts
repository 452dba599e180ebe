/**
 * Reading and writing whole files for the commands. `-` is standard input or output.
 *
 * Files are read and written by blocking calls: a command has nothing else to do meanwhile, and starting the threads that wait
 * for files takes longer than most commands.
 *
 * Output appears at once or not at all: it goes to a file beside the target, which then takes the target's name. See
 * docs/decisions/2026-11-28-the-old-output-goes-first.md.
 */
import {
  closeSync,
  fchmodSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { failure } from "../diag/index.js";

/** What is kept of files up to this size shares memory with others: a link reads very many small ones. */
const smallFile = 1 << 18;
let room: Uint8Array = new Uint8Array(0);
let used = 0;

/** Files from this size on are left to Node, which knows what it can read. */
const hugeFile = 1 << 30;

/** Room for a file of `size` bytes. */
function roomFor(size: number): Uint8Array {
  if (size > smallFile) return new Uint8Array(size);
  if (used + size > room.length) {
    // The first file gets what it takes, and who reads many gets ever larger pieces.
    room = view(Buffer.allocUnsafeSlow(Math.max(size, Math.min(4 * room.length, 16 * smallFile))));
    used = 0;
  }
  const bytes = room.subarray(used, used + size);
  used += size + (-size & 7);
  return bytes;
}

/** Opens the file `path` for as long as `use` reads it. */
function withFile<Result>(path: string, use: (file: number) => Result): Result {
  const file = openSync(path, "r");
  try {
    return use(file);
  } finally {
    closeSync(file);
  }
}

function readFile(file: number): Uint8Array {
  const known = fstatSync(file);
  // Devices, pipes and most of the kernel's files do not say how long they are.
  if (!known.isFile() || known.size === 0 || known.size > hugeFile) return view(readFileSync(file));
  const bytes = roomFor(known.size);
  let length = 0;
  for (let got = -1; got !== 0 && length < bytes.length; length += got) {
    got = readSync(file, bytes, length, bytes.length - length, null);
  }
  return length === bytes.length ? bytes : bytes.subarray(0, length);
}

/** What a command reads. */
export interface Input {
  readonly bytes: Uint8Array;
  /** The bytes stand where those of the next input will: who keeps any of them keeps a copy (`keepBytes`). */
  readonly isLent: boolean;
}

/** Where small files are lent from: its pages are in memory, and near. */
let desk: Uint8Array = new Uint8Array(0);

function lend(file: number): Input {
  if (desk.length === 0) desk = view(Buffer.allocUnsafeSlow(smallFile));
  let length = 0;
  try {
    for (let got = -1; got !== 0; length += got) got = readSync(file, desk, length, desk.length - length, length);
  } catch {
    // What cannot be read from a place on, like a pipe, has lost nothing yet. Another fault comes again.
    length = 0;
  }
  if (length === 0 || length === desk.length) return { bytes: readFile(file), isLent: false };
  return { bytes: desk.subarray(0, length), isLent: true };
}

function notRead(path: string, error: unknown): Error {
  return failure("file-not-read", { path, reason: reasonOf(error) });
}

/** The bytes of the file `path`, or of standard input for `-`. Throws `file-not-read`. */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return path === "-" ? view(await readStream(process.stdin)) : withFile(path, readFile);
  } catch (error) {
    throw notRead(path === "-" ? "standard input" : path, error);
  }
}

/** The bytes of the file `path`, which a small one may lend: for who reads many and keeps little of each. Throws `file-not-read`. */
export function lendFile(path: string): Input {
  try {
    return withFile(path, lend);
  } catch (error) {
    throw notRead(path, error);
  }
}

/** A copy of `bytes`. */
export function keepBytes(bytes: Uint8Array): Uint8Array {
  const kept = roomFor(bytes.length);
  kept.set(bytes);
  return kept;
}

/** The running kernel's own BTF. Throws `file-not-read`. */
export function readKernelBtf(): Uint8Array {
  const path = "/sys/kernel/btf/vmlinux";
  try {
    return view(readFileSync(path));
  } catch (error) {
    throw failure("file-not-read", { path, reason: reasonOf(error) });
  }
}

/** Is there a file or folder called `path`? */
export function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Are these two names of one file? */
export function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false, bigint: true }));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** Has the file that `use` writes to `path` keep the times of the file `like`, as they were before. */
export async function keepingTimes(like: string, path: string, use: () => Promise<void>): Promise<void> {
  const times = statSync(like, { throwIfNoEntry: false });
  await use();
  if (times !== undefined && isThere(path)) utimesSync(path, times.atime, times.mtime);
}

/** When `path` was changed, in seconds since 1970; undefined where there is no such file. */
export function modifiedAt(path: string): number | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : Math.floor(found.mtimeMs / 1000);
}

/** Sets the times of `path`, in seconds since 1970. */
export function setTime(path: string, seconds: number): void {
  utimesSync(path, seconds, seconds);
}

/** Writes `pieces`, one after another, to the file `path`, or to standard output for `-`. Throws `file-not-written`. */
export async function writeOutput(path: string, ...pieces: readonly Uint8Array[]): Promise<void> {
  write(path, pieces, (target) => {
    try {
      unlinkSync(target);
    } catch (error) {
      // Somebody else writes there, too.
      if (codeOf(error) !== "ENOENT") throw error;
    }
  });
}

/** The same for what may have been made of the file `path` itself: at no moment is there neither the old one nor the new one. */
export async function writeChanged(path: string, bytes: Uint8Array): Promise<void> {
  write(path, [bytes], () => {});
}

function write(path: string, pieces: readonly Uint8Array[], makeWay: (target: string) => void): void {
  if (path === "-") {
    if (pieces.every(writeStandard)) return;
    throw failure("file-not-written", { path: standardOutput, reason: reasons["EPIPE"]! });
  }
  try {
    writeWhole(path, pieces, makeWay);
  } catch (error) {
    throw failure("file-not-written", { path, reason: reasonOf(error) });
  }
}

const standardOutput = "standard output";
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes `bytes`, and returns when they are written, to standard output: a stream would keep a copy of every piece of a long
 * listing. False when its reader has gone. Throws `file-not-written`.
 */
export function writeStandard(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(1, bytes, at);
    } catch (error) {
      const code = codeOf(error);
      // A pipe that somebody made non-blocking, and that is full.
      if (code === "EAGAIN") Atomics.wait(sleeper, 0, 0, 1);
      else if (code === "EPIPE") return false;
      else throw failure("file-not-written", { path: standardOutput, reason: reasonOf(error) });
    }
  }
  return true;
}

/** A new file beside `target`. Not named by `node:crypto`: loading that takes longer than assembling a small file. */
function openBeside(target: string): readonly [string, number] {
  for (;;) {
    const beside = join(dirname(target), `.${basename(target)}.${process.pid}.${process.hrtime.bigint().toString(36)}`);
    try {
      return [beside, openSync(beside, "wx")];
    } catch (error) {
      if (codeOf(error) !== "EEXIST") throw error;
    }
  }
}

/** `makeWay` is called before a new file takes the name of an old one. */
function writeWhole(path: string, pieces: readonly Uint8Array[], makeWay: (target: string) => void): void {
  const known = statSync(path, { throwIfNoEntry: false });
  // Devices and pipes cannot be replaced, only written to.
  if (known !== undefined && !known.isFile()) {
    const file = openSync(path, "w");
    try {
      for (const each of pieces) writeFileSync(file, each);
    } finally {
      closeSync(file);
    }
    return;
  }
  // A link keeps pointing to the file that is replaced, and a file keeps its permissions.
  const target = known === undefined ? path : realpathSync(path);
  const [beside, file] = openBeside(target);
  try {
    try {
      for (const each of pieces) writeFileSync(file, each);
      if (known !== undefined) fchmodSync(file, known.mode & 0o777);
    } finally {
      closeSync(file);
    }
    if (known !== undefined) makeWay(target);
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/** A Buffer's bytes as a plain Uint8Array, whose `slice` copies. */
function view(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

async function readStream(stream: NodeJS.ReadableStream): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Reasons in words by `code` of Node's error. */
const reasons: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EEXIST: "something of that name is in the way",
  EISDIR: "it is a folder",
  ELOOP: "its links go round in a circle",
  EMFILE: "too many files are open",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "there is no such file or folder",
  ENOSPC: "the disk is full",
  ENOTDIR: "a part of the path is a file, not a folder",
  EPERM: "not permitted",
  EPIPE: "the reader has gone",
  EROFS: "the file system is read-only",
};

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** Why a file could not be read or written, in words. */
export function reasonOf(error: unknown): string {
  return reasons[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));
}
