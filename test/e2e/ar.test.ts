/** `bpfkit ar` and `bpfkit size`: the same archives as GNU ar and llvm-ar make, the same counts as GNU size. */
import { mkdirSync } from "node:fs";
import { expect, test } from "vitest";
import { workshop } from "../support/cli.js";
import { corpusMissing, corpusObjects, corpusPath } from "../support/corpus.js";
import { objectDefining } from "../support/elf.js";
import { runTool, toolMissing } from "../support/tools.js";

const shop = workshop();
shop.write("one.o", objectDefining(["one", "shared"]));
shop.write("two.o", objectDefining(["two"], 24));
shop.write("a-name-of-more-than-15.o", objectDefining(["long"], 8));
shop.write("note.txt", "no object");
const all = ["one.o", "two.o", "a-name-of-more-than-15.o", "note.txt"];

for (const tool of ["ar", "llvm-ar-22"]) {
  const missing = toolMissing(tool);
  test.skipIf(missing !== "")(`archives are ${tool}'s, byte for byte${missing}`, () => {
    const theirs = (key: string, ...files: string[]): Uint8Array => {
      expect(runTool(tool, [key, "theirs.a", ...files], undefined, shop.folder).status).toBe(0);
      return shop.read("theirs.a");
    };
    const ours = (key: string, ...files: string[]): Uint8Array => {
      shop.ok(["ar", key, "ours.a", ...files]);
      return shop.read("ours.a");
    };
    for (const thin of ["", "T"]) {
      expect(ours(`rcsD${thin}`, ...all)).toEqual(theirs(`rcsD${thin}`, ...all));
      expect(shop.ok(["ar", "t", "theirs.a"]).stdout).toBe(`${all.join("\n")}\n`);
      expect(ours(`rD${thin}`, "two.o")).toEqual(theirs(`rD${thin}`, "two.o"));
      expect(ours(`dD${thin}`, "one.o")).toEqual(theirs(`dD${thin}`, "one.o"));
      expect(ours(`qD${thin}`, "two.o")).toEqual(theirs(`qD${thin}`, "two.o"));
      shop.bpfkit(["ar", "d", "ours.a", ...all, "two.o"]);
      for (const name of ["ours.a", "theirs.a"]) runTool("rm", [name], undefined, shop.folder);
    }
  });
}

test("an index is left out on demand and made again", () => {
  shop.ok(["ar", "rcS", "index.a", "one.o", "two.o"]);
  expect(shop.ok(["ar", "t", "--json", "index.a"]).stdout).not.toContain("shared");
  shop.ok(["ar", "s", "index.a"]);
  expect(JSON.parse(shop.ok(["ar", "t", "--json", "index.a"]).stdout)).toMatchObject({
    thin: false,
    members: [
      { name: "one.o", symbols: ["one", "shared"] },
      { name: "two.o", symbols: ["two"] },
    ],
  });
});

test("members come out as they went in", () => {
  shop.ok(["ar", "rc", "out.a", ...all]);
  expect(shop.ok(["ar", "p", "out.a", "note.txt"]).stdout).toBe("no object");
  const before = shop.read("one.o");
  shop.write("one.o", "changed");
  shop.ok(["ar", "x", "out.a", "one.o"]);
  expect(shop.read("one.o")).toEqual(before);
  expect(shop.ok(["ar", "tv", "out.a", "note.txt"]).stdout).toBe("rw-r--r-- 0/0      9 1970-01-01 00:00 note.txt\n");
});

test("thin archives name files from their own folder on", () => {
  runTool("mkdir", ["-p", "lib"], undefined, shop.folder);
  shop.ok(["ar", "rcT", "lib/thin.a", "two.o"]);
  expect(shop.ok(["ar", "t", "lib/thin.a"]).stdout).toBe("../two.o\n");
  expect(shop.ok(["ar", "p", "lib/thin.a"]).bytes).toEqual(shop.read("two.o"));
  expect(shop.ok(["size", "lib/thin.a"]).stdout).toContain("../two.o (ex lib/thin.a)");
  expect(shop.bpfkit(["ar", "x", "lib/thin.a"]).stderr).toContain("[ar-extract]");
});

test("a member of a thin archive that is called - is a file, not standard input", () => {
  shop.write("-", shop.read("two.o"));
  shop.ok(["ar", "rcT", "dash.a", "./-"]);
  expect(shop.ok(["ar", "t", "dash.a"]).stdout).toBe("-\n");
  expect(shop.ok(["ar", "p", "dash.a"], "from standard input").bytes).toEqual(shop.read("two.o"));
});

