import { expect, test } from "vitest";
import { link } from "../../src/link/index.js";
import { imageOf } from "../../src/object/index.js";
import { createVm } from "../../src/vm/index.js";
import { fn, main, object } from "./objects.js";

const leaf = (name: string, value: number): string => fn(name, ` mov r0, ${value}`);

test("functions that do the same become one, also those that call such; address-taken ones and programs stay", () => {
  const a = object(
    main(
      " call a1\n mov r6, r0\n call b1\n add r6, r0\n call c1\n add r6, r0\n call d1\n add r0, r6\n ldimm64 r1, taken",
    ) +
      leaf("a1", 1) +
      leaf("taken", 2),
  );
  const b = object(
    leaf("a2", 1) + leaf("two", 2) + fn("b1", " call a1\n add r0, 10") + fn("c1", " call a2\n add r0, 10"),
    "b.o",
  );
  const c = object(fn("d1", " call two\n add r0, 10"), "c.o");
  const { object: made, diagnostics, report } = link([a, b, c], { icf: true });
  expect(diagnostics).toEqual([]);
  const done = createVm(imageOf(made!)).run("main");
  expect(done.kind === "fault" ? done.diagnostic.message : done.r0).toBe(1n + 11n + 11n + 12n);
  const names = made!.symbols.filter(({ binding }) => binding === "global").map(({ name }) => name);
  expect(names.toSorted()).toEqual(["a1", "b1", "d1", "main", "taken", "two"]);
  expect(report!.map().dropped.map(({ name }) => name)).toEqual(["a2", "c1"]);
  // In a relocatable link, others may want the names.
  expect(link([a, b, c], { icf: true, relocatable: true }).report!.map().dropped).toEqual([]);
});
