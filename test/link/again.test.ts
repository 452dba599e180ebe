/** A link of a link is the link: linking again changes nothing, and parts linked first give what all of them at once give. */
import { expect, test } from "vitest";
import { BpfkitError } from "../../src/diag/index.js";
import { link, readForLink, type LinkOptions } from "../../src/link/index.js";
import { readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { corpusMissing, corpusObjects, readCorpus } from "../support/corpus.js";
import { clangMissing, kitchen } from "./compile.js";
import { linked } from "./objects.js";

const { compile } = kitchen();

const ways: [LinkOptions][] = [[{ relocatable: true }], [{ icf: true, relax: true }], [{ gcSections: true }]];

/** What `made` gives, or what is wrong with it. */
function attempt<T>(made: () => T): T | string {
  try {
    return made();
  } catch (error) {
    if (error instanceof BpfkitError) return error.message;
    throw error;
  }
}

test.skipIf(corpusMissing !== "").each(ways)(`corpus objects linked twice, with %o${corpusMissing}`, (options) => {
  let count = 0;
  for (const file of corpusObjects()) {
    const once = attempt(() => link([readObject(readCorpus(file), { file })], options).object);
    if (once === undefined || typeof once === "string") continue;
    const bytes = attempt(() => writeObject(once));
    if (typeof bytes === "string") continue;
    const again = link([readForLink(bytes, { file })], options);
    expect(again.object, `${file}: ${again.diagnostics[0]?.message}`).toBeDefined();
    expect(Buffer.compare(writeObject(again.object!), bytes), file).toBe(0);
    count++;
  }
  expect(count).toBeGreaterThan(250);
});

const sources = [
  `static int seen = 1; extern int total; int twice(int); __weak int spare(int x) { return x; }
   SEC("socket") int first(void *ctx) { seen++; return twice(seen) + spare(total); }`,
  `static int seen = 2; int total = 3; static __noinline int inner(int x) { return x + ++seen; }
   int twice(int x) { return 2 * inner(x); }`,
  `static int seen = 3; extern int total; int twice(int); int spare(int x) { return x + 1; }
   SEC("socket") int second(void *ctx) { return twice(++seen) + spare(total++); }`,
];

test.skipIf(clangMissing !== "").each(["bpfel", "bpfeb"])(`parts linked first, %s${clangMissing}`, (target) => {
  const [a, b, c] = sources.map((text, i) => compile(`${target}${i}`, text, "-target", target)) as [
    ObjectFile,
    ObjectFile,
    ObjectFile,
  ];
  const relocatable = { relocatable: true };
  const part = (...objects: ObjectFile[]): ObjectFile => {
    const bytes = writeObject(linked(objects, relocatable));
    return readForLink(bytes, { file: "part.o" });
  };
  const all = Buffer.from(writeObject(linked([a, b, c], relocatable)));
  for (const objects of [[part(a, b), c], [a, part(b, c)], [part(a), part(part(b), c)], [part(a, b, c)]]) {
    expect(Buffer.compare(writeObject(linked(objects, relocatable)), all)).toBe(0);
    expect(writeObject(linked(objects))).toEqual(writeObject(linked([a, b, c])));
  }
});
