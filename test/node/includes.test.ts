/** Where `.include` finds its files. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decodeUtf8 } from "../../src/bytes/index.js";
import { includeReader } from "../../src/node/index.js";
import { inScratchFolder } from "../support/tools.js";

test("as it is, in the folders given by their order, beside the file that names it; of bounded size", () => {
  inScratchFolder((folder) => {
    const put = (...path: readonly string[]): void => {
      mkdirSync(join(folder, ...path, ".."), { recursive: true });
      writeFileSync(join(folder, ...path), path[0]!);
    };
    for (const name of ["one", "two", "beside"]) put(name, "all.inc");
    for (const name of ["two", "beside"]) put(name, "some.inc");
    put("beside", "few.inc");
    mkdirSync(join(folder, "one", "few.inc"));
    const read = includeReader([join(folder, "one"), join(folder, "two")]);
    const from = join(folder, "beside", "a.s");
    const found = (name: string, limit = 100): string => {
      const file = read(name, from, limit);
      return "bytes" in file ? decodeUtf8(file.bytes) : file.reason;
    };
    expect(found("all.inc")).toBe("one");
    expect(found("some.inc")).toBe("two");
    expect(found("few.inc")).toBe("it is a folder");
    expect(found("none.inc")).toBe("there is no such file or folder");
    expect(found(join(folder, "beside", "few.inc"))).toBe("beside");
    expect(found("all.inc", 2)).toBe("it is larger than 2 bytes");
    expect(includeReader([])("few.inc", from, 100)).toMatchObject({ path: join(folder, "beside", "few.inc") });
  });
});
