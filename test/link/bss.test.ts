import { expect, test } from "vitest";
import { link } from "../../src/link/index.js";
import { noFlags } from "../../src/object/index.js";
import { makeObject, makeSection } from "../support/objects.js";

test("several sections without contents become one, larger one without contents", () => {
  const flags = { ...noFlags, alloc: true, write: true };
  const bss = (size: number): ReturnType<typeof makeSection> =>
    makeSection(".bss", new Uint8Array(0), { type: "nobits", flags, size });
  const { object } = link([makeObject([bss(12), bss(4)], []), makeObject([bss(8)], [])], { relocatable: true });
  expect(object!.sections.map(({ name, type, size }) => ({ name, type, size }))).toEqual([
    { name: ".bss", type: "nobits", size: 32 },
  ]);
});
