import { expect, test } from "vitest";
import { assemble, type AssembleOptions } from "../../src/asm/index.js";
import { readBtf, readBtfExt, readMapDefinitions, type Btf, type BtfExt, type BtfType } from "../../src/btf/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { readObject, writeObject, type ObjectFile, type Section } from "../../src/object/index.js";
import { fuzzRounds } from "../support/fuzz.js";
import { Random } from "../support/random.js";

/** The object of a text, written and read back. */
function made(text: string, options: AssembleOptions = {}): ObjectFile {
  const { object, diagnostics } = assemble(text, { file: "t.s", ...options });
  expect(diagnostics.map((each) => formatDiagnostic(each))).toEqual([]);
  return readObject(writeObject(object!), { file: "t.o" });
}

const sectionOf = (object: ObjectFile, name: string): Section =>
  object.sections.find((section) => section.name === name)!;

function typesOf(object: ObjectFile): { btf: Btf; ext: BtfExt } {
  const btf = readBtf(sectionOf(object, ".BTF").data, { endian: object.endian });
  const ext = object.sections.find(({ name }) => name === ".BTF.ext");
  const none: BtfExt = { endian: object.endian, funcInfo: [], lineInfo: [], coreRelos: [] };
  return { btf, ext: ext === undefined ? none : readBtfExt(ext.data, btf, { endian: object.endian }) };
}

function find<Kind extends BtfType["kind"]>(btf: Btf, name: string, kind: Kind): Extract<BtfType, { kind: Kind }> {
  const id = btf.findByName(name, kind);
  expect(id, `${kind} ${name}`).toBeDefined();
  return btf.type(id!) as Extract<BtfType, { kind: Kind }>;
}

function errorsOf(text: string, options: AssembleOptions = {}): string[] {
  const { object, diagnostics } = assemble(text, { file: "t.s", syntax: "plain", ...options });
  if (diagnostics.some(({ severity }) => severity === "error")) expect(object).toBeUndefined();
  return diagnostics.map(({ code, message, place }) => {
    const where = place?.kind === "text" ? `${place.line}:${place.column}+${place.length}` : "";
    return `${where} ${code}: ${message}`;
  });
}

test(".func gives the function that .program begins its type", () => {
  const object = made(".program xdp, pass\n.func int pass(void)\nmov r0, 2\nexit\n.endfunc\n");
  const functions = object.symbols.filter(({ type }) => type === "func");
  expect(functions.map(({ name, size }) => [name, Number(size)])).toEqual([["pass", 16]]);
});

test("types that .ctype, .map and .func need are there once", () => {
  const object = made(
    `.ctype "struct v { int a; u32 b[4]; struct v *next; };"
    .map m, type=hash, key=int, value=struct v *, max_entries=4
    .program xdp
    .func int f(struct v *v)
    exit
    .endfunc
    `,
    { syntax: "plain" },
  );
  const { btf } = typesOf(object);
  const shown = [...btf.types()].map(([, type]) => JSON.stringify(type));
  expect(shown.filter((each, i) => shown.indexOf(each) !== i)).toEqual([]);
  expect(btf.findByName("int", "int")).toBeDefined();
});

test("C between .ctype and .endctype does not tell how instructions are spelt", () => {
  const object = made(".ctype\nstruct s { int a; };\nunsigned add(int);\n.endctype\nr0 = 1\nexit\n");
  expect(sectionOf(object, ".text").data.length).toBe(16);
});

test(".license and .program: the sections and symbols that compilers make", () => {
  const object = made('.license "GPL"\n.program xdp/drop, drop\nmov r0, 1\nexit\n.program tc, pass\nmov r0, 0\nexit\n');
  const license = sectionOf(object, "license");
  expect(new TextDecoder().decode(license.data)).toBe("GPL\0");
  expect([license.flags.alloc, license.flags.write, license.flags.exec]).toEqual([true, true, false]);
  const symbols = object.symbols.filter(({ type }) => type !== "section");
  expect(symbols.map(({ name, size, type, binding }) => [name, size, type, binding])).toEqual([
    ["_license", 4, "object", "global"],
    ["drop", 16, "func", "global"],
    ["pass", 16, "func", "global"],
  ]);
  expect(sectionOf(object, "xdp/drop").flags.exec).toBe(true);
  expect(object.sections.some(({ name }) => name === ".BTF")).toBe(false);
});

