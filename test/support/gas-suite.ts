/**
 * GNU's own BPF assembler tests (`gas/testsuite/gas/bpf` of binutils 2.40), unpacked outside the project: the Debian package
 * `binutils-source` is fetched with apt-get into a folder below the temporary one and kept there for the next run.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTool, which } from "./tools.js";

const version = "2.40";
/** With the number of folders, so that a copy with fewer of them is not taken for this one. */
const kept = join(tmpdir(), `bpfkit-binutils-${version}-4`);
const folders = ["gas/testsuite/gas/bpf", "ld/testsuite/ld-bpf", "gas/testsuite/gas/macros", "gas/testsuite/gas/all"];

/** Puts the folders into `kept`; the reason why that failed, or nothing. */
function unpack(): string {
  const absent = ["apt-get", "dpkg", "tar", "xz"].filter((name) => which(name) === undefined);
  if (absent.length > 0) return `${absent.join(", ")} not installed`;
  const work = `${kept}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    const fetched = runTool("apt-get", ["-q", "download", "binutils-source"], undefined, work);
    const archive = readdirSync(work).find((name) => name.startsWith(`binutils-source_${version}-`));
    if (archive === undefined)
      return `apt-get has no binutils-source ${version}: ${fetched.stderr.trim().split("\n").at(-1)}`;
    runTool("dpkg", ["-x", archive, "."], undefined, work);
    const source = `usr/src/binutils/binutils-${version}.tar.xz`;
    const wanted = folders.map((folder) => `binutils-${version}/${folder}`);
    const { status, stderr } = runTool("tar", ["xf", source, ...wanted], undefined, work);
    if (status !== 0) return `tar: ${stderr.trim()}`;
    // Another process may have been faster; its copy is as good.
    if (!existsSync(kept)) renameSync(join(work, `binutils-${version}`), kept);
    return "";
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function reason(): string {
  if (existsSync(kept)) return "";
  const failure = unpack();
  if (failure === "") return "";
  console.warn(`GNU's assembler tests (skipped: ${failure})`);
  return ` (skipped: ${failure})`;
}

/** Empty when the tests are there, else the reason to skip, to be put after a test's name. */
export const gasSuiteMissing: string = reason();

/** The folder of the assembler's tests. */
export const gasSuite: string = join(kept, folders[0]!);

/** The folders of its tests of macros, and of what all machines have. */
export const gasMacros: string = join(kept, folders[2]!);
export const gasAll: string = join(kept, folders[3]!);
