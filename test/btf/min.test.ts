import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  BtfBuilder,
  cTypeNames,
  formatRaw,
  minimalBtf,
  readBtf,
  readBtfExt,
  resolveCoreRelo,
  type Btf,
  type CoreObject,
  type CoreRelo,
} from "../../src/btf/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import { headerOf } from "../support/btf-layout.js";
import { btfSections, corpusBtf, readVmlinux, vmlinuxMissing, vmlinuxPath } from "../support/btf.js";
import { corpusMissing, corpusPath } from "../support/corpus.js";
import { Random } from "../support/random.js";
import { runTool, toolMissing } from "../support/tools.js";

/** Corpus objects with CO-RE records, in the byte order of this machine. */
function coreObjects(): { name: string; object: CoreObject }[] {
  return corpusBtf().flatMap(({ name, btf: bytes, ext, endian }) => {
    if (ext === undefined || endian === "big") return [];
    const btf = readBtf(bytes);
    const object = { btf, ext: readBtfExt(ext, btf) };
    return object.ext.coreRelos.length > 0 ? [{ name, object }] : [];
  });
}

/** What a record comes to; type numbers, which a smaller BTF changes, and refusals by their code. */
function outcome(local: Btf, relo: CoreRelo, target: Btf): unknown {
  try {
    const { target: path, value, ...rest } = resolveCoreRelo(local, relo, target);
    const isId = relo.kind === 7;
    return { ...rest, value: isId ? value > 0n : value, found: path?.steps.map(({ name, index }) => name ?? index) };
  } catch (error) {
    if (error instanceof BpfkitError) return error.diagnostics[0]!.code;
    throw error;
  }
}

function expectSameOutcomes({ btf, ext }: CoreObject, base: Btf, small: Btf, name: string): number {
  let records = 0;
  for (const section of ext.coreRelos) {
    for (const relo of section.records) {
      expect(outcome(btf, relo, small), name).toEqual(outcome(btf, relo, base));
      records++;
    }
  }
  return records;
}

