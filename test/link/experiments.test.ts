/** The experiments of the reference, with the right answers: also where other linkers have none. */
import { expect, test } from "vitest";
import { readBtf } from "../../src/btf/index.js";
import { link, type LinkOptions, type LinkResult } from "../../src/link/index.js";
import { imageOf, readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { clangMissing, kitchen } from "./compile.js";
import { runTool } from "../support/tools.js";

const { compile, path, write } = kitchen();

const license = (text: string, name = "L"): string => `char ${name}[] SEC("license") = "${text}";`;
const map = (fields: string, head = ""): string =>
  `${head} struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, int); ${fields} } m SEC(".maps");`;
/** Uses the map, so that its declaration is in the object. */
const useMap = "NOINLINE void *use(void) { int k = 0; return bpf_map_lookup_elem(&m, &k); }";
const user = (type: string, declaration: string): string =>
  `extern ${declaration}; NOINLINE ${type} *address(void) { return (${type} *)&v; }`;

interface Case {
  readonly name: string;
  readonly sources: readonly string[];
  readonly flags?: readonly string[];
  readonly options?: LinkOptions;
  /** Codes of the diagnostics, in any order. */
  readonly codes?: readonly string[];
  readonly check?: (object: ObjectFile, result: LinkResult) => void;
}

const weak = (value: number): string => `__weak NOINLINE int f(void) { KEEP; return ${value}; }`;
const tentative = "long v; NOINLINE long *g(void) { return &v; }";
const strong = (value: number): string => `NOINLINE int f(void) { KEEP; return ${value}; }`;
const symbol = (object: ObjectFile, name: string): ObjectFile["symbols"][number] | undefined =>
  object.symbols.find((each) => each.name === name);
const struct = (member: string, name = "s"): string => `struct ${name} { int a; int ${member}; }`;

/** Name, offset and size of the variables that types list for a section. */
function variables(object: ObjectFile, section: string): (string | number)[][] {
  const btf = readBtf(object.sections.find(({ name }) => name === ".BTF")!.data, { endian: object.endian });
  const found = btf.type(btf.findByName(section, "datasec")!);
  if (found.kind !== "datasec") throw new Error(section);
  return found.vars.map(({ type, offset, size }) => {
    const variable = btf.type(type);
    return [variable.kind === "var" ? variable.name : "", offset, size];
  });
}

const cases: readonly Case[] = [
  { name: "the same license twice is kept once", sources: [license("GPL"), license("GPL")] },
  {
    name: "licenses that differ are an error",
    sources: [license("GPL"), license("MIT")],
    codes: ["link-single-section"],
  },
  {
    name: "two weak functions and a strong one: the strong one wins",
    sources: [weak(1), weak(2), strong(3)],
    check: (object) => expect(symbol(object, "f")).toMatchObject({ home: { offset: 32 }, binding: "global" }),
  },
  { name: "two strong functions are an error", sources: [strong(1), strong(2)], codes: ["link-duplicate"] },
  {
    name: "of two strong functions the first wins where that is allowed",
    sources: [strong(1), strong(2)],
    options: { allowMultipleDefinition: true },
  },
  {
    name: "undefined names are errors of the final link, each of them",
    sources: ["extern int v; int g(void); NOINLINE int f(void) { return g() + v; }"],
    options: { relocatable: false },
    codes: ["link-undefined", "link-undefined"],
  },
  {
    name: "objects without types are linked",
    sources: [strong(1), "int f(void); NOINLINE int g(void) { return f() + 1; }"],
    flags: ["-g0"],
    options: { relocatable: false },
  },
  {
    name: "int and unsigned differ in meaning",
    sources: ["int v = 1;", user("unsigned", "unsigned v")],
    codes: ["link-type-meaning"],
  },
  {
    name: "int and long differ in layout",
    sources: ["int v = 1;", user("long", "long v")],
    codes: ["link-type-layout"],
  },
  {
    name: "arrays of other lengths differ in meaning",
    sources: ["int v[4] = {1};", user("int", "int v[8]")],
    codes: ["link-type-meaning"],
  },
  { name: "an array of no stated length is any", sources: ["int v[4] = {1};", user("int", "int v[]")] },
  {
    name: "a member's name differs",
    sources: [`${struct("b")} v = {1, 2};`, user("int", `${struct("c")} v`)],
    codes: ["link-type-layout"],
  },
  {
    name: "a struct's name differs",
    sources: [`${struct("b")} v = {1, 2};`, user("int", `${struct("b", "q")} v`)],
    codes: ["link-type-layout"],
  },
  {
    name: "an enumerator's value differs",
    sources: ["enum e { A = 1 } v = A;", user("int", "enum e { A = 2 } v")],
    codes: ["link-type-meaning"],
  },
  {
    name: "a parameter's type differs",
    sources: ["NOINLINE int f(long x) { KEEP; return x; }", "int f(int x); NOINLINE int g(void) { return f(1); }"],
    codes: ["link-type-layout"],
  },
  {
    name: "the number of parameters differs",
    sources: ["NOINLINE int f(int x) { KEEP; return x; }", "int f(int, int); NOINLINE int g(void) { return f(1, 2); }"],
    codes: ["link-type-layout"],
  },
  {
    name: "a function is declared as a variable",
    sources: [strong(1), "extern int f; NOINLINE int *g(void) { return &f; }"],
    codes: ["link-type-layout"],
  },
  {
    name: "pointers to structs of other names",
    sources: ["struct s { int a; } *v = 0;", user("int", "struct q { int a; } *v")],
    codes: ["link-type-layout"],
  },
  {
    name: "a declaration names another section than the definition",
    sources: ["int v = 1;", user("int", 'const volatile int v SEC(".rodata")')],
    codes: ["link-declared-section"],
  },
  {
    name: "maps whose values have other sizes",
    sources: [
      map("__type(value, int); __uint(max_entries, 4);"),
      map("__type(value, long); __uint(max_entries, 4);", "extern") + useMap,
    ],
    codes: ["link-type-layout"],
  },
  {
    name: "maps whose values differ in sign",
    sources: [
      map("__type(value, int); __uint(max_entries, 4);"),
      map("__type(value, unsigned); __uint(max_entries, 4);", "extern") + useMap,
    ],
    codes: ["link-type-meaning"],
  },
  {
    name: "maps of other sizes",
    sources: [
      map("__type(value, int); __uint(max_entries, 4);"),
      map("__type(value, int); __uint(max_entries, 8);", "extern") + useMap,
    ],
    codes: ["link-type-layout"],
  },
  {
    name: "maps whose map_extra differs",
    sources: [
      map("__type(value, int); __uint(max_entries, 4); __uint(map_extra, 3);"),
      map("__type(value, int); __uint(max_entries, 4); __uint(map_extra, 7);", "extern") + useMap,
    ],
    codes: ["link-type-meaning"],
  },
  {
    name: "static maps of one name are two maps, which libbpf refuses",
    sources: [0, 1].map(
      () =>
        map("__type(value, int); __uint(max_entries, 4);", "static") +
        useMap.replace("NOINLINE", "static __attribute__((used)) NOINLINE"),
    ),
    codes: ["link-static-map", "link-static-map"],
    check: (object) => expect(object.symbols.filter(({ name }) => name === "m")).toHaveLength(2),
  },
  {
    name: "a map that is declared by its sizes and defined by its types has another meaning, no other layout",
    sources: [
      map("__type(value, long); __uint(max_entries, 4);"),
      map("__uint(value_size, 8); __uint(max_entries, 4);", "extern") + useMap,
    ],
    codes: ["link-type-meaning"],
  },
  {
    name: "a hidden declaration makes the definition hidden",
    sources: ['__attribute__((visibility("hidden"))) int f(void); NOINLINE int g(void) { return f(); }', strong(1)],
    check: (object) => expect(symbol(object, "f")!.visibility).toBe("hidden"),
  },
  {
    name: "a strong reference among weak ones makes the name needed",
    sources: [
      "extern int v __weak; NOINLINE int *g(void) { return &v; }",
      "extern int v; NOINLINE int *h(void) { return &v; }",
    ],
    check: (object) => expect(symbol(object, "v")).toMatchObject({ binding: "global", home: { kind: "undefined" } }),
  },
  {
    name: "tentative definitions become one variable, as large as the largest",
    sources: ["long v; NOINLINE long *g(void) { return &v; }", "long v; NOINLINE long *h(void) { return &v; }"],
    flags: ["-fcommon"],
    options: { relocatable: false },
    check: (object) =>
      expect(symbol(object, "v")).toMatchObject({ size: 8, home: { kind: "section" }, type: "object" }),
  },
  ...[
    ["long v __weak = 5;", tentative],
    [tentative, "long v __weak = 5;"],
  ].map((sources, order) => ({
    name: `a tentative definition comes before a weak one, ${order === 0 ? "behind" : "before"} it`,
    sources,
    flags: ["-fcommon"],
    options: { relocatable: false },
    check: (object: ObjectFile) => {
      const { home, binding } = symbol(object, "v")!;
      const section = home.kind === "section" ? object.sections[home.section]!.name : home.kind;
      expect({ section, binding }).toEqual({ section: ".bss", binding: "global" });
      // Only the one that lost has types.
      expect(variables(object, ".bss")).toEqual([["v", 0, 8]]);
    },
  })),
  {
    name: "two initialised variables are duplicates",
    sources: ["int v = 1;", "int v = 1;"],
    codes: ["link-duplicate"],
  },
  {
    name: "a variable's alignment holds for the section and the next contribution",
    sources: ["int w = 1;", "__attribute__((aligned(64))) int v = 2;"],
    check: (object) => {
      expect(symbol(object, "v")!.home).toMatchObject({ offset: 64 });
      expect(object.sections.find(({ name }) => name === ".data")!.align).toBe(64);
    },
  },
  {
    name: "versions that differ are an error",
    sources: ['int a SEC("version") = 1;', 'int b SEC("version") = 2;'],
    codes: ["link-single-section"],
  },
  { name: "no license is no error", sources: [strong(1), "int v = 1;"], options: { relocatable: false } },
  {
    name: "a relocatable link keeps undefined names",
    sources: ["extern int v; int g(void); NOINLINE int f(void) { return g() + v; }"],
    check: (object) => {
      for (const name of ["v", "g"]) {
        expect(symbol(object, name)).toMatchObject({ binding: "global", home: { kind: "undefined" } });
      }
    },
  },
  {
    name: "a weak map and a strong one: the strong one wins, and is the one that types speak of",
    sources: [
      map("__type(value, int); __uint(max_entries, 4);", "__weak") + useMap,
      map("__type(value, int); __uint(max_entries, 4);"),
    ],
    check: (object) => {
      expect(symbol(object, "m")).toMatchObject({ home: { offset: 32 }, binding: "global" });
      expect(variables(object, ".maps")).toEqual([["m", 32, 32]]);
    },
  },
  {
    name: "equal string literals are kept once, arrays of characters are not",
    sources: ["f", "g"].map(
      (name) =>
        `static const char a[] = "array"; NOINLINE const char *${name}(int x) { KEEP; return x ? "literal" : a; }`,
    ),
    check: (object) => {
      expect(object.sections.find((each) => each.name === ".rodata.str1.1")!.size).toBe(8);
      expect(object.sections.find((each) => each.name === ".rodata")!.size).toBe(12);
    },
  },
  {
    name: "a configuration value that both ask for is listed once",
    sources: ["f", "g"].map(
      (name) =>
        `extern int LINUX_KERNEL_VERSION __kconfig; NOINLINE int ${name}(void) { return LINUX_KERNEL_VERSION; }`,
    ),
    options: { relocatable: false },
    check: (object) => expect(variables(object, ".kconfig")).toEqual([["LINUX_KERNEL_VERSION", 0, 4]]),
  },
  {
    name: "two variables without a value are duplicates where they are not tentative",
    sources: ["int v;", "int v;"],
    codes: ["link-duplicate"],
  },
  {
    name: "legacy maps are data like others",
    sources: ["m", "n"].map(
      (name) =>
        `struct { unsigned type, key, value, max, flags; } ${name} SEC("maps") = { 1, 4, 4, 8, 0 };
         NOINLINE void *use_${name}(void) { int k = 0; return bpf_map_lookup_elem(&${name}, &k); }`,
    ),
    check: (object) => {
      expect(object.sections.find((each) => each.name === "maps")!.size).toBe(40);
      const { relocations } = object.sections.find((each) => each.name === ".text")!;
      expect(relocations.map((each) => [each.kind, object.symbols[each.symbol]!.name])).toEqual([
        ["map_imm64", "m"],
        ["map_imm64", "n"],
      ]);
    },
  },
  {
    name: "data sections of one name are joined, with all their variables",
    sources: ['int a SEC(".data.foo") = 1;', 'int b SEC(".data.foo") = 2;'],
    check: (object) =>
      expect(variables(object, ".data.foo")).toEqual([
        ["a", 0, 4],
        ["b", 4, 4],
      ]),
  },
  {
    name: "objects for big-endian machines",
    sources: [strong(1), "int f(void); int v = 3; NOINLINE int g(void) { return f() + v; }"],
    flags: ["-target", "bpfeb"],
    options: { relocatable: false },
    check: (object) => {
      expect(object.endian).toBe("big");
      expect(object.sections.find((each) => each.name === ".data")!.data).toEqual(Uint8Array.of(0, 0, 0, 3));
    },
  },
  {
    name: "a weak name that nobody defines has the address 0, and its call goes nowhere",
    sources: ["int f(void) __weak; NOINLINE int g(void) { return f ? f() : 7; }"],
    options: { relocatable: false },
    check: (object) => {
      const { relocations, data } = object.sections.find(({ name }) => name === ".text")!;
      expect(relocations).toEqual([]);
      const load = data.indexOf(0x18);
      expect(load % 8).toBe(0);
      expect(data.subarray(load + 4, load + 8)).toEqual(new Uint8Array(4));
    },
  },
];

test.skipIf(clangMissing !== "").each(cases)(
  `$name${clangMissing}`,
  ({ name, sources, flags, options, codes, check }) => {
    const objects = sources.map((source, i) =>
      compile(`${name.replaceAll(/\W/g, "-")}${i}.o`, source, ...(flags ?? [])),
    );
    const result = link(objects, { relocatable: true, ...options });
    expect(result.diagnostics.map(({ code }) => code).toSorted()).toEqual([...(codes ?? [])].toSorted());
    if (check !== undefined) check(result.object!, result);
  },
);

test.skipIf(clangMissing !== "")(`an object twice is all its definitions twice${clangMissing}`, () => {
  const twice = compile("twice.o", `${strong(1)} int v = 1; static int s = 2; NOINLINE int *g(void) { return &s; }`);
  const { diagnostics } = link([twice, twice], { relocatable: true });
  expect(diagnostics.map(({ code, message }) => [code, message])).toEqual(
    ["f", "g", "v"].map((name) => ["link-duplicate", `${name} is defined twice, again in twice.o`]),
  );
});

test.skipIf(clangMissing !== "")(`--localize of a map is warned of, as static maps are${clangMissing}`, () => {
  const object = compile("local.o", map("__type(value, long); __uint(max_entries, 4);") + useMap);
  const { diagnostics } = link([object], { localize: ["m"] });
  expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
    ["link-static-map", "the map m is static: libbpf refuses objects with such maps"],
  ]);
});