test.each(["little", "big"] as const)(".map: definitions as libbpf reads them, %s-endian", (endian) => {
  const object = made(
    `.set SIZE, 12
    .ctype "struct key { u32 a; u16 b; }; enum { ENTRIES = 1 << 4 };"
    .map plain, type=hash, key=4, value=SIZE, max_entries=ENTRIES
    .map typed, type=lru_hash, key=struct key, value="u64[3]", max_entries=2 * 8, flags=BPF_F_NO_COMMON_LRU | BPF_F_RDONLY
    .map events, type=BPF_MAP_TYPE_RINGBUF, max_entries=4096
    .map pinned, type=array, key=u32, value=struct key *, max_entries=1, pinning=by_name, map_extra=7
    .map outer, type=hash_of_maps, key=int, max_entries=3, inner={ type=array, key=u32, value=u64, max_entries=5 }
    `,
    { endian, syntax: "plain" },
  );
  const { btf } = typesOf(object);
  const maps = readMapDefinitions(btf);
  const shown = maps.map(({ name, type, keySize, valueSize, maxEntries, flags, extra, pinning }) =>
    [name, type, keySize, valueSize, maxEntries, flags, extra, pinning].join(" "),
  );
  expect(shown).toEqual([
    "plain 1 4 12 16 0 0 none",
    "typed 9 8 24 16 10 0 none",
    "events 27 0 0 4096 0 0 none",
    "pinned 2 4 8 1 0 7 by-name",
    "outer 13 4 4 3 0 0 none",
  ]);
  expect(btf.name(maps[1]!.keyTypeId)).toBe("key");
  expect([maps[4]!.inner!.type, maps[4]!.inner!.valueSize, maps[4]!.inner!.maxEntries]).toEqual([2, 8, 5]);
  const places = object.symbols.filter(({ type }) => type === "object");
  expect(places.map(({ size }) => size)).toEqual([32, 40, 16, 48, 32]);
  expect(maps.map(({ size }) => size)).toEqual([32, 40, 16, 48, 32]);
  expect(sectionOf(object, ".maps").size).toBe(168);
  // As compilers do, offsets are left to relocations.
  const relocations = sectionOf(object, ".BTF").relocations.map(({ symbol }) => object.symbols[symbol]!.name);
  expect(relocations).toEqual(["plain", "typed", "events", "pinned", "outer"]);
});

test(".map: what is wrong is said at its place", () => {
  const one = (options: string): string[] => errorsOf(`.map m, ${options}`);
  expect(one("type=hsh")).toEqual(["1:14+3 asm-map-type-near: there is no map type `hsh`"]);
  expect(one("key=4")).toEqual(["1:6+1 asm-map-missing: the map `m` has no `type`"]);
  expect(one("type=hash, kye=4")).toEqual(["1:20+3 asm-map-option-near: a map has no `kye`"]);
  expect(one("type=hash, type=hash")).toEqual(["1:20+4 asm-map-option-twice: `type` is given twice"]);
  expect(one("type=hash, key=struct k")).toEqual([
    "1:24+8 ctype-incomplete: the map's key needs the size of a type that has none",
  ]);
  expect(one("type=hash, key=u33")).toEqual(["1:24+3 ctype-unknown-near: `u33` is not a type"]);
  expect(one("type=hash, key=")).toEqual([
    "1:24+0 asm-expected-usage: expected a value, found the end of the statement",
  ]);
  expect(one("type=hash, inner={type=hash}")).toEqual([
    "1:20+5 asm-map-inner: `inner` does not go with a map of type 1",
  ]);
  expect(one("type=hash, values={0}")[0]).toContain("1:20+6 asm-map-inner: `values` does not go with a map of type 1");
  expect(one("type=prog_array, values={1}")[0]).toContain("1:34+1 asm-expected-usage: expected a map, a program or 0");
  expect(one("type=prog_array, values={a b}")[0]).toContain("1:36+1 asm-expected-usage: expected `,` or `}`");
  expect(one("type=hash, key=4, key_size=4")[0]).toContain("1:27+8 asm-map-option-twice");
  expect(one("type=array, flags=BPF_F_NOPE")[0]).toContain("1:27+10 asm-expected");
  expect(one("type=array, max_entries=1 << 33")).toEqual([
    "1:33+7 asm-range: 8589934592 does not fit an option of a map",
  ]);
  expect(errorsOf(".map m, type=array, key=4, value=4, max_entries=1\n.map m, type=array, key=4")[0]).toContain(
    "2:6+1 asm-redefined",
  );
});

