/**
 * What `bin/bpfkit` loads: finds the bundle of the verb and runs it, with the code that V8 compiled for the run before.
 *
 * A bundle holds one verb with all it needs, and is no module of Node's: reading, parsing and compiling the modules of a small
 * command takes longer than what it does. See docs/decisions/2026-11-28-code-cache.md.
 */
import { readFileSync } from "node:fs";
import { Script } from "node:vm";
import { readCode, type CodeKey } from "./code-cache.js";

/** Of each bundle beside this file, a hash of its text; written here by the build. The text is a function of what a module knows. */
declare const BPFKIT_BUNDLES: Readonly<Record<string, string>>;
// This file is built as CommonJS.
declare const require: (path: "./code-keep.cjs") => typeof import("./code-keep.js");
declare const module: { readonly path: string };

interface Bundle {
  readonly start: (words: readonly string[]) => Promise<readonly string[] | undefined>;
}

/** The bundle for the words of a command line: that of the verb, or the one that can help. */
function bundleFor([first = "", ...rest]: readonly string[]): string {
  let name = first;
  if (first === "btf") name = `btf-${rest[0] ?? ""}`;
  // The layout library is as large as the rest of the verb. `--cfg` may be cut short.
  else if (first === "objdump" && rest.some((word) => word.startsWith("--c"))) name = "objdump-cfg";
  return Object.hasOwn(BPFKIT_BUNDLES, name) ? name : "help";
}

function load(name: string): Bundle {
  const filename = `${module.path}/${name}.cjs`;
  const text = readFileSync(filename, "latin1");
  const key: CodeKey = { name, hash: BPFKIT_BUNDLES[name]! };
  const code = readCode(key);
  const script = new Script(text, {
    filename,
    ...(code === undefined ? {} : { cachedData: code }),
  });
  const bundle = { exports: {} };
  const define = script.runInThisContext() as (exports: object, require: unknown, bundle: object) => void;
  define(bundle.exports, require, bundle);
  if (code === undefined || script.cachedDataRejected === true) {
    // Functions that ran are in it: those of a run that did what it should are the right ones to keep.
    process.on("exit", (status) => {
      if (status === 0) require("./code-keep.cjs").writeCode(key, () => script.createCachedData());
    });
  }
  return bundle.exports as Bundle;
}

async function start(words: readonly string[]): Promise<void> {
  // Long lists of arguments come in files: `@list`.
  const isListed = words.some((word) => word.length > 1 && word.startsWith("@"));
  const all = isListed ? await load("response").start(words) : words;
  if (all !== undefined) await load(bundleFor(all)).start(all);
}

// When nothing is left to wait for: Node would take down piece by piece what the system takes back at once.
process.on("beforeExit", () => process.exit());
void start(process.argv.slice(2));
