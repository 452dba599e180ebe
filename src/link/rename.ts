/** Names as options want them: `--rename`, `--prefix-symbols` and `--wrap`, applied to each input before it is resolved. */
import { helperId } from "../isa/index.js";
import { kernelNamesOf, type ObjectFile } from "../object/index.js";
import type { LinkOptions } from "./types.js";

/** The new name of a symbol of `object`, which defines it or only refers to it. */
export type Renamer = (name: string, defined: boolean) => string;

/** The renaming for `object`; undefined where no option asks for one. */
export function renamer(options: LinkOptions, object: ObjectFile): Renamer | undefined {
  const { rename = [], wrap = [], prefixSymbols = [] } = options;
  if (rename.length + wrap.length + prefixSymbols.length === 0) return undefined;
  const renames = new Map(rename.map(({ from, to }) => [from, to]));
  const wrapped = new Set(wrap);
  const prefixes = prefixSymbols.filter((each) => each.file === undefined || each.file === object.file);
  if (renames.size === 0 && wrapped.size === 0 && prefixes.length === 0) return undefined;
  const kernelNames = kernelNamesOf(object);
  const isKernels = (name: string, defined: boolean): boolean =>
    helperId(name) !== undefined || (!defined && kernelNames().has(name));
  return (name, defined) => {
    let now = renames.get(name) ?? name;
    for (const { prefix, file: only } of prefixes) {
      // A prefix for one input keeps its names out of the others' way; what it takes from them, and from the kernel, has their names.
      if (only !== undefined ? defined : !isKernels(now, defined)) now = prefix + now;
    }
    if (defined) return now;
    if (wrapped.has(now)) return `__wrap_${now}`;
    const real = now.startsWith("__real_") ? now.slice("__real_".length) : undefined;
    return real !== undefined && wrapped.has(real) ? real : now;
  };
}

/** `object` with its global symbols renamed, and which names changed. */
export function renameSymbols(
  object: ObjectFile,
  rename: Renamer,
): { readonly object: ObjectFile; readonly renamed: ReadonlyMap<string, string> } {
  const renamed = new Map<string, string>();
  const symbols = object.symbols.map((symbol) => {
    if (symbol.binding === "local") return symbol;
    const name = rename(symbol.name, symbol.home.kind !== "undefined");
    if (name === symbol.name) return symbol;
    renamed.set(symbol.name, name);
    return { ...symbol, name };
  });
  return renamed.size === 0 ? { object, renamed } : { object: { ...object, symbols }, renamed };
}
