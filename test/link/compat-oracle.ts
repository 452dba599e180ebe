/**
 * `bpftool gen object` and `--compat libbpf` on the same files: the same bytes, or one of few reasons why not, which are counted.
 */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { BpfkitError } from "../../src/diag/index.js";
import { link, readForLink, type LinkOptions, type LinkResult } from "../../src/link/index.js";
import { runTool } from "../support/tools.js";

type Compat = NonNullable<LinkOptions["compat"]>;

/** Why the other linker refuses what we link, by what it prints. */
const theirReasons: readonly (readonly [RegExp, string])[] = [
  [/unsupported byte order/, "they take no big-endian objects (before libbpf 1.5)"],
  [/failed to find BTF info for|externs without BTF/, "they take no global symbols without types"],
  [
    /failed to resolve size of underlying type/,
    "they take no kernel function that two objects declare (before libbpf 1.5)",
  ],
  [/unsupported kind of ELF file/, "they take no object without a machine number"],
  [/unsupported header length/, "they do not read the BTF of libbpf 1.8 in the other byte order"],
];

/** Why we refuse what the other linker takes, by the code of our message. */
const ourReasons: Readonly<Record<string, string>> = {
  "link-compat-broken": "they write a relocation that names no symbol",
  "link-type-layout": "they join declarations whose layouts differ",
};

/** Files made broken on purpose are refused for what is broken, which the other linker may not look at. */
const isBroken = (file: string): boolean => file.includes("corrupt");

/** Links as the command does. */
export function linkFiles(paths: readonly string[], compat: Compat): LinkResult {
  try {
    const objects = paths.map((file) => readForLink(new Uint8Array(readFileSync(file)), { file }));
    return link(objects, { relocatable: true, compat });
  } catch (error) {
    if (!(error instanceof BpfkitError)) throw error;
    return { object: undefined, diagnostics: error.diagnostics, report: undefined };
  }
}

/** The versions that the installed bpftool can be, by all that it wrote so far. */
export const possible: Set<Compat> = new Set<Compat>([
  "libbpf",
  "libbpf-1.0",
  "libbpf-1.1",
  "libbpf-1.6",
  "libbpf-1.7",
  "libbpf-1.8",
]);

export function anyVersion(): Compat {
  return [...possible][0]!;
}

/** Drops the versions that write another file than `theirs`, unless that would leave none. Gives what one that is left wrote. */
function narrow(paths: readonly string[], theirs: Uint8Array): LinkResult {
  const results = [...possible].map((version) => [version, linkFiles(paths, version)] as const);
  const equal = results.filter(([, { bytes }]) => bytes === undefined || Buffer.compare(theirs, bytes) === 0);
  if (equal.length === 0) return results[0]![1];
  for (const [version] of results) if (!equal.some(([each]) => each === version)) possible.delete(version);
  return equal[0]![1];
}

/** Results by reason. */
export class Tally {
  /** Results that have no known reason. */
  readonly faults: string[] = [];
  readonly #counts = new Map<string, number>();

  /** Links `paths` both ways; theirs is in `folder`/theirs.o. `what` names the case. */
  compare(folder: string, paths: readonly string[], what = ""): void {
    const out = join(folder, "theirs.o");
    const theirs = runTool("bpftool", ["gen", "object", out, ...paths]);
    const wrote = theirs.status === 0 ? new Uint8Array(readFileSync(out)) : undefined;
    const ours = wrote === undefined ? linkFiles(paths, anyVersion()) : narrow(paths, wrote);
    const name = `${what} ${paths.map((path) => basename(path)).join(" ")}`;
    const error = ours.diagnostics.find(({ severity }) => severity === "error");
    if (wrote === undefined) {
      if (ours.bytes === undefined) this.#count("refused by both");
      else this.#known(theirReasons.find(([pattern]) => pattern.test(theirs.stderr))?.[1], `${name}: ${theirs.stderr}`);
    } else if (ours.bytes === undefined) {
      const reason = paths.some(isBroken) ? "the file is broken" : ourReasons[error!.code];
      this.#known(reason, `${name}: ${error!.message}`);
    } else if (Buffer.compare(wrote, ours.bytes) !== 0) this.faults.push(`${name}: different files`);
    else if (ours.diagnostics.some(({ code }) => code === "link-compat-wrong")) {
      this.#count("equal, and wrong in places that a warning names");
    } else this.#count("equal");
  }

  #known(reason: string | undefined, fault: string): void {
    if (reason === undefined) this.faults.push(fault);
    else this.#count(`refused by one: ${reason}`);
  }

  #count(reason: string): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  count(reason: string): number {
    return this.#counts.get(reason) ?? 0;
  }

  get text(): string {
    const lines = [...this.#counts].toSorted(([, a], [, b]) => b - a);
    return lines.map(([reason, count]) => `  ${count} ${reason}`).join("\n");
  }
}
