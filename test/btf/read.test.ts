import { expect, test } from "vitest";
import { BpfkitError } from "../../src/diag/index.js";
import { BtfKind, essentialName, readBtf } from "../../src/btf/index.js";
import { fromHex } from "../../src/bytes/index.js";
import { corpusBtf, readVmlinux, vmlinuxMissing } from "../support/btf.js";
import { corpusMissing } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { mutateBytes } from "../support/mutate.js";

/** Header, types and strings of a little blob, from hex. */
function blob(types: string, strings: string): Uint8Array {
  const body = fromHex(types);
  const text = new TextEncoder().encode(strings);
  const header = new DataView(new ArrayBuffer(24));
  header.setUint16(0, 0xeb9f, true);
  header.setUint8(2, 1);
  [24, 0, body.length, body.length, text.length].forEach((word, i) => header.setUint32(4 + 4 * i, word, true));
  return new Uint8Array([...new Uint8Array(header.buffer), ...body, ...text]);
}

const int = "01000000 00000001 04000000 20000001";
const ptr = "00000000 00000002 01000000";

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof BpfkitError) return error.diagnostics[0]?.code;
    throw error;
  }
  return undefined;
}

test("types are found by id and by name", () => {
  const btf = readBtf(blob(int + ptr, "\0int\0"));
  expect(btf.endian).toBe("little");
  expect(btf.typeCount).toBe(3);
  expect(btf.type(0)).toEqual({ kind: "void" });
  expect(btf.type(1)).toEqual({ kind: "int", name: "int", size: 4, encoding: 1, offset: 0, bits: 32 });
  expect(btf.type(2)).toEqual({ kind: "ptr", type: 1 });
  expect(btf.kind(2)).toBe(BtfKind.BTF_KIND_PTR);
  expect(btf.findByName("int")).toBe(1);
  expect(btf.findByName("int", "struct")).toBeUndefined();
  expect(btf.findByName("in")).toBeUndefined();
});

test("bad blobs are refused with a code and a place", () => {
  expect(codeOf(() => readBtf(fromHex("9feb")))).toBe("bytes-truncated");
  expect(codeOf(() => readBtf(fromHex("7f454c46")))).toBe("btf-magic");
  expect(codeOf(() => readBtf(blob(int, "\0int\0"), { endian: "big" }))).toBe("btf-endian");
  expect(codeOf(() => readBtf(blob(int, "\0int\0").with(2, 2)))).toBe("btf-version");
  expect(codeOf(() => readBtf(blob(int, "\0int")))).toBe("btf-header");
  expect(codeOf(() => readBtf(blob(int, "int\0")))).toBe("btf-header");
  expect(codeOf(() => readBtf(blob(int, "\0int\0").subarray(0, 44)))).toBe("btf-header");
  expect(codeOf(() => readBtf(blob("01000000 0000001f 04000000", "\0int\0")))).toBe("btf-unknown-kind");
  // A struct of three members in a section with room for one.
  expect(codeOf(() => readBtf(blob(`01000000 03000004 04000000 ${int}`, "\0int\0")))).toBe("btf-type-truncated");
  const btf = readBtf(blob(`09000000 00000001 04000000 20000001 ${ptr.replace("01000000", "63000000")}`, "\0int\0"));
  expect(codeOf(() => btf.type(1))).toBe("btf-string");
  expect(codeOf(() => btf.type(3))).toBe("btf-type-id");
  expect(codeOf(() => btf.name(99))).toBe("btf-type-id");
  try {
    readBtf(blob(int + ptr.replace("00000002", "0000007f"), "\0int\0"), { file: "a.o", section: ".BTF" });
  } catch (error) {
    const place = { kind: "binary", file: "a.o", section: ".BTF", offset: 40 };
    expect((error as BpfkitError).diagnostics[0]?.place).toEqual(place);
  }
});