test(".ctype: errors have their caret inside the string, escapes or not; a block has its lines", () => {
  expect(errorsOf('.ctype "struct a { u33 x; };"')).toEqual(["1:20+3 ctype-unknown-near: `u33` is not a type"]);
  expect(errorsOf('.ctype "int\\x20\\n\\ta; u33 b;"')).toEqual([
    "1:20+1 asm-ctype-nowhere: `a` is declared, but this file neither defines nor uses it",
    "1:23+3 ctype-unknown-near: `u33` is not a type",
  ]);
  expect(errorsOf('.ctype "struct a {" " u33 b; };"')).toEqual(["1:23+3 ctype-unknown-near: `u33` is not a type"]);
  expect(errorsOf(".ctype\nstruct a {\n\tint x; // #\n\tu33 y;\n};\n.endctype\nmvo r1, 2\n")).toEqual([
    "4:2+3 ctype-unknown-near: `u33` is not a type",
    "7:1+3 asm-instruction-near: unknown instruction `mvo`",
  ]);
  expect(errorsOf(".ctype\nint a;\n")).toEqual(["1:1+6 asm-ctype-end: the declarations have no end"]);
  expect(errorsOf(".ctype int")).toEqual(["1:8+3 asm-expected: expected a string with C declarations, found `int`"]);
});

test(".func: functions with prototypes, and a line of the file for each instruction", () => {
  const text = `.program xdp
.func int first(struct xdp_md *ctx)	# the entry
	mov r1, 5
	call helper
label:	mov r0, r1; exit
.endfunc
.text
.func static int helper(int a, const char *name)
	ldimm64 r0, 0x1122334455667788
	exit
.endfunc
`;
  for (const endian of ["little", "big"] as const) {
    const object = made(text, { endian });
    const { btf, ext } = typesOf(object);
    const { type, linkage } = find(btf, "first", "func");
    const prototype = btf.type(type);
    expect([linkage, find(btf, "helper", "func").linkage]).toEqual([1, 0]);
    expect(prototype.kind === "func_proto" && prototype.params.map(({ name }) => name)).toEqual(["ctx"]);
    const functions = ext.funcInfo.flatMap(({ section, records }) =>
      records.map(({ insnOff, typeId }) => `${section}+${insnOff} ${btf.name(typeId)}`),
    );
    expect(functions).toEqual(["xdp+0 first", ".text+0 helper"]);
    const lines = ext.lineInfo.flatMap(({ section, records }) =>
      records.map(({ insnOff, fileNameOff, lineOff, line, column }) =>
        [section, insnOff, btf.string(fileNameOff), line, column, btf.string(lineOff)].join("|"),
      ),
    );
    expect(lines).toEqual([
      "xdp|0|t.s|3|2|\tmov r1, 5",
      "xdp|8|t.s|4|2|\tcall helper",
      "xdp|16|t.s|5|8|label:\tmov r0, r1; exit",
      "xdp|24|t.s|5|20|label:\tmov r0, r1; exit",
      ".text|0|t.s|9|2|\tldimm64 r0, 0x1122334455667788",
      ".text|16|t.s|10|2|\texit",
    ]);
    const sizes = object.symbols.filter((symbol) => symbol.type === "func").map(({ name, size }) => `${name} ${size}`);
    expect(sizes.toSorted()).toEqual(["first 32", "helper 24"]);
    expect(sectionOf(object, ".BTF.ext").relocations.length).toBe(8);
  }
});

