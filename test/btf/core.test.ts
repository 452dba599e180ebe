import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import {
  BtfBuilder,
  CoreReloKind,
  coreTypesCompatible,
  coreTypesMatch,
  readBtf,
  readBtfExt,
  resolveCoreRelo,
  type Btf,
  type BtfMember,
} from "../../src/btf/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import { corpusBtf, readVmlinux, vmlinuxMissing } from "../support/btf.js";
import { corpusMissing, corpusPath } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { runTool, toolMissing } from "../support/tools.js";

const field = (name: string, type: number, offset: number, bitfieldSize = 0): BtfMember => ({
  name,
  type,
  offset,
  bitfieldSize,
});
const int = (name: string, size: number, encoding: number) =>
  ({ kind: "int", name, size, encoding, offset: 0, bits: 8 * size }) as const;

/** What a program was compiled against. */
function localBtf(builder: BtfBuilder): { readonly btf: Btf; readonly string: (text: string) => number } {
  builder.add(int("unsigned int", 4, 0)); // 1
  builder.add(int("long", 8, 1)); // 2
  builder.add({ kind: "array", type: 1, indexType: 1, nelems: 4 }); // 3
  const members = [field("a", 1, 0), field("bits", 1, 32, 3), field("list", 3, 64), field("gone", 2, 192)];
  builder.add({ kind: "struct", name: "s___mine", size: 32, kindFlag: true, members }); // 4
  const values = [{ name: "ONE___mine", value: 5 }];
  builder.add({ kind: "enum", name: "e", size: 4, signed: false, values: [...values, { name: "NO", value: 6 }] }); // 5
  builder.add({ kind: "struct", name: "absent", size: 4, kindFlag: false, members: [field("x", 1, 0)] }); // 6
  builder.add({ kind: "union", name: "", size: 4, kindFlag: false, members: [field("x", 1, 0)] }); // 7
  const string = (text: string): number => builder.string(text);
  for (const text of ["0", "1", "0:0", "0:1", "0:2", "0:2:3", "0:3", "0:2:4", "0:9", "0:x", "1:0"]) string(text);
  return { btf: builder.build("little"), string };
}

/** The kernel it runs on: other places, a wider `a`, `bits` behind an unnamed union, no `gone`. */
function targetBtf(endian: "little" | "big"): Btf {
  const builder = new BtfBuilder();
  builder.add(int("u64", 8, 0)); // 1
  builder.add(int("u32", 4, 0)); // 2
  builder.add({ kind: "array", type: 2, indexType: 2, nelems: 8 }); // 3
  builder.add({ kind: "union", name: "", size: 4, kindFlag: true, members: [field("bits", 2, 5, 7)] }); // 4
  const members = [field("list", 3, 64), field("", 4, 320), field("a", 1, 384)];
  builder.add({ kind: "struct", name: "s", size: 64, kindFlag: true, members }); // 5
  builder.add({ kind: "enum64", name: "e", size: 8, signed: true, values: [{ name: "ONE", value: -7n }] }); // 6
  return builder.build(endian);
}