test("a kind that the layout section describes is read as unknown, with its words", () => {
  const old = blob(`${int} 01000000 02000014 07000000 0a000000 0b000000 0c000000 0d000000 0e000000`, "\0int\0");
  // One fixed word and two words per element for kind 20; the layout section goes between types and strings.
  const layout = new Uint8Array(4 * 21);
  layout.set([4, 8], 80);
  const bytes = new Uint8Array(old.length + 8 + layout.length);
  bytes.set(old.subarray(0, 24));
  const typeLen = old.length - 24 - 5;
  const view = new DataView(bytes.buffer);
  view.setUint32(4, 32, true);
  view.setUint32(16, typeLen + layout.length, true);
  view.setUint32(24, typeLen, true);
  view.setUint32(28, layout.length, true);
  bytes.set(old.subarray(24, 24 + typeLen), 32);
  bytes.set(layout, 32 + typeLen);
  bytes.set(old.subarray(24 + typeLen), 32 + typeLen + layout.length);
  const btf = readBtf(bytes);
  const shared = { kind: "unknown", name: "int", number: 20, kindFlag: false, vlen: 2, sizeOrType: 7 };
  expect(btf.type(2)).toEqual({ ...shared, words: [10, 11, 12, 13, 14] });
  expect(btf.typeCount).toBe(3);
});

test("split BTF counts on from its base, in ids and in strings", () => {
  const base = readBtf(blob(int, "\0int\0"));
  // The string at 5 is the first of the split section.
  const split = readBtf(blob("05000000 00000008 01000000", "word\0"), { base });
  expect(split.firstId).toBe(2);
  expect(split.type(2)).toEqual({ kind: "typedef", name: "word", type: 1 });
  expect(split.name(1)).toBe("int");
  expect(split.findByName("int")).toBe(1);
  expect(split.findByName("word")).toBe(2);
  expect([...split.types()].map(([id]) => id)).toEqual([2]);
});

test("names without their flavour", () => {
  expect(essentialName("task_struct___old")).toBe("task_struct");
  expect(essentialName("a___b___c")).toBe("a___b");
  expect(essentialName("___b")).toBe("___b");
  expect(essentialName("a____b")).toBe("a____b");
  expect(essentialName("a___")).toBe("a___");
  const btf = readBtf(blob(int + int.replace("01", "05") + int.replace("01", "0f"), "\0int\0int___old\0int___\0"));
  expect([...btf.findAll("int", undefined, true)]).toEqual([1, 2]);
  expect([...btf.findAll("int___new", "int", true)]).toEqual([1, 2]);
  expect([...btf.findAll("int___old")]).toEqual([2]);
});

test.skipIf(corpusMissing !== "")(`every corpus object's BTF reads, in both byte orders${corpusMissing}`, () => {
  const orders = new Set<string>();
  const kinds = new Set<string>();
  for (const { name, btf: bytes, endian } of corpusBtf()) {
    const btf = readBtf(bytes, { file: name, section: ".BTF" });
    expect(btf.endian, name).toBe(endian);
    orders.add(endian);
    for (const [id, type] of btf.types()) {
      kinds.add(type.kind);
      if ("name" in type && type.name !== "") expect([...btf.findAll(type.name, type.kind)]).toContain(id);
    }
  }
  expect([...orders].toSorted()).toEqual(["big", "little"]);
  // All kinds but void and unknown.
  expect(kinds.size).toBe(19);
});

test.skipIf(vmlinuxMissing !== "")(`the running kernel's BTF reads${vmlinuxMissing}`, () => {
  const btf = readBtf(readVmlinux());
  expect(btf.typeCount).toBeGreaterThan(10_000);
  const task = btf.type(btf.findByName("task_struct", "struct")!);
  expect(task.kind === "struct" && task.members.some((member) => member.name === "pid")).toBe(true);
});

test.skipIf(corpusMissing !== "")(`mutated blobs give structured errors only${corpusMissing}`, () => {
  const inputs = corpusBtf().map((object) => object.btf);
  const count = fuzz(fuzzRounds(3000), (random) => {
    const btf = readBtf(mutateBytes(random, random.pick(inputs), inputs));
    for (const [, type] of btf.types()) if ("type" in type) btf.kind(type.type);
    btf.findByName("int");
  });
  expect(count.refused).toBeGreaterThan(0);
  expect(count.accepted).toBeGreaterThan(0);
});