test("lines met before, and jumps that grow, do not move source lines", () => {
  const body = Array.from({ length: 40_000 }, () => "\tadd r1, 1\n").join("");
  const object = made(
    `\t.text\n${"\tadd r1, 1\n".repeat(9)}.func int f(void)\n\tja out\n${body}out:\tmov r0, 0\n\texit\n.endfunc\n`,
  );
  const { btf, ext } = typesOf(object);
  const { records } = ext.lineInfo[0]!;
  expect(records.length).toBe(40_003);
  expect(records.at(-2)).toMatchObject({ insnOff: 8 * (9 + 1 + 40_000), line: 40_013 });
  expect(btf.string(records.at(-2)!.lineOff)).toBe("out:\tmov r0, 0");
});

test(".func: what is wrong", () => {
  expect(errorsOf(".data\n.func int f(void)\n")).toEqual([
    "2:1+5 asm-func-code: a function cannot be in section `.data`, which holds no instructions",
  ]);
  expect(errorsOf(".func int f(void)\nexit\n")).toEqual(["1:11+1 asm-func-open: the function `f` has no .endfunc"]);
  expect(errorsOf(".func int f(void)\nexit\n.data\n.endfunc\n")).toEqual([
    "4:1+8 asm-func-section: the function `f` was begun in section `.text`",
  ]);
  expect(errorsOf(".endfunc\n")).toEqual(["1:1+8 asm-func-closed: .endfunc without .func before it"]);
  expect(errorsOf(".func int f(strct xdp_md *ctx)\n.endfunc")[0]).toBe(
    "1:13+5 ctype-unknown-near: `strct` is not a type",
  );
  expect(errorsOf(".func int f(void) extra\n.endfunc")[0]).toContain("1:19+5 ctype-expected");
  expect(errorsOf(".func int f\n, int g\n")[0]).toContain("ctype-function");
  expect(errorsOf("f: exit\n.func int f(void)\n.endfunc")[0]).toContain("2:11+1 asm-redefined");
  expect(errorsOf(".func int f(void)\ncall g\nexit\n.endfunc\ng: exit\n")).toEqual([
    "2:6+1 asm-func-missing: `g` is called by a function that has a type, but has none",
  ]);
  // gas's own pair says nothing here, and a label of the same name is the same thing.
  expect(errorsOf("f:\n.func f\nexit\n.endfunc\ng:\n.func int g(void)\nexit\n.endfunc\n")).toEqual([]);
});