test.skipIf(clangMissing !== "")(`a static map is not taken for the global one of its name${clangMissing}`, () => {
  const own = compile(
    "own.o",
    `${map("__type(value, int); __uint(max_entries, 4);", "static")} ${useMap.replace("use", "use_own")}`,
  );
  const one = compile("one.o", map("__type(value, long); __uint(max_entries, 4);"));
  const program = 'SEC("socket") int both(void *c) { void *use_own(void); return use() == use_own(); }';
  const user = compile("user.o", map("__uint(value_size, 8); __uint(max_entries, 4);", "extern") + useMap + program);
  for (const order of [
    [own, one],
    [one, own],
  ]) {
    const half = readObject(writeObject(link(order, { relocatable: true }).object!), { file: "half.o" });
    const { object, diagnostics } = link([half, user]);
    expect(diagnostics.map(({ code }) => code)).toEqual(["link-type-meaning", "link-static-map"]);
    // Each function has its own map.
    const { maps, patches } = imageOf(object!);
    const sizes = order[0] === own ? [4, 8] : [8, 4];
    expect(maps.map(({ name, valueSize }) => [name, valueSize])).toEqual(sizes.map((size) => ["m", size]));
    const used = patches.flatMap(({ kind, target }) => (kind === "map" ? [maps[target]!.valueSize] : []));
    expect(used.toSorted()).toEqual([4, 8]);
  }
});

