import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  BtfBuilder,
  CEmitter,
  compareTypes,
  CScope,
  declareC,
  parseCPrototype,
  readBtf,
  type Btf,
  type BtfType,
  type CReport,
} from "../../src/btf/index.js";
import { diagnostic } from "../../src/diag/index.js";
import { btfSections } from "../support/btf.js";
import { CDeclarations } from "../support/c-declarations.js";
import { Random } from "../support/random.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

/** Errors as `code at-end`. */
function collect(): { report: CReport; errors: string[] } {
  const errors: string[] = [];
  const report: CReport = (code, facts, at, end) => {
    errors.push(`${at}-${end} ${diagnostic(code, facts).message}`);
  };
  return { report, errors };
}

/** The BTF of a text's variables. */
function fromText(text: string): { btf: Btf; variables: Map<string, number>; errors: string[] } {
  const scope = new CScope();
  const { report, errors } = collect();
  declareC(text, scope, report);
  const builder = new BtfBuilder();
  const emitter = new CEmitter(builder);
  const variables = new Map<string, number>();
  for (const { name, type } of scope.declared.values()) variables.set(name, emitter.id(type));
  return { btf: builder.build("little"), variables, errors };
}

/** What differs between two types down to qualifiers and names, which `compareTypes` lets pass; "" when nothing does. */
function exactly(left: Btf, leftId: number, right: Btf, rightId: number): string {
  const seen = new Set<string>();
  const pending: [number, number, string][] = [[leftId, rightId, ""]];
  for (const [a, b, path] of pending) {
    if (seen.has(`${a},${b}`)) continue;
    seen.add(`${a},${b}`);
    const mine = left.type(a);
    const theirs = right.type(b);
    const shown = (type: BtfType): string =>
      JSON.stringify(type, (key, value: unknown) =>
        typeof value === "bigint" ? `${value}` : ["type", "indexType"].includes(key) ? undefined : value,
      );
    const same = shown(mine) === shown(theirs);
    // A struct that is only pointed to may be left out.
    const forward =
      theirs.kind === "fwd" && (mine.kind === "struct" || mine.kind === "union") && theirs.name === mine.name;
    if (forward) continue;
    if (!same) return `${path}: ${shown(mine)} / ${shown(theirs)}`;
    if ("type" in mine && "type" in theirs) pending.push([mine.type, theirs.type, `${path}.${mine.kind}`]);
    for (const key of ["members", "params"] as const) {
      const list = (type: BtfType): readonly { name: string; type: number }[] =>
        (type as Partial<Record<typeof key, readonly { name: string; type: number }[]>>)[key] ?? [];
      list(mine).forEach((each, i) => pending.push([each.type, list(theirs)[i]!.type, `${path}.${each.name}`]));
    }
  }
  return "";
}

const missing = toolMissing("clang-22");

test.skipIf(missing !== "")(`random declarations give clang's BTF${missing}`, () => {
  const seen = { declarations: 0, layouts: 0, exact: 0 };
  for (let seed = 1; seed <= 12; seed++) {
    const made = new CDeclarations(new Random(seed));
    const text = made.text(300);
    const bytes = inScratchFolder((folder) => {
      const object = join(folder, "x.o");
      const args = ["-g", "-target", "bpf", "-w", "-c", "-x", "c", "-", "-o", object];
      const { stderr } = runTool("clang-22", args, text);
      expect(stderr, `seed ${seed}`).toBe("");
      return new Uint8Array(readFileSync(object));
    });
    const clang = readBtf(btfSections("x.o", bytes)!.btf);
    const { btf, variables, errors } = fromText(text);
    expect(errors, `seed ${seed}`).toEqual([]);
    for (const name of made.variables) {
      const id = clang.findByName(name, "var")!;
      const variable = clang.type(id);
      const theirs = variable.kind === "var" ? variable.type : 0;
      const line = text.split("\n").find((each) => each.includes(` ${name};`));
      expect(compareTypes(btf, variables.get(name)!, clang, theirs), `seed ${seed}: ${line}`).toEqual([]);
      seen.layouts++;
      expect(exactly(btf, variables.get(name)!, clang, theirs), `seed ${seed}: ${line}`).toBe("");
      seen.exact++;
    }
    seen.declarations += made.variables.length;
  }
  console.log("C declarations against clang:", seen);
  expect(seen.declarations).toBeGreaterThan(3000);
});