const folder = mkdtempSync(join(tmpdir(), "bpfkit-min-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const skipped = vmlinuxMissing + corpusMissing + toolMissing("bpftool");

test.skipIf(skipped !== "")(`the types are those bpftool keeps, and records come to the same on them${skipped}`, () => {
  const base = readBtf(readVmlinux());
  let compared = 0;
  let records = 0;
  const seen = new Set<string>();
  for (const { name, object } of coreObjects()) {
    let small: Btf;
    try {
      small = minimalBtf(base, [object]).btf;
    } catch (error) {
      // A record that no kernel can answer: bpftool refuses the object, too.
      if (!(error instanceof BpfkitError)) throw error;
      const { status } = runTool("bpftool", ["gen", "min_core_btf", vmlinuxPath, join(folder, "x"), corpusPath(name)]);
      expect(status, name).not.toBe(0);
      continue;
    }
    records += expectSameOutcomes(object, base, small, name);
    const text = formatRaw(small);
    if (seen.has(text)) continue;
    seen.add(text);
    const file = join(folder, "min.btf");
    const { status, stderr } = runTool("bpftool", ["gen", "min_core_btf", vmlinuxPath, file, corpusPath(name)]);
    if (status !== 0) {
      console.log(`btf min: bpftool refuses ${name}: ${stderr.trim()}`);
      continue;
    }
    const theirs = readBtf(new Uint8Array(readFileSync(file)));
    expect(text, name).toBe(formatRaw(theirs));
    expectSameOutcomes(object, base, theirs, name);
    compared++;
  }
  console.log(`btf min: ${compared} results equal to bpftool's, ${records} CO-RE records come to the same`);
  expect(compared).toBeGreaterThan(3);
});

/** C that asks about members, types and enumerators of the kernel, picked by `random`. */
function questions(btf: Btf, random: Random): string {
  const names = cTypeNames(btf);
  const lines: string[] = [];
  const ids = Array.from({ length: btf.typeCount - 1 }, (_, i) => i + 1);
  while (lines.length < 200) {
    const id = random.pick(ids);
    const type = btf.type(id);
    if (!("name" in type) || type.name === "") continue;
    const spelled = `${type.kind === "typedef" ? "" : type.kind.slice(0, 6).replace("enum64", "enum")} ${names(id)}`;
    if (type.kind === "struct" || type.kind === "union") {
      const member = random.pick(type.members.filter(({ name }) => name !== ""));
      const at = `((${spelled} *)p)->${member?.name}`;
      if (member === undefined) continue;
      if (member.bitfieldSize > 0) lines.push(`__builtin_preserve_field_info(${at}, ${random.below(6)});`);
      else lines.push(`(long)__builtin_preserve_access_index(&${at});`);
      if (random.chance(1, 4)) lines.push(`__builtin_preserve_type_info(*(${spelled} *)0, ${random.below(3)});`);
    } else if (type.kind === "enum" || type.kind === "enum64") {
      const value = type.values[0];
      if (value !== undefined) lines.push(`__builtin_preserve_enum_value(*(${spelled} *)${value.name}, 1);`);
    } else if (type.kind === "typedef" && random.chance(1, 4)) {
      lines.push(`__builtin_preserve_type_info(*(${spelled} *)0, ${random.below(3)});`);
    }
  }
  return headerOf(btf) + lines.map((line, i) => `long ask${i}(void *p) { return ${line} }\n`).join("");
}

const generated = vmlinuxMissing + toolMissing("bpftool", "clang-22");

test.skipIf(generated !== "")(`generated questions about the kernel keep what bpftool keeps${generated}`, () => {
  const base = readBtf(readVmlinux());
  const text = questions(base, new Random(7));
  writeFileSync(join(folder, "ask.c"), text);
  const made = runTool("clang-22", ["-target", "bpf", "-g", "-O2", "-c", "ask.c", "-o", "ask.o"], undefined, folder);
  expect(made).toMatchObject({ status: 0, stderr: "" });
  const path = join(folder, "ask.o");
  const sections = btfSections("ask.o", new Uint8Array(readFileSync(path)))!;
  const btf = readBtf(sections.btf);
  const object = { btf, ext: readBtfExt(sections.ext!, btf) };
  const small = minimalBtf(base, [object]).btf;
  const records = expectSameOutcomes(object, base, small, "ask.o");
  expect(records).toBeGreaterThanOrEqual(200);
  const file = join(folder, "ask.btf");
  expect(runTool("bpftool", ["gen", "min_core_btf", vmlinuxPath, file, path])).toMatchObject({ status: 0 });
  expect(formatRaw(small)).toBe(formatRaw(readBtf(new Uint8Array(readFileSync(file)))));
  console.log(`btf min: ${records} generated records, ${small.typeCount - 1} types kept, as bpftool keeps`);
});

/** A kernel's struct with more than is needed. */
function kernel(): Btf {
  const builder = new BtfBuilder();
  const int = builder.add({ kind: "int", name: "int", size: 4, encoding: 1, offset: 0, bits: 32 });
  const char = builder.add({ kind: "int", name: "char", size: 1, encoding: 1, offset: 0, bits: 8 });
  const other = builder.add({ kind: "struct", name: "other", size: 4, kindFlag: false, members: [] });
  const ptr = builder.add({ kind: "ptr", type: other });
  const name = builder.add({ kind: "array", type: char, indexType: int, nelems: 16 });
  const member = (text: string, type: number, offset: number) => ({ name: text, type, offset, bitfieldSize: 0 });
  const members = [member("pid", int, 0), member("parent", ptr, 64), member("comm", name, 128)];
  builder.add({ kind: "struct", name: "task", size: 32, kindFlag: false, members });
  builder.add({ kind: "enum", name: "state", size: 4, signed: false, values: [{ name: "RUN", value: 3 }] });
  return builder.build("big");
}

function asking(records: readonly { kind: number; type: string; access: string }[]): CoreObject {
  const builder = new BtfBuilder();
  const int = builder.add({ kind: "int", name: "int", size: 4, encoding: 1, offset: 0, bits: 32 });
  const other = builder.add({ kind: "fwd", name: "other", of: "struct" });
  const ptr = builder.add({ kind: "ptr", type: other });
  const member = (name: string, type: number, offset: number) => ({ name, type, offset, bitfieldSize: 0 });
  const members = [member("parent", ptr, 0), member("pid", int, 64), member("gone", int, 96)];
  builder.add({ kind: "struct", name: "task___mine", size: 16, kindFlag: false, members });
  builder.add({ kind: "enum", name: "state", size: 4, signed: false, values: [{ name: "RUN", value: 0 }] });
  const offsets = records.map(({ access }) => builder.string(access));
  const btf = builder.build("little");
  const relos = records.map(({ kind, type }, i) => ({
    insnOff: 8 * i,
    typeId: btf.findByName(type)!,
    accessStrOff: offsets[i]!,
    kind,
  }));
  return {
    btf,
    ext: { endian: "little", funcInfo: [], lineInfo: [], coreRelos: [{ section: "xdp", records: relos }] },
  };
}

test("members that are asked about stay where they are; pointers point to nothing; what is not found is told", () => {
  const object = asking([
    { kind: 0, type: "task___mine", access: "0:0" },
    { kind: 0, type: "task___mine", access: "0:2" },
    { kind: 11, type: "state", access: "0" },
  ]);
  const { btf, ids, unresolved } = minimalBtf(kernel(), [object]);
  expect(btf.endian).toBe("big");
  expect(formatRaw(btf)).toBe(
    "[1] PTR '(anon)' type_id=0\n" +
      "[2] STRUCT 'task' size=32 vlen=1\n\t'parent' type_id=1 bits_offset=64\n" +
      "[3] ENUM 'state' encoding=UNSIGNED size=4 vlen=1\n\t'RUN' val=3\n",
  );
  expect(ids).toEqual(
    new Map([
      [4, 1],
      [6, 2],
      [7, 3],
    ]),
  );
  expect(unresolved).toHaveLength(1);
  expect(unresolved[0]).toMatchObject({ object: 0, section: "xdp", relo: { insnOff: 8 } });
});

test("a type that is to match is kept whole when it does", () => {
  const fits = minimalBtf(kernel(), [asking([{ kind: 12, type: "state", access: "0" }])]);
  expect([...fits.ids.keys()]).toEqual([7]);
  // It has a member that the kernel's has not.
  const unfit = minimalBtf(kernel(), [asking([{ kind: 12, type: "task___mine", access: "0" }])]);
  expect(unfit.btf.typeCount).toBe(1);
  expect(unfit.unresolved).toHaveLength(1);
});
