import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import fc from "fast-check";
import { BpfkitError } from "../../src/diag/index.js";
import { definedSymbols, readArchive, readElf, writeArchive, type Archive } from "../../src/elf/index.js";
import { objectDefining } from "../support/elf.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { mutateBytes } from "../support/mutate.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

const files = {
  "a.o": objectDefining(["alpha", "shared", "naïve"]),
  "a_name_longer_than_sixteen.o": objectDefining(["beta", "shared"], 24),
  "note.txt": new TextEncoder().encode("odd"),
  "fifteen_chars.o": objectDefining([]),
  "sixteen__chars.o": objectDefining(["gamma"]),
} as const;
const names = Object.keys(files) as (keyof typeof files)[];
const members = names.map((name) => ({ name, data: files[name] }));
const index = [
  ["alpha", 0],
  ["shared", 0],
  ["naïve", 0],
  ["beta", 1],
  ["shared", 1],
  ["gamma", 4],
];

function expectMembers(archive: Archive): void {
  expect(archive.members.map((member) => member.name)).toEqual(names);
  for (const { name, data, size } of archive.members) {
    expect(size).toBe(files[name as keyof typeof files].length);
    expect(Buffer.compare(data!, files[name as keyof typeof files]), name).toBe(0);
  }
  const found = archive.symbols!.map(({ name, member }) => [name, member]);
  // BSD's index is sorted by name.
  const order = (a: unknown[], b: unknown[]): number => (String(a) < String(b) ? -1 : 1);
  expect(found.toSorted(order)).toEqual(index.toSorted(order));
}

test("what was written reads back: members, long names, index", () => {
  const archive = readArchive(writeArchive(members), { file: "x.a" });
  expect(archive).toMatchObject({ file: "x.a", flavour: "gnu", thin: false });
  expectMembers(archive);
  expect(archive.members[0]).toMatchObject({ date: 0, uid: 0, gid: 0, mode: 0o644, origin: undefined });
  expect(readArchive(writeArchive([]))).toMatchObject({ members: [], symbols: undefined });
  expect(readArchive(writeArchive([{ name: "x", data: new Uint8Array(1) }])).symbols).toBeUndefined();
});

test("any members come back, in their order, with the symbols that were given", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }).filter((text) => {
    // Blanks at a name's end cannot be told from the header's padding, nor a leading #1/ from BSD's mark.
    return !/[/\n\0]|^__\.SYMDEF/.test(text);
  });
  const symbol = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !text.includes("\0"));
  const member = fc.record({
    name,
    data: fc.uint8Array({ maxLength: 33 }),
    symbols: fc.array(symbol, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(member, { maxLength: 8 }), (given) => {
      const archive = readArchive(writeArchive(given));
      expect(archive.members.map((each) => [each.name, [...each.data!]])).toEqual(
        given.map((each) => [each.name, [...each.data]]),
      );
      const symbols = given.flatMap((each, i) => each.symbols.map((text) => ({ name: text, member: i })));
      expect(archive.symbols ?? []).toEqual(symbols);
    }),
  );
});

test("members that an archive cannot hold are refused", () => {
  for (const name of ["", "a/b", "a\nb", "a\0b"]) {
    expect(() => writeArchive([{ name, data: new Uint8Array(1) }])).toThrowError(BpfkitError);
  }
  expect(() => writeArchive([{ name: "a", data: new Uint8Array(1), symbols: ["x\0y"] }])).toThrowError(BpfkitError);
});

const noTools = toolMissing("ar", "llvm-ar-22");

function inFolderOfMembers<Result>(
  use: (path: (name: string) => string, run: (tool: string, args: string[]) => void) => Result,
): Result {
  return inScratchFolder((folder) => {
    const path = (name: string): string => join(folder, name);
    for (const { name, data } of members) writeFileSync(path(name), data, { mode: 0o644 });
    const run = (tool: string, args: string[]): void => {
      const { status, stderr } = runTool(tool, args, undefined, folder);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    };
    return use(path, run);
  });
}

test.skipIf(noTools !== "")(`the bytes are those of ar and llvm-ar${noTools}`, () => {
  inFolderOfMembers((path, run) => {
    const ours = writeArchive(members);
    run("ar", ["rcsD", path("gnu.a"), ...names.map(path)]);
    run("llvm-ar-22", ["rcsD", "--format=gnu", path("llvm.a"), ...names.map(path)]);
    expect(Buffer.compare(readFileSync(path("gnu.a")), ours)).toBe(0);
    expect(Buffer.compare(readFileSync(path("llvm.a")), ours)).toBe(0);
    writeFileSync(path("ours.a"), ours);
    for (const tool of ["ar", "llvm-ar-22"]) {
      expect(
        runTool(tool, ["t", path("ours.a")])
          .stdout.trimEnd()
          .split("\n"),
      ).toEqual(names);
    }
  });
});