test("wrong keys, missing members and names that lead out of the folder are errors, and change nothing", () => {
  shop.ok(["ar", "rc", "kept.a", "one.o"]);
  const before = shop.read("kept.a");
  for (const key of ["z", "rd", "c", "rT"]) expect(shop.bpfkit(["ar", key, "kept.a", "two.o"]).status).toBe(2);
  expect(shop.bpfkit(["ar", "d", "kept.a", "two.o"]).stderr).toContain("no member two.o [ar-member]");
  expect(shop.bpfkit(["ar", "r", "kept.a", "two.o", "missing.o"]).stderr).toContain("[file-not-read]");
  expect(shop.bpfkit(["ar", "r", "new.a", "missing.o"]).status).toBe(1);
  expect(shop.has("new.a")).toBe(false);
  expect(shop.read("kept.a")).toEqual(before);
  expect(shop.bpfkit(["ar", "t", "note.txt"]).stderr).toContain("[ar-magic]");

  const evil = Buffer.from(before).toString("latin1").replace("one.o/   ", "..\\one.o/");
  shop.write("evil.a", Buffer.from(evil, "latin1"));
  expect(shop.bpfkit(["ar", "x", "evil.a"]).stderr).toContain("[ar-extract]");
});

const noSize = toolMissing("bpf-size") + corpusMissing;
test.skipIf(noSize !== "")(`counts are GNU size's${noSize}`, () => {
  const files = corpusObjects()
    .filter((name) => !name.includes("/corrupt/"))
    .map(corpusPath);
  const readable = files.filter((_, i) => i % 9 === 0);
  expect(readable.length).toBeGreaterThan(20);
  for (const flag of ["-B", "-A"]) {
    // GNU size makes the columns of linked files wider than what stands in them.
    const words = (text: string): string => text.replaceAll(/[ \t]+/g, " ");
    const theirs = runTool("bpf-size", [flag, ...readable]);
    expect(words(shop.bpfkit(["size", flag, ...readable]).stdout)).toBe(words(theirs.stdout));
  }
});

const noAr = toolMissing("bpf-ar");
test.skipIf(noAr !== "")(
  `members are placed, moved, counted and told of as by bpf-ar${noAr}`,
  { timeout: 60_000 },
  () => {
    for (const name of ["1", "2", "3", "4"]) shop.write(`${name}.t`, name);
    for (const step of [
      ["rcs", "1.t", "2.t", "3.t"],
      ["rb 2.t", "4.t"],
      ["ma 1.t", "3.t"],
      ["m", "1.t"],
      ["qv", "2.t"],
      ["rv", "2.t", "1.t"],
      // Of several files behind one member, bpf-ar turns the order round: llvm-ar and we do not.
      ["ra 3.t", "1.t"],
      ["-dv", "4.t"],
      ["tO"],
      ["pv", "3.t"],
      ["ri nobody", "4.t"],
      ["dN 2", "2.t"],
      ["t"],
    ]) {
      const [key, ...files] = step;
      const words = (archive: string): string[] => [...key!.split(" "), archive, ...files];
      const theirs = runTool("bpf-ar", words("theirs.a"), undefined, shop.folder);
      expect(shop.ok(["ar", ...words("ours.a")]).stdout, step.join(" ")).toBe(theirs.stdout);
      const listed = (archive: string): string => shop.ok(["ar", "t", archive]).stdout;
      expect(listed("ours.a"), step.join(" ")).toBe(listed("theirs.a"));
    }
  },
);

test("what is there is listed, extracted and deleted, and what is not is told", () => {
  shop.ok(["ar", "rc", "some.a", "one.o", "two.o"]);
  const listed = shop.bpfkit(["ar", "t", "some.a", "nobody.o", "two.o"]);
  expect(listed).toMatchObject({ status: 1, stdout: "two.o\n" });
  expect(listed.stderr).toMatch(/some\.a has no member nobody\.o \[ar-member\]/);
  expect(shop.bpfkit(["ar", "d", "some.a", "nobody.o", "two.o"]).status).toBe(1);
  expect(shop.ok(["ar", "t", "some.a"]).stdout).toBe("one.o\n");
});

test("an empty file becomes an archive, archives are added by their members, members go to a folder", () => {
  shop.write("empty.a", "");
  expect(shop.bpfkit(["ar", "t", "empty.a"]).stderr).toMatch(/^empty\.a\(0x0\): error: not an ar archive/);
  shop.ok(["ar", "rcs", "inner.a", "one.o", "two.o"]);
  shop.ok(["ar", "qcsL", "empty.a", "inner.a", "note.txt"]);
  expect(shop.ok(["ar", "t", "empty.a"]).stdout).toBe("one.o\ntwo.o\nnote.txt\n");
  mkdirSync(shop.path("apart"));
  shop.ok(["ar", "x", "--output", "apart", "empty.a", "note.txt"]);
  expect(shop.has("apart/note.txt")).toBe(true);
  expect(shop.bpfkit(["ar", "rM", "x.a"]).stderr).toMatch(/no MRI scripts/);
  expect(shop.bpfkit(["ar", "xN", "two", "inner.a"]).status).toBe(2);
  expect(shop.bpfkit(["ar", "ra", "inner.a"]).stderr).toMatch(/the archive is missing/);
});