test.skipIf(missing !== "")(`random prototypes give clang's functions${missing}`, () => {
  const random = new Random(77);
  const types = "char,unsigned char,short,int,unsigned,long,unsigned long long,_Bool,enum e,t".split(",");
  const pointers = [
    "struct s *",
    "const struct s *",
    "void *",
    "const char *",
    "int (*",
    "union u **",
    "const volatile t *",
  ];
  const before = "struct s; union u { int a; struct s *b; }; enum e { A, B = -1 }; typedef unsigned short t;";
  const prototypes = Array.from({ length: 400 }, (_, n) => {
    const params = Array.from({ length: random.below(6) }, (_none, i) => {
      if (random.chance(1, 2)) return `${random.pick(types)} p${i}`;
      const pointer = random.pick(pointers);
      if (pointer !== "int (*")
        return `${pointer}p${i}${random.chance(1, 4) && pointer !== "void *" && !pointer.includes("struct") ? "[3]" : ""}`;
      return random.chance(1, 2) ? `int (*p${i})(long, struct s *)` : `int (*p${i})[4]`;
    });
    const result = random.chance(1, 3)
      ? random.pick(["void *", "struct s *", "const char *"])
      : `${random.pick(types)} `;
    const storage = random.chance(1, 3) ? "static " : "";
    return { name: `f${n}`, text: `${storage}${result}f${n}(${params.join(", ") || "void"})` };
  });
  const uses = prototypes.map(({ name }) => `(void *)${name}`).join(", ");
  const source = `${before}\n${prototypes.map(({ text }) => `${text} { return 0; }`).join("\n")}\nvoid *all[] = { ${uses} };\n`;
  const bytes = inScratchFolder((folder) => {
    const object = join(folder, "x.o");
    const args = ["-g", "-O1", "-target", "bpf", "-w", "-c", "-x", "c", "-", "-o", object];
    expect(runTool("clang-22", args, source).stderr).toBe("");
    return new Uint8Array(readFileSync(object));
  });
  const clang = readBtf(btfSections("x.o", bytes)!.btf);
  const scope = new CScope();
  const { report, errors } = collect();
  declareC(before, scope, report);
  const builder = new BtfBuilder();
  const emitter = new CEmitter(builder);
  const ids = prototypes.map(({ text }) => {
    const declared = parseCPrototype(text, scope, report)!;
    return emitter.func(declared.name, declared.type, declared.static ? 0 : 1);
  });
  expect(errors).toEqual([]);
  const btf = builder.build("little");
  prototypes.forEach(({ name, text }, i) => {
    const theirs = clang.findByName(name, "func")!;
    expect(compareTypes(btf, ids[i]!, clang, theirs), text).toEqual([]);
    expect(exactly(btf, ids[i]!, clang, theirs), text).toBe("");
  });
});

test("what is wrong with a declaration is said where it stands, and reading goes on", () => {
  const errorsOf = (text: string): string[] => fromText(text).errors;
  expect(errorsOf("struct foo { u33 a; };")).toEqual(["13-16 `u33` is not a type"]);
  expect(errorsOf("int a\nint b;")).toEqual(["6-9 expected `;` in the C declaration, found `int`"]);
  expect(errorsOf("struct a { int x; int x; };")).toEqual(["22-23 `struct a` has two members of the name `x`"]);
  expect(errorsOf("struct a { struct b x; };")).toEqual(["20-21 a member needs the size of a type that has none"]);
  expect(errorsOf("struct a { int x[]; int y; };")).toEqual([
    "15-16 a member that is not the last one needs the size of a type that has none",
  ]);
  expect(errorsOf("struct a { char x : 9; };")).toEqual(["20-21 a bitfield of 9 bits does not fit its type"]);
  expect(errorsOf("unsigned float x;")).toEqual(["9-14 `float` does not go together with the words before it"]);
  expect(errorsOf("enum e { A, A };")).toEqual(["12-13 `A` is declared twice, in different ways"]);
  expect(errorsOf("enum e { A = 1 / 0 };")).toEqual(["15-16 the constant expression has no value"]);
  expect(errorsOf("int x[N];")).toEqual(["6-7 `N` has no value that is known here"]);
  expect(errorsOf("struct s { int a; }; union s { int b; };")).toEqual([
    "27-28 `union s` is declared twice, in different ways",
  ]);
  expect(errorsOf("typedef int t; typedef long t;")).toEqual(["28-29 `t` is declared twice, in different ways"]);
  expect(errorsOf("int f(int a) { return a; }")).toEqual(["13-14 a function's body cannot stand here"]);
  expect(errorsOf("int f(int)[3];")).toEqual(["5-6 there is no function that returns an array"]);
  expect(errorsOf("#include <x.h>\nint a;")).toEqual(["0-1 `#` cannot be read in a C declaration"]);
  expect(errorsOf("int x __attribute__((vector_size(16)));")).toEqual([
    "21-32 the attribute `vector_size` is not known",
  ]);
  expect(errorsOf("int x __attribute__((aligned(3)));")).toEqual([
    "29-30 3 is no alignment: it must be a power of two up to 2^28",
  ]);
  expect(errorsOf("int a[99999][99999];")).toEqual([
    "5-12 the array becomes larger than the 536870911 bytes a type can have",
  ]);
  expect(errorsOf("struct a { u33 x; }; int y[; long z;").length).toBe(2);
});

test("declarations of any length and depth are read or refused, in bounded time", () => {
  const chain = Array.from({ length: 20_000 }, (_, i) => `typedef t${i} *t${i + 1};`).join("");
  const long = fromText(`typedef int t0;${chain} extern t20000 x;`);
  expect(long.errors).toEqual([]);
  expect(long.btf.typeCount).toBe(40_003);
  expect(fromText(`int ${"(".repeat(100_000)}x;`).errors).toEqual([
    "68-69 the declaration is nested too deeply: at most 64 levels are read",
  ]);
  expect(fromText(`int x[${"-".repeat(100_000)}1];`).errors.length).toBe(1);
  expect(fromText("struct a {".repeat(100_000)).errors.length).toBe(1);
  expect(fromText("a ".repeat(100_000)).errors.length).toBe(1);
  expect(fromText(`"${"\\a".repeat(100_000)}`).errors.length).toBe(1);
});

test("tags and the words of bpf_helpers.h", () => {
  const { btf, variables, errors } = fromText(`
    struct node { struct task __kptr *task; int a __attribute__((btf_decl_tag("count"))); };
    extern struct node *head;`);
  expect(errors).toEqual([]);
  expect([...btf.types()].map(([, type]) => type.kind)).toEqual("ptr struct ptr int type_tag fwd decl_tag".split(" "));
  expect(btf.type(variables.get("head")!)).toEqual({ kind: "ptr", type: 2 });
  expect(btf.type(7)).toEqual({ kind: "decl_tag", name: "count", type: 2, componentIdx: 1, attribute: false });
});