test.skipIf(noTools !== "")(`archives in BSD's and Darwin's format read the same${noTools}`, () => {
  inFolderOfMembers((path, run) => {
    for (const format of ["bsd", "darwin"]) {
      run("llvm-ar-22", ["rcsD", `--format=${format}`, path(`${format}.a`), ...names.map(path)]);
      const archive = readArchive(readFileSync(path(`${format}.a`)));
      expect(archive).toMatchObject({ flavour: "bsd", thin: false });
      if (format === "bsd") expectMembers(archive);
      // Darwin's contents are padded to eight bytes, and the padding counts.
      else expect(archive.members.map((member) => member.name)).toEqual(names);
    }
  });
});

test.skipIf(noTools !== "")(`thin archives name their files, also inside other archives${noTools}`, () => {
  inFolderOfMembers((path, run) => {
    run("ar", ["rcsD", path("inner.a"), ...names.map(path)]);
    for (const tool of ["ar", "llvm-ar-22"]) {
      const flags = tool === "ar" ? ["rcsDT"] : ["rcsD", "--thin"];
      run(tool, [...flags, `${tool}.a`, ...names]);
      const thin = readArchive(readFileSync(path(`${tool}.a`)));
      expect(thin.thin).toBe(true);
      expect(thin.members.map((member) => member.name)).toEqual(names);
      for (const member of thin.members) {
        expect(member.data).toBeUndefined();
        expect(member.size).toBe(files[member.name as keyof typeof files].length);
      }
      expect(thin.symbols!.map(({ name, member }) => [name, member])).toEqual(index);
    }
    run("ar", ["rcsDT", "nested.a", "inner.a"]);
    const inner = readArchive(readFileSync(path("inner.a")));
    const nested = readArchive(readFileSync(path("nested.a")));
    expect(nested.members.map((member) => [member.name, member.origin])).toEqual(
      inner.members.map((member) => ["inner.a", member.offset]),
    );
  });
});

test("each broken archive is one structured error", () => {
  const good = writeArchive(members);
  const code = (change: (bytes: Uint8Array) => Uint8Array | void): string | undefined => {
    const bytes = good.slice();
    try {
      readArchive(change(bytes) ?? bytes);
    } catch (error) {
      return (error as BpfkitError).diagnostics[0]?.code;
    }
    return undefined;
  };
  const put = (at: number, text: string) => (bytes: Uint8Array) => bytes.set(new TextEncoder().encode(text), at);
  expect(code((bytes) => bytes.subarray(0, 7))).toBe("ar-magic");
  expect(code(put(8 + 58, "xx"))).toBe("ar-header");
  expect(code(put(8 + 48, "-1"))).toBe("ar-header");
  expect(code(put(8 + 48, "          "))).toBe("ar-header");
  expect(code(put(8 + 48, "9999999999"))).toBe("ar-bounds");
  expect(code((bytes) => bytes.subarray(0, bytes.length - 2))).toBe("ar-bounds");
  expect(code((bytes) => bytes.subarray(0, 40))).toBe("bytes-truncated");
  const long = Buffer.from(good).indexOf("/0     ");
  expect(code(put(long, "/9999"))).toBe("ar-name");
  expect(code(put(long, "#1/9999999"))).toBe("ar-name");
  // The index: its count, an offset, the names.
  expect(code(put(68, "\x7f"))).toBe("ar-index");
  expect(code(put(72, "\x7f"))).toBe("ar-index");
});

test("mutated archives end in structured errors only", () => {
  const seeds = [writeArchive(members), writeArchive([{ name: "x", data: new Uint8Array(9), symbols: ["s", "t"] }])];
  const bsd = (text: string): Uint8Array => new TextEncoder().encode(text);
  const header = (name: string, size: number): string =>
    `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"644".padEnd(8)}${String(size).padEnd(10)}\`\n`;
  const ranlib = "\x08\0\0\0\0\0\0\0\x58\0\0\0\x04\0\0\0abc\0";
  seeds.push(bsd(`!<arch>\n${header("__.SYMDEF", ranlib.length)}${ranlib}${header("#1/4", 6)}a.o\0xy`));
  expect(readArchive(seeds[2]!)).toMatchObject({
    flavour: "bsd",
    members: [{ name: "a.o", size: 2 }],
    symbols: [{ name: "abc", member: 0 }],
  });
  const rounds = fuzzRounds(3_000);
  const { accepted, refused } = fuzz(rounds, (random) => {
    const archive = readArchive(mutateBytes(random, random.pick(seeds), seeds));
    for (const { data } of archive.members) if (data !== undefined) definedSymbols(data);
    writeArchive(archive.members.map(({ name, data }) => ({ name, data: data ?? new Uint8Array(0), symbols: [] })));
  });
  console.log(`ar fuzz: ${rounds} inputs, ${accepted} read, ${refused} refused`);
  expect(accepted).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
});

test("the objects of an archive are ELF files", () => {
  const [first] = readArchive(writeArchive(members)).members;
  expect(readElf(first!.data!).sections[1]).toMatchObject({ name: ".text", size: 16 });
  expect(definedSymbols(first!.data!)).toEqual(["alpha", "shared", "naïve"]);
});
