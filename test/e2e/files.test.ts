/** What every inspecting verb does with bad files, several files and pipes that close, and the shape of what it prints as JSON. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, workshop } from "../support/cli.js";
import { buildDemo } from "../support/demo.js";
import { expectGolden } from "../support/golden.js";

const shop = workshop();
buildDemo(shop, "tunnel.o");
const good = "tunnel.o.xdp.o";
const bytes = shop.read(good);
const bad = ["missing.o", "folder", "empty.o", "short.o", "half.o", "text.o", "half.a"];
mkdirSync(shop.path("folder"));
shop.write("empty.o", "");
shop.write("short.o", bytes.slice(0, 30));
shop.write("half.o", bytes.slice(0, bytes.length >> 1));
shop.write("text.o", "no object at all\n");
shop.write("none.a", "!<arch>\n");
shop.ok(["ar", "rcs", "both.a", good, "tunnel.o.lib.o"]);
shop.write("half.a", shop.read("both.a").slice(0, -200));
shop.write(
  "typed.s",
  '\t.license "GPL"\n\t.map hits, type=array, key=u32, value=u64, max_entries=4\n\t.program xdp\n\t.func int count(struct xdp_md *ctx)\n\tldimm64 r1, hits\n\tmov r0, 2\n\texit\n\t.endfunc\n',
);
shop.ok(["as", "typed.s", "-o", "typed.o"]);

/** Each verb with what it needs to show something. */
const verbs: readonly (readonly string[])[] = [
  ["objdump", "-d"],
  ["objdump", "-x"],
  ["objdump", "--cfg"],
  ["readelf", "-a"],
  ["readelf", "-x", "xdp"],
  ["nm"],
  ["size"],
  ["strip", "-g"],
];

for (const verb of verbs) {
  test(`${verb.join(" ")}: one error for each bad file, and the good one is dealt with all the same`, () => {
    shop.write("good.o", bytes);
    const last = shop
      .ok([...verb, "good.o"])
      .stdout.trimEnd()
      .split("\n")
      .at(-1)!;
    for (const file of bad) {
      const alone = shop.bpfkit([...verb, file]);
      expect({ file, status: alone.status }).toEqual({ file, status: 1 });
      expect(alone.stderr.match(/error: .*\[[a-z-]+\]$/gm), `${file}: ${alone.stderr}`).toHaveLength(1);
      expect(alone.stderr).toContain(file);
      if (verb[0] === "strip") continue;
      const both = shop.bpfkit([...verb, file, "good.o"]);
      expect(both.status).toBe(1);
      // What a listing says of one file stands in that of two, under the file's name.
      expect(both.stdout).toContain(last);
    }
    const none = shop.bpfkit([...verb, "none.a"]);
    if (!verb.includes("--cfg")) expect(none).toMatchObject({ status: 0, stdout: "", stderr: "" });
  });
}

test("btf dump, objcopy and ar say one thing of a bad file", () => {
  for (const verb of [["btf", "dump"], ["objcopy"], ["ar", "t"]]) {
    for (const file of bad) {
      // Half an archive has whole members, and a linked half of an object may have its types.
      const { status, stdout, stderr } = shop.bpfkit([...verb, file, ...(verb[0] === "objcopy" ? ["never.o"] : [])]);
      expect({ verb, file, status, stdout }).toEqual({ verb, file, status: 1, stdout: "" });
      expect(stderr.match(/error: .*\[[a-z-]+\]$/gm)).toHaveLength(1);
      expect(stderr).toContain(file);
    }
  }
  expect(shop.bpfkit(["btf", "dump", "both.a"]).stderr).toMatch(/it is an archive \[cli-no-btf\][^]*ar x/);
  expect(shop.bpfkit(["btf", "dump", good]).stderr).toMatch(/there is no section \.BTF \[cli-no-btf\][^]*-g/);
});

