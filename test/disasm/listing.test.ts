/** Listings: layout (golden files), facts, what is no instruction. */
import { expect, test } from "vitest";
import { fromHex } from "../../src/bytes/index.js";
import { disassemble, formatDisassembly, formatSymbols, listSymbols } from "../../src/disasm/index.js";
import { encodeSlot, insnTable, opcodes } from "../../src/isa/index.js";
import { noFlags, type ObjectFile } from "../../src/object/index.js";
import { Random } from "../support/random.js";
import { makeObject, makeSection, makeSymbol } from "../support/objects.js";

const program = `
  b701000005000000 7b1af8ff00000000
  18020000000000000000000000000000
  8500000001000000
  15000200 00000000
  85100000ffffffff
  0500faff00000000
  9500000000000000`;

/** A program with every kind of reference, and a section with what is no instruction. */
function sample(): ObjectFile {
  const broken = "ff00000000000000 9501000000000000 bf1b000000000000 1801000007000000 950000";
  const relocations = [
    { offset: 16, kind: "map_imm64", symbol: 3, addend: 0n },
    { offset: 48, kind: "call_imm32", symbol: 0, addend: 16n },
  ] as const;
  return makeObject(
    [
      makeSection("xdp", fromHex(program), { relocations }),
      makeSection(".text", fromHex(broken)),
      makeSection("maps", new Uint8Array(20), { flags: { ...noFlags, alloc: true, write: true } }),
    ],
    [
      makeSymbol("", 1, 0, { type: "section", binding: "local" }),
      makeSymbol(".Ltail", 0, 56, { type: "notype", binding: "local" }),
      makeSymbol("main", 0, 0),
      makeSymbol("table", 2, 0, { type: "object" }),
      makeSymbol("helper", 1, 16, { binding: "weak" }),
      makeSymbol("outside", 0, 0, { home: { kind: "undefined" }, type: "notype" }),
    ],
  );
}

test.each(["pseudoc", "gnu", "plain", "kernel", "conformance"] as const)("the listing in %s", async (dialect) => {
  const text = formatDisassembly(sample(), { dialect, relocations: true });
  await expect(text).toMatchFileSnapshot(`golden/listing.${dialect}.txt`);
});

test("the listing without bytes and relocations", async () => {
  await expect(formatDisassembly(sample(), { bytes: false })).toMatchFileSnapshot("golden/listing.bare.txt");
});

test("all sections, or those asked for", () => {
  const sections = (options: object): string[] => disassemble(sample(), options).map(({ section }) => section);
  expect(sections({})).toEqual(["xdp", ".text"]);
  expect(sections({ all: true })).toEqual(["xdp", ".text", "maps"]);
  expect(sections({ sections: ["maps"] })).toEqual(["maps"]);
});

test("facts name instruction, target, helper and relocation", () => {
  const [xdp] = disassemble(sample());
  const byAddress = new Map(xdp!.items.map((item) => [item.address, item]));
  expect(byAddress.size).toBe(8);
  expect(byAddress.get(16)).toEqual({
    kind: "insn",
    address: 16,
    bytes: "18020000000000000000000000000000",
    name: "lddw",
    text: "r2 = table ll",
    target: undefined,
    helper: undefined,
    relocations: [{ offset: 16, kind: "map_imm64", name: "R_BPF_64_64", meaning: "map", target: "table" }],
  });
  expect(byAddress.get(32)).toMatchObject({ name: "call_helper", helper: "bpf_map_lookup_elem" });
  expect(byAddress.get(40)).toMatchObject({ text: "if r0 == 0 goto +2", target: { address: 64, name: ".Ltail+0x8" } });
  expect(byAddress.get(48)).toMatchObject({ text: "call helper", target: { address: 16, name: "helper" } });
  expect(byAddress.get(56)).toMatchObject({ target: { address: 16, name: "main+0x10" } });
});

test("what is no instruction is data with a reason", () => {
  const items = disassemble(sample())[1]!.items;
  expect(items.map((item) => (item.kind === "data" ? [item.text, item.explanation] : item.text))).toEqual([
    [".8byte 0x00000000000000ff", "no instruction has opcode 0xff"],
    [".8byte 0x0000000000000195", "no form of opcode 0x95: destination register is 1, not 0"],
    [".8byte 0x0000000000001bbf", "destination register r11 does not exist"],
    [".8byte 0x0000000700000118", "half of a wide instruction: the code ends here"],
    [".byte 0x95, 0x00, 0x00", "the code ends within an instruction"],
  ]);
});

