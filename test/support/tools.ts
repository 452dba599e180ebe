/**
 * Real tools that tests compare with (llvm-mc-22, bpf-as, llvm-readelf-22, …), found on PATH.
 *
 * Usage: `const missing = toolMissing("llvm-mc-22"); test.skipIf(missing !== "")(`same bytes as llvm-mc${missing}`, …)`.
 */
import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

/** The path of a program on PATH (or in sbin, where Debian keeps bpftool), or undefined. */
export function which(name: string): string | undefined {
  for (const folder of [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"]) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

const reported = new Set<string>();

/** Empty when every tool is there, else the reason to skip (printed once), to be put after a test's name. */
export function toolMissing(...names: readonly string[]): string {
  const absent = names.filter((name) => which(name) === undefined);
  if (absent.length === 0) return "";
  const reason = ` (skipped: ${absent.join(", ")} not installed)`;
  if (!reported.has(reason)) console.warn(`tests against real tools${reason}`);
  reported.add(reason);
  return reason;
}

export interface ToolResult {
  /** The exit code; -1 when the tool was killed by a signal. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a tool in `folder` (this process's, unless given) to its end (at most a minute), whatever its exit code. Throws when
 * it is not installed.
 */
export function runTool(
  name: string,
  args: readonly string[],
  input?: string | Uint8Array,
  folder?: string,
): ToolResult {
  const path = which(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  const result = spawnSync(path, args, {
    ...(input === undefined ? {} : { input }),
    ...(folder === undefined ? {} : { cwd: folder }),
    encoding: "utf8",
    maxBuffer: 1 << 30,
    timeout: 60_000,
  });
  if (result.error !== undefined) throw result.error;
  return { status: result.status ?? -1, stdout: result.stdout, stderr: result.stderr };
}

/** Calls `use` with a fresh folder, which is gone afterwards. */
export function inScratchFolder<Result>(use: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), "bpfkit-test-"));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