test("declared names become variables of the data sections, and externs of .ksyms and .kconfig", () => {
  const object =
    made(`.ctype "int limit; static u64 hidden; extern const int CONFIG_HZ __kconfig; struct s { int a, b; };"
    .ctype "struct s table[]; extern int bpf_thing(struct xdp_md *ctx) __ksym __weak; const volatile u8 flag;"
    .data
    .long 1
limit: .long 5
hidden: .quad 7
    .bss
table: .zero 24
    .size table, 24
    .section .rodata, "a", @progbits
flag: .byte 1
    .text
    .func int f(struct xdp_md *ctx)
    ldimm64 r1, CONFIG_HZ
    call bpf_thing
    exit
    .endfunc
`);
  const { btf } = typesOf(object);
  const entries = (name: string): string[] =>
    find(btf, name, "datasec").vars.map(({ type, size }) => {
      const each = btf.type(type);
      return `${btf.name(type)} ${size} ${"linkage" in each ? each.linkage : ""}`;
    });
  expect(entries(".data")).toEqual(["limit 4 1", "hidden 8 0"]);
  expect(entries(".bss")).toEqual(["table 24 1"]);
  expect(entries(".rodata")).toEqual(["flag 1 1"]);
  expect(entries(".kconfig")).toEqual(["CONFIG_HZ 4 2"]);
  expect(entries(".ksyms")).toEqual(["bpf_thing 0 2"]);
  const table = btf.type(find(btf, "table", "var").type);
  expect(table.kind === "array" && table.nelems).toBe(3);
  const symbols = new Map(object.symbols.map((symbol) => [symbol.name, symbol]));
  expect(symbols.get("limit")).toMatchObject({ size: 4, type: "object", binding: "global" });
  expect(symbols.get("hidden")).toMatchObject({ size: 8, binding: "local" });
  expect(symbols.get("bpf_thing")).toMatchObject({ binding: "weak" });
  expect(errorsOf('.ctype "int a;"\n.data\na: .quad 1\n.size a, 8\n')).toEqual([
    "1:13+1 asm-ctype-size: `a` has 8 bytes, but its type has 4",
  ]);
  expect(errorsOf('.ctype "u64 a; int b;"\n.data\na: .long 1\nb: .long 1\n')).toEqual([
    "1:20+1 asm-ctype-overlap: `b` overlaps `a`, which starts before it",
  ]);
  expect(errorsOf('.ctype "int a[];"\n.data\na: .long 1\n')).toEqual([
    "1:13+1 asm-ctype-no-size: the type of `a` has no size",
  ]);
});

test("strict mode refuses the additions, and a file's own .BTF excludes them", () => {
  const text = '.license "GPL"\n.program xdp\n.ctype "int a;"\n.map m, type=array\n.func int f(void)\nexit\n.endfunc\n';
  expect(errorsOf(text, { strict: true })).toEqual(
    [".license", ".program", ".ctype", ".map", ".func"].map((name, i) => {
      return `${i + 1}:1+${name.length} asm-strict: \`${name}\` is an addition of bpfkit`;
    }),
  );
  expect(errorsOf('.ctype "struct s { int a; };"\n.section .BTF\n.long 1\n')).toEqual([
    "1:1+6 asm-btf-twice: the text has a section `.BTF` of its own",
  ]);
});

test("mutated declarations and maps give diagnostics, never more", () => {
  const seeds = [
    '.ctype "struct a { u32 x : 3; union { int y; char *z[2]; }; } __attribute__((packed)); enum { A = 1 << 2, B };"',
    '.map m, type=hash, key=struct a, value="u64[3]", max_entries=1 + 2, flags=BPF_F_MMAPABLE | BPF_F_RDONLY, pinning=by_name',
    ".map o, type=array_of_maps, key=u32, max_entries=2, inner={ type=array, key=4, value=8, max_entries=1 }",
    ".func static __always_inline int f(const struct a *p, int (*cb)(void *, ...), u64 v[4])\nmov r0, A\nexit\n.endfunc",
    '.ctype "extern int k(void) __ksym __weak; static const volatile u8 d[4] __attribute__((aligned(8)));"\n.data\nd: .long 1',
    ".ctype\ntypedef struct a a_t; // x\n/* y */ long double ld; __int128 i;\n.endctype\n.program xdp/x, y\nexit",
  ];
  const count = { errors: 0, fine: 0 };
  for (let seed = 1; seed <= fuzzRounds(150); seed++) {
    const random = new Random(seed);
    let text = seeds.join("\n");
    for (let n = random.between(0, 4); n > 0; n--) {
      const at = random.below(text.length);
      const from = random.below(text.length);
      const piece = random.pick([
        " ",
        ";",
        "}",
        "{",
        "(",
        ")",
        '"',
        "*",
        ",",
        "=",
        "\\",
        "0",
        text.slice(from, from + 9),
      ]);
      text = text.slice(0, at) + piece + text.slice(at + random.below(4));
    }
    const { object } = assemble(text, { syntax: "plain" });
    if (object === undefined) count.errors++;
    else {
      count.fine++;
      typesOf(readObject(writeObject(object), { file: "t.o" }));
    }
  }
  console.log("mutated types:", count);
  expect(Math.min(count.errors, count.fine)).toBeGreaterThan(20);
});