const isRoot = process.getuid?.() === 0 ? " (skipped: root may read everything)" : "";
test.skipIf(isRoot !== "")(`a file that may not be read is told, and the next one follows${isRoot}`, () => {
  shop.write("secret.o", bytes);
  chmodSync(shop.path("secret.o"), 0);
  const { status, stdout, stderr } = shop.bpfkit(["nm", "secret.o", good]);
  expect({ status, told: /secret\.o: permission denied/.test(stderr), shown: stdout !== "" }).toEqual({
    status: 1,
    told: true,
    shown: true,
  });
});

test("the header of a file that ends too early is shown, and JSON has the fault among the problems", () => {
  expect(shop.bpfkit(["readelf", "-h", "half.o"]).stdout).toMatch(/Machine: +Linux BPF\n/);
  const [facts] = JSON.parse(shop.bpfkit(["readelf", "-S", "--json", "half.o"]).stdout) as {
    sections: object[];
    problems: { code: string }[];
  }[];
  expect(facts!.sections).toEqual([]);
  expect(facts!.problems.map(({ code }) => code)).toEqual(["bytes-truncated"]);
});

test("a reader that goes away early is no error", () => {
  for (const words of [
    ...verbs.slice(0, -1).map((verb) => [...verb, "tunnel.o.xdp.o"]),
    ["objdump", "-d", "--json", good],
    ["readelf", "-a", "--json", good],
    ["nm", "--json", good],
    ["size", "--json", good],
    ["ar", "tv", "both.a"],
    ["ar", "p", "both.a"],
    ["btf", "dump", "typed.o"],
    ["btf", "dump", "typed.o", "format", "c"],
    ["btf", "diff", "typed.o", "typed.o", "--json"],
    ["objcopy", "--json", good, "copy.o"],
    ["nm", "--help"],
  ]) {
    const script = '{ "$0" "$@"; echo "status $?" >&2; } | true';
    const command = [process.execPath, join(root, "bin/bpfkit"), ...words];
    const { stderr } = spawnSync("sh", ["-c", script, ...command], { cwd: shop.folder, encoding: "utf8" });
    expect(`${words.join(" ")}: ${stderr}`).toBe(`${words.join(" ")}: status 0\n`);
  }
});

/** The paths of a JSON value with the kinds of what is there, those of all elements of an array together. */
function shapeOf(value: unknown, path: string, into: Map<string, Set<string>>): void {
  const kind = value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
  if (kind !== "object" || path === "") {
    const kinds = into.get(path) ?? new Set();
    into.set(path, kinds.add(kind));
  }
  if (Array.isArray(value)) for (const each of value) shapeOf(each, `${path}[]`, into);
  else if (kind === "object") {
    for (const [key, each] of Object.entries(value as object)) shapeOf(each, `${path}.${key}`, into);
  }
}

test("the shapes of JSON", () => {
  const commands: readonly (readonly string[])[] = [
    ["objdump", "-d", "-r", "-h", "typed.o"],
    ["objdump", "-S", "typed.o"],
    ["objdump", "--cfg", "typed.o"],
    ["readelf", "-a", "--btf", "--btf-ext", "-x", "xdp", "-p", ".strtab", "-R", "xdp", "typed.o"],
    ["nm", "typed.o"],
    ["size", "typed.o"],
    ["ar", "t", "both.a"],
    ["objcopy", "-R", "license", "typed.o", "copied.o"],
    ["btf", "dump", "typed.o"],
    ["btf", "diff", "typed.o", "typed.o"],
  ];
  const text = commands.map((command) => {
    const shapes = new Map<string, Set<string>>();
    shapeOf(JSON.parse(shop.ok([...command, "--json"]).stdout), "", shapes);
    const lines = [...shapes].map(([path, kinds]) => `${path}: ${[...kinds].toSorted().join(" ")}`);
    return `bpfkit ${command.join(" ")} --json\n${lines.toSorted().join("\n")}\n`;
  });
  expectGolden("json-shapes.txt", text.join("\n"));
  expect(readFileSync(join(root, "docs/inspection.md"), "utf8")).toContain("json-shapes.txt");
});
