/** What a loader can tell the kernel about the source of an Image: kept as the object has it, read when a program is loaded. */
import type { ObjectFile } from "./types.js";

export interface ImageDebug {
  /** The object's sections .BTF and .BTF.ext. */
  readonly btf: Uint8Array;
  readonly ext: Uint8Array;
  /** Of each code section, the slot of `Image.code` where it starts. */
  readonly starts: ReadonlyMap<string, number>;
  /** First slots of functions that no other object sees: the kernel follows calls into them, whatever BTF says. */
  readonly hidden: ReadonlySet<number>;
}

/** Undefined where the object has no .BTF.ext. `base` gives the first slot of a code section by its number. */
export function debugOf(object: ObjectFile, base: (section: number) => number | undefined): ImageDebug | undefined {
  const data = (name: string): Uint8Array | undefined => object.sections.find((each) => each.name === name)?.data;
  const btf = data(".BTF");
  const ext = data(".BTF.ext");
  if (btf === undefined || ext === undefined) return undefined;
  const starts = new Map<string, number>();
  object.sections.forEach(({ name }, number) => {
    const start = base(number);
    if (start !== undefined && !starts.has(name)) starts.set(name, start);
  });
  const hidden = new Set<number>();
  for (const { home, visibility, type } of object.symbols) {
    if (home.kind !== "section" || type !== "func" || (visibility !== "hidden" && visibility !== "internal")) continue;
    const start = base(home.section);
    if (start !== undefined) hidden.add(start + home.offset / 8);
  }
  return { btf, ext, starts, hidden };
}
