/** Links whose types WebAssembly joins are those where the platform has none. */
import { expect, test } from "vitest";
import { BpfkitError } from "../../src/diag/index.js";
import { link, type LinkOptions } from "../../src/link/index.js";
import { readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { corpusBtf } from "../support/btf.js";
import { corpusMissing, readCorpus } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import type { Random } from "../support/random.js";

/** The file, or what is wrong; and what is said about it. */
function linked(objects: readonly ObjectFile[], options: LinkOptions): unknown {
  try {
    const { object, diagnostics, report } = link(objects, options);
    return { bytes: object && writeObject(object), diagnostics, map: report?.map() };
  } catch (error) {
    if (error instanceof BpfkitError) return error.diagnostics;
    throw error;
  }
}

function without<Result>(action: () => Result): Result {
  const platform: unknown = Reflect.get(globalThis, "WebAssembly");
  try {
    Reflect.deleteProperty(globalThis, "WebAssembly");
    return action();
  } finally {
    Reflect.set(globalThis, "WebAssembly", platform);
  }
}

/** Objects with so many types that they are worth it; they define the same names, often. */
function pick(random: Random, names: readonly string[], isMutated: boolean): ObjectFile[] {
  const objects: ObjectFile[] = [];
  let size = 0;
  while (size < 40_000) {
    const file = random.pick(names);
    const bytes = readCorpus(file).slice();
    const { sections, ...rest } = readObject(bytes, { file });
    size += sections.find(({ name }) => name === ".BTF")?.data.length ?? 0;
    const changed = sections.map((section) => {
      if (!isMutated || !section.name.startsWith(".BTF") || random.below(20) > 0) return section;
      const data = section.data.slice();
      data[random.below(data.length)] = random.below(16);
      return { ...section, data };
    });
    objects.push({ ...rest, sections: changed });
  }
  return objects;
}

const names =
  corpusMissing === "" ? corpusBtf().flatMap(({ name, endian }) => (endian === "little" ? [name] : [])) : [];

test.skipIf(corpusMissing !== "").each([false, true])(
  `the same files and messages, mutated: %s${corpusMissing}`,
  (isMutated) => {
    let made = 0;
    fuzz(fuzzRounds(40), (random) => {
      const objects = pick(random, names, isMutated);
      const options = {
        relocatable: true,
        allowMultipleDefinition: true,
        gcSections: random.below(3) === 0,
        icf: random.below(4) === 0,
        compat: random.below(8) === 0 ? "libbpf" : undefined,
      } as const;
      const expected = without(() => linked(objects, options));
      expect(linked(objects, options)).toEqual(expected);
      if ((expected as { bytes?: unknown }).bytes !== undefined) made++;
    });
    expect(made).toBeGreaterThan(0);
  },
);