test("fields, types and enumerators are found by name on the target", () => {
  const { btf: local, string } = localBtf(new BtfBuilder());
  const K = CoreReloKind;
  const run = (kind: number, typeId: number, access: string, target: Btf = targetBtf("little")) =>
    resolveCoreRelo(local, { insnOff: 0, typeId, accessStrOff: string(access), kind }, target);
  const value = (kind: number, typeId: number, access: string, target?: Btf) => {
    const result = run(kind, typeId, access, target);
    return result.poison ? "poison" : Number(result.value);
  };
  expect(run(K.BPF_CORE_FIELD_BYTE_OFFSET, 4, "0:0")).toMatchObject({
    original: 0n,
    value: 48n,
    validate: true,
    originalSize: 4,
    size: 8,
    sizeMismatch: false,
    target: { rootId: 5, indices: [0, 2], bitOffset: 384 },
  });
  // The second element of an array of s.
  expect(value(K.BPF_CORE_FIELD_BYTE_OFFSET, 4, "1:0")).toBe(64 + 48);
  expect(value(K.BPF_CORE_FIELD_BYTE_OFFSET, 4, "0:2:3")).toBe(8 + 12);
  expect(value(K.BPF_CORE_FIELD_BYTE_SIZE, 4, "0:2")).toBe(32);
  // bits: bit 5 to 11 of the word at byte 40.
  const bits = run(K.BPF_CORE_FIELD_BYTE_OFFSET, 4, "0:1");
  expect(bits).toMatchObject({ value: 40n, validate: false, size: 0, target: { indices: [0, 1, 0], bitOffset: 325 } });
  expect(value(K.BPF_CORE_FIELD_BYTE_SIZE, 4, "0:1")).toBe(4);
  expect(value(K.BPF_CORE_FIELD_LSHIFT_U64, 4, "0:1")).toBe(64 - 12);
  expect(value(K.BPF_CORE_FIELD_LSHIFT_U64, 4, "0:1", targetBtf("big"))).toBe(32 + 5);
  expect(value(K.BPF_CORE_FIELD_RSHIFT_U64, 4, "0:1")).toBe(64 - 7);
  expect(value(K.BPF_CORE_FIELD_SIGNED, 4, "0:1")).toBe(0);
  expect(value(K.BPF_CORE_FIELD_EXISTS, 4, "0:3")).toBe(0);
  expect(value(K.BPF_CORE_FIELD_EXISTS, 4, "0:0")).toBe(1);
  expect(value(K.BPF_CORE_FIELD_BYTE_OFFSET, 4, "0:3")).toBe("poison");
  expect(value(K.BPF_CORE_TYPE_ID_LOCAL, 4, "0")).toBe(4);
  expect(value(K.BPF_CORE_TYPE_ID_TARGET, 4, "0")).toBe(5);
  expect(value(K.BPF_CORE_TYPE_SIZE, 4, "0")).toBe(64);
  expect(value(K.BPF_CORE_TYPE_SIZE, 6, "0")).toBe(0);
  expect(value(K.BPF_CORE_TYPE_EXISTS, 6, "0")).toBe(0);
  expect(value(K.BPF_CORE_TYPE_MATCHES, 4, "0")).toBe(0);
  expect(run(K.BPF_CORE_ENUMVAL_VALUE, 5, "0")).toMatchObject({ original: 5n, value: -7n, poison: false });
  expect(value(K.BPF_CORE_ENUMVAL_VALUE, 5, "1")).toBe("poison");
  expect(value(K.BPF_CORE_ENUMVAL_EXISTS, 5, "1")).toBe(0);
});

test("records that make no sense, and candidates that disagree, are errors", () => {
  const { btf: local, string } = localBtf(new BtfBuilder());
  const code = (kind: number, typeId: number, access: string, target = targetBtf("little")): string => {
    try {
      resolveCoreRelo(local, { insnOff: 0, typeId, accessStrOff: string(access), kind }, target);
    } catch (error) {
      if (error instanceof BpfkitError) return error.diagnostics[0]!.code;
      throw error;
    }
    return "";
  };
  expect(code(0, 4, "0:9")).toBe("btf-core-access");
  expect(code(0, 4, "0:x")).toBe("btf-core-access");
  expect(code(0, 4, "0:2:4")).toBe("btf-core-access");
  expect(code(8, 4, "0:1")).toBe("btf-core-access");
  expect(code(10, 4, "0")).toBe("btf-core-access");
  expect(code(13, 4, "0")).toBe("btf-core-kind");
  expect(code(0, 7, "0:0")).toBe("btf-core-anonymous");
  expect(code(0, 99, "0:0")).toBe("btf-type-id");
  const two = new BtfBuilder();
  two.add(int("u32", 4, 0));
  for (const [name, offset] of [
    ["s", 0],
    ["s___2", 32],
  ] as const) {
    two.add({ kind: "struct", name, size: 8, kindFlag: false, members: [field("a", 1, offset)] });
  }
  expect(code(0, 4, "0:0", two.build("little"))).toBe("btf-core-ambiguous");
  expect(code(2, 4, "0:0", two.build("little"))).toBe("btf-core-ambiguous");
});