test.skipIf(clangMissing !== "")(`linking is a fixed point, and equal for equal inputs${clangMissing}`, () => {
  const objects = () => [
    compile("p.o", `${strong(1)} ${license("GPL")}`),
    compile("q.o", "int f(void); int v = 3; NOINLINE int g(void) { return f() + v; }"),
  ];
  const once = writeObject(link(objects(), { relocatable: true }).object!);
  expect(writeObject(link(objects(), { relocatable: true }).object!)).toEqual(once);
  expect(writeObject(link([readObject(once)], { relocatable: true }).object!)).toEqual(once);
  write("once.o", once);
  expect(runTool("bpftool", ["gen", "object", path("gen.o"), path("once.o")]).stderr).toBe("");
});

test.skipIf(clangMissing !== "")(`a difference of types is shown in two columns${clangMissing}`, () => {
  const objects = [
    compile("def.o", `${struct("b")} v = {1, 2};`),
    compile("use.o", user("int", "struct s { int a; long b; } v")),
  ];
  const [found] = link(objects, { relocatable: true }).diagnostics;
  expect(found!.notes.map(({ message }) => message)).toEqual([
    "in def.o             | in use.o",
    "struct s v           | struct s v",
    "size 8               | 16",
    "b: offset in bits 32 | 64",
    "b: size 4            | 8",
  ]);
});
