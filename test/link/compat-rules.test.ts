/** What `--compat libbpf` refuses, warns of and leaves to the order of the other linker's tables. */
import { expect, test } from "vitest";
import { readBtf } from "../../src/btf/index.js";
import { Candidates } from "../../src/link/compat/candidates.js";
import { link, type LinkOptions, type LinkResult } from "../../src/link/index.js";
import type { ObjectFile } from "../../src/object/index.js";
import { readElf } from "../../src/elf/index.js";
import { clangMissing, kitchen } from "./compile.js";
import { fn, object } from "./objects.js";

const { compile } = kitchen();

const like = (inputs: readonly ObjectFile[], options: LinkOptions = {}): LinkResult =>
  link(inputs, { relocatable: true, compat: "libbpf", ...options });
const codes = ({ diagnostics }: LinkResult): string[] => diagnostics.map(({ code }) => code);

const contrary: readonly LinkOptions[] = [
  { keepDebug: true },
  { defsym: [{ name: "a", value: 1n }] },
  { wrap: ["f"] },
  { exports: ["f"] },
  { retainSymbols: ["f"] },
  { allowMultipleDefinition: true },
  { prefixSymbols: [{ prefix: "p_" }] },
  { localize: ["f"] },
  { rename: [{ from: "f", to: "g" }] },
  { defineCommon: true },
  { gcSections: true },
  { icf: true },
  { relax: true },
  { isa: 4 },
];

test.each(contrary)("$# an option that changes contents does not go with it", (options) => {
  const result = like([object(fn("f", " mov r0, 1"))], options);
  expect(codes(result)).toContain("link-compat-option");
  expect(result.bytes).toBeUndefined();
});

test("options that are off, choose inputs or ask for a report go with it", () => {
  const off: LinkOptions = { wrap: [], gcSections: false, keepStrings: true, undefined: ["f"], requireDefined: ["f"] };
  const { bytes, object: made, report } = like([object(fn("f", " mov r0, 1"))], off);
  expect(readElf(bytes!).sections.map(({ name }) => name)).toEqual(["", ".strtab", ".symtab", ".text"]);
  expect(made!.symbols.map(({ name }) => name)).toContain("f");
  expect(report!.map().sections.map(({ name }) => name)).toEqual([".text"]);
});

test("without -r, undefined names are errors as in any final link", () => {
  const inputs = [object(fn("f", " call g"))];
  expect(codes(like(inputs))).toEqual([]);
  expect(codes(like(inputs, { relocatable: false }))).toEqual(["link-undefined"]);
});

const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
  ["a section's symbol in data", [".data\nl: .quad 1\n.quad l+8\n", ""], /data refers to a section's symbol/],
  [
    "a section of another kind",
    ['.section s,"aw",@progbits\n.quad 1\n', '.section s,"aw",@nobits\n.skip 8\n'],
    /type 1 and type 8/,
  ],
  ["a note", ['.section .note.x,"",@note\n.long 1\n', ""], /of a type \(7\) that it does not know/],
];

test.each(refused)("%s is refused", (_, texts, message) => {
  const result = like(texts.map((text, i) => object(text, `${i}.o`)));
  expect(codes(result)).toEqual(["link-compat"]);
  expect(result.diagnostics[0]!.message).toMatch(message);
  expect([result.bytes, result.object]).toEqual([undefined, undefined]);
});

const map = (name: string, head = ""): string =>
  `${head} struct { __uint(type, 1); __type(key, int); __type(value, int); __uint(max_entries, 4); } ${name} SEC(".maps");`;
const use = (name: string): string =>
  `NOINLINE void *use_${name}(void) { int k = 0; return bpf_map_lookup_elem(&${name}, &k); }`;

test.skipIf(clangMissing !== "")(`places that the other linker leaves wrong are warned of${clangMissing}`, () => {
  const declares = compile("declares.o", `${map("m", "extern")} ${use("m")} ${map("own")} ${use("own")}`);
  const defines = compile("defines.o", `${map("first")} ${map("m")} ${use("first")}`);
  const open = like([declares]);
  expect(open.diagnostics.map(({ message, severity }) => `${severity}: ${message}`)).toEqual([
    "warning: libbpf's linker writes m, which is only declared, as a definition at 0 of .maps",
  ]);
  const joined = like([declares, defines]);
  expect(joined.diagnostics.map(({ message }) => message)).toEqual([
    "libbpf's linker writes types that list m at 0 of .maps, though it is at 64",
  ]);
  expect(codes(like([defines, declares]))).toEqual([]);
});

test.skipIf(clangMissing !== "")(`a relocation that would name no symbol is an error${clangMissing}`, () => {
  const text = (name: string): string =>
    `char _license[] SEC("license") = "GPL"; SEC("xdp") int ${name}(void *c) { return _license[(long)c & 3]; }`;
  const result = like([compile("one.o", text("one")), compile("two.o", text("two"))]);
  expect(codes(result)).toEqual(["link-compat-broken"]);
  expect(result.bytes).toBeUndefined();
});

test.skipIf(clangMissing !== "")(`a strong declaration makes a weak definition strong${clangMissing}`, () => {
  const body = "{ KEEP; return 1; }";
  const inputs = [
    compile("call.o", "int f(void); NOINLINE int g(void) { return f(); }"),
    compile("weak.o", `__weak NOINLINE int f(void) ${body}`),
    compile("strong.o", `NOINLINE int f(void) ${body}`),
  ];
  expect(codes(like(inputs))).toEqual(["link-compat"]);
  expect(codes(like(inputs.toReversed()))).toEqual([]);
});

test.skipIf(clangMissing !== "")(
  `versions differ in lone forward declarations and the header of .BTF${clangMissing}`,
  () => {
    const inputs = [compile("fwd.o", "struct s; struct s *a;"), compile("full.o", "struct s { int m; }; struct s *b;")];
    const facts = (["libbpf", "libbpf-1.0", "libbpf-1.1", "libbpf-1.6", "libbpf-1.7", "libbpf-1.8"] as const).map(
      (compat) => {
        const { data } = readElf(like(inputs, { compat }).bytes!).sections.find(({ name }) => name === ".BTF")!;
        return [readBtf(data).findByName("s", "fwd") !== undefined, data[4]];
      },
    );
    expect(facts).toEqual([
      [true, 24],
      [true, 24],
      [false, 24],
      [false, 24],
      [false, 24],
      [false, 32],
    ]);
  },
);

test("types of one hash are tried the latest first, and turned round when the table grows", () => {
  const table = new Candidates();
  for (const id of [1, 2, 3]) table.add(7, id);
  expect([...table.of(7)]).toEqual([3, 2, 1]);
  // The fourth of four places is above three quarters.
  table.add(7, 4);
  expect([...table.of(7)]).toEqual([4, 1, 2, 3]);
  table.add(8, 5);
  table.add(7, 6);
  table.add(8, 7);
  expect([...table.of(7)]).toEqual([3, 2, 1, 4, 6]);
  expect([...table.of(9)]).toEqual([]);
});