test("compatible is looser than matching", () => {
  const builder = new BtfBuilder();
  builder.add(int("int", 4, 1)); // 1
  builder.add(int("unsigned", 4, 0)); // 2
  builder.add({ kind: "func_proto", type: 1, params: [{ name: "x", type: 1 }] }); // 3
  builder.add({ kind: "func_proto", type: 1, params: [{ name: "y", type: 2 }] }); // 4
  builder.add({ kind: "func_proto", type: 1, params: [] }); // 5
  builder.add({ kind: "struct", name: "s", size: 8, kindFlag: false, members: [field("p", 7, 0)] }); // 6
  builder.add({ kind: "ptr", type: 6 }); // 7
  builder.add({ kind: "fwd", name: "s", of: "struct" }); // 8
  builder.add({ kind: "ptr", type: 8 }); // 9
  builder.add({ kind: "const", type: 1 }); // 10
  const btf = builder.build("little");
  expect(coreTypesCompatible(btf, 3, btf, 4)).toBe(true);
  expect(coreTypesCompatible(btf, 3, btf, 5)).toBe(false);
  expect(coreTypesMatch(btf, 3, btf, 4)).toBe(false);
  expect(coreTypesMatch(btf, 6, btf, 6)).toBe(true);
  expect(coreTypesMatch(btf, 7, btf, 9)).toBe(true);
  expect(coreTypesMatch(btf, 6, btf, 8)).toBe(false);
  expect(coreTypesMatch(btf, 10, btf, 1)).toBe(true);
});

const root = process.getuid?.() === 0 ? "" : " (skipped: not root)";
const skipped = corpusMissing + vmlinuxMissing + toolMissing("bpftool") + root;

test.skipIf(skipped !== "")(`values on the running kernel are libbpf's${skipped}`, () => {
  const target = readBtf(readVmlinux());
  const kinds = new Set<number>();
  let compared = 0;
  for (const { name, btf: bytes, ext: extBytes, endian } of corpusBtf()) {
    // libbpf 1.1 takes objects of the machine's byte order alone, and counts relocations by section.
    if (extBytes === undefined || endian !== target.endian || !name.startsWith("objects/own/obj/core")) continue;
    const btf = readBtf(bytes);
    const sections = readBtfExt(extBytes, btf).coreRelos;
    if (sections.length !== 1) continue;
    const pin = `/sys/fs/bpf/bpfkit-core-${process.pid}`;
    const { stdout, stderr } = runTool("bpftool", ["-d", "prog", "load", corpusPath(name), pin]);
    rmSync(pin, { force: true });
    const log = stdout + stderr;
    for (const line of log.split("\n")) {
      const patched = /relo #(\d+): patched insn #\d+ \(\S+\) \S+ (\d+) -> (\d+)/.exec(line);
      const candidate = /relo #(\d+): matching candidate #0 <\S+> \[(\d+)\]/.exec(line);
      const index = Number(patched?.[1] ?? candidate?.[1] ?? -1);
      if (index < 0) continue;
      const relo = sections[0]!.records[index]!;
      const result = resolveCoreRelo(btf, relo, target);
      if (candidate !== null) {
        expect(result.target?.rootId, `${name}: ${line}`).toBe(Number(candidate[2]));
        continue;
      }
      kinds.add(relo.kind);
      compared++;
      expect(result.poison, line).toBe(false);
      expect(result.value, `${name}: ${line}`).toBe(BigInt(patched![3]!));
      if (result.validate) expect(result.original, `${name}: ${line}`).toBe(BigInt(patched![2]!));
    }
  }
  console.log(
    `CO-RE: ${compared} values compared with libbpf's, of kinds ${[...kinds].toSorted((a, b) => a - b).join()}`,
  );
  expect(compared).toBeGreaterThan(50);
  expect(kinds.size).toBeGreaterThan(11);
});

test.skipIf(corpusMissing !== "")(`mutated BTF gives structured errors only${corpusMissing}`, () => {
  const inputs = corpusBtf().flatMap((object) => (object.ext === undefined ? [] : [{ ...object, ext: object.ext }]));
  const withCore = inputs.filter(({ btf, ext }) => readBtfExt(ext, readBtf(btf)).coreRelos.length > 0);
  const count = fuzz(fuzzRounds(400), (random) => {
    const { btf: bytes, ext } = random.pick(withCore);
    const good = readBtf(bytes);
    const broken = bytes.slice();
    for (let n = random.between(1, 8); n > 0; n--) broken[24 + random.below(bytes.length - 24)] = random.below(256);
    const btf = readBtf(broken);
    for (const { records } of readBtfExt(ext, good).coreRelos) {
      for (const relo of records) resolveCoreRelo(btf, relo, random.chance(1, 2) ? btf : good);
    }
  });
  expect(count.refused + count.accepted).toBeGreaterThan(0);
  expect(count.refused).toBeGreaterThan(0);
});