test("a wide instruction whose second slot is another instruction is data", () => {
  const code = fromHex("1801000007000000 b700000000000000");
  const [text] = disassemble(makeObject([makeSection(".text", code)], []));
  expect(text!.items).toMatchObject([
    { kind: "data", explanation: "half of a wide instruction: the second slot is not zero where it must be" },
    { kind: "insn", text: "r0 = 0" },
  ]);
});

test("symbols by name, by address and with nm's letters", () => {
  const object = sample();
  const list = listSymbols(object);
  expect(formatSymbols(list)).toBe(
    [
      "0000000000000038 t .Ltail",
      "0000000000000010 W helper",
      "0000000000000000 T main",
      "                 U outside",
      "0000000000000000 D table",
      "",
    ].join("\n"),
  );
  const names = (sort: "name" | "address" | "none", reverse = false): string[] =>
    formatSymbols(list, { sort, reverse })
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(19));
  expect(names("address")).toEqual(["outside", "main", "table", "helper", ".Ltail"]);
  expect(names("none", true)).toEqual(["outside", "helper", "table", "main", ".Ltail"]);
});

/** The lines of a listing as slot number, bytes and text without its comment. */
function linesOf(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const found = /^ *(\d+):\t([0-9a-f ]+)\t([^\t]*)/.exec(line);
    return found === null ? [] : [`${found[1]} ${found[2]!.replaceAll(" ", "")} ${found[3]}`];
  });
}

test("a long listing tells the same as the facts, repeated instructions and all", () => {
  for (const [seed, endian] of [
    [1, "little"],
    [2, "big"],
  ] as const) {
    const random = new Random(seed);
    const slots = 30_000;
    const code = new Uint8Array(slots * opcodes.SLOT);
    const number = (field: string | number, range: number): number =>
      typeof field === "number" ? field : random.below(range);
    for (let i = 0; i < slots; i++) {
      const row = random.pick(insnTable);
      const imm = number(row.imm, random.pick([2, 2 ** 31]));
      const at = i * opcodes.SLOT;
      encodeSlot(code, at, endian, row.opcode, number(row.dst, 11), number(row.src, 11), number(row.off, 3), imm);
      // Now and then noise, and the same instruction again.
      if (random.chance(1, 20)) code.set(random.bytes(opcodes.SLOT), at);
      if (i > 100 && random.chance(1, 2)) code.copyWithin(at, at - opcodes.SLOT * random.between(1, 100), at);
      if (random.chance(1, 4)) code.copyWithin(at, 0, opcodes.SLOT);
    }
    const object = makeObject([makeSection(".text", code)], [makeSymbol("f", 0, 0), makeSymbol("g", 0, 8000)], {
      endian,
    });
    const facts = disassemble(object)[0]!.items;
    const expected = facts.map(({ address, bytes, text }) => `${address / opcodes.SLOT} ${bytes} ${text}`);
    expect(linesOf(formatDisassembly(object))).toEqual(expected);
  }
});

test("targets are told from the label before them, wherever the jump is", () => {
  const code = fromHex("0500010000000000 0500fdff00000000 05000000 00000000 0500fbff00000000 9500000000000000");
  const text = formatDisassembly(
    makeObject([makeSection("xdp", code)], [makeSymbol("late", 0, 16), makeSymbol("alias", 0, 16)]),
    { bytes: false },
  );
  expect(text.split("\n").filter((line) => line.includes("goto"))).toEqual([
    "       0:\tgoto +1\t# <late>",
    "       1:\tgoto -3\t# <xdp-0x8>",
    "       2:\tgoto +0\t# <late+0x8>",
    "       3:\tgoto -5\t# <xdp-0x8>",
  ]);
});

test("a jump to the slot before the section has a target like any other", () => {
  const [listing] = disassemble(makeObject([makeSection("xdp", fromHex("0500feff00000000"))], []));
  expect(listing!.items).toMatchObject([{ kind: "insn", text: "goto -2", target: { address: -8, name: "xdp-0x8" } }]);
});
