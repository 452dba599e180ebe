/** The real command, `node bin/bpfkit`, in a folder of its own that is gone when the tests of the file have ended. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

/** The checkout, with a slash at the end. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

export interface CliResult {
  /** The exit code; -1 when the command was killed by a signal. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as it is: `-o -` writes objects there. */
  readonly bytes: Uint8Array;
}

export interface CliOptions {
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** Variables of the environment, besides those of the tests. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the command to its end (at most a minute), whatever its exit code. */
export function bpfkit(args: readonly string[], { input, cwd = root, env = {} }: CliOptions = {}): CliResult {
  const result = spawnSync(process.execPath, [join(root, "bin/bpfkit"), ...args], {
    input: input ?? "",
    cwd,
    env: { ...process.env, NO_COLOR: "1", COLUMNS: "100", ...env },
    maxBuffer: 1 << 28,
    timeout: 60_000,
  });
  if (result.error !== undefined) throw result.error;
  const { status, stdout, stderr } = result;
  return { status: status ?? -1, stdout: stdout.toString(), stderr: stderr.toString(), bytes: new Uint8Array(stdout) };
}

export interface Workshop {
  readonly folder: string;
  /** Runs the command in the folder. */
  bpfkit(args: readonly string[], input?: string | Uint8Array): CliResult;
  /** As `bpfkit`, and throws unless the command ended well and without a word on standard error. */
  ok(args: readonly string[], input?: string | Uint8Array): CliResult;
  path(name: string): string;
  has(name: string): boolean;
  read(name: string): Uint8Array;
  write(name: string, content: string | Uint8Array): void;
}

/** A fresh folder to work in. To be called at the top of a test file. */
export function workshop(): Workshop {
  const folder = mkdtempSync(join(tmpdir(), "bpfkit-e2e-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const run = (args: readonly string[], input?: string | Uint8Array): CliResult =>
    bpfkit(args, { cwd: folder, ...(input === undefined ? {} : { input }) });
  const path = (name: string): string => join(folder, name);
  return {
    folder,
    bpfkit: run,
    ok(args, input) {
      const result = run(args, input);
      if (result.status === 0 && result.stderr === "") return result;
      throw new Error(`bpfkit ${args.join(" ")} ended with ${result.status}:\n${result.stderr}`);
    },
    path,
    has: (name) => existsSync(path(name)),
    read: (name) => new Uint8Array(readFileSync(path(name))),
    write: (name, content) => writeFileSync(path(name), content),
  };
}
