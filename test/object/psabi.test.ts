/** The tables in docs/psabi.md are the ones that files are read and written by. `BPFKIT_UPDATE_GOLDEN=1` writes them. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toHex } from "../../src/bytes/index.js";
import { readElf, readRelocs } from "../../src/elf/index.js";
import {
  dialectFacts,
  dialects,
  fieldBytes,
  placeOpcodes,
  relocKinds,
  relocTable,
  writeObject,
  type DialectRow,
  type InsnPlace,
  type RelocDialect,
  type RelocField,
  type RelocKind,
} from "../../src/object/index.js";
import { oneReloc, placeBefore, targetsOf } from "../support/relocs.js";

const page = new URL("../../docs/psabi.md", import.meta.url);

const number = (type: number): string => (type >= 256 ? `0x${type.toString(16)}` : String(type));

function numbersOf(kind: (typeof relocKinds)[number]): string {
  const rows = dialects.llvm.filter((row) => row.kind === kind && row.readOnly !== true);
  return rows.map(({ type }) => number(type)).join(", ");
}

function kinds(): string[] {
  return [
    "| kind | value | field | range | resolved by | number | meaning |",
    "|---|---|---|---|---|---|---|",
    ...relocKinds.map((kind) => {
      const { value, field, range, resolvers, meaning } = relocTable[kind];
      return `| \`${kind}\` | ${value} | \`${field}\` | ${range} | ${resolvers.join(", ")} | ${numbersOf(kind)} | ${meaning} |`;
    }),
  ];
}

const bits = (field: RelocField): number =>
  field.startsWith("data") ? 8 * fieldBytes[field] : { off16: 16, imm32: 32, imm64: 64 }[field as "off16"];

const rules = { bytes: "A", slots: "A/8-1", place: "A-P", "gnu-slots": "A/8-1 or 0", none: "none" } as const;

function addend({ addend: rule, kind, store, storeAt, unsigned }: DialectRow): string {
  if (rule === "none") return rules.none;
  const sign = unsigned === true ? "unsigned" : "signed";
  const where = storeAt === undefined ? "" : ` at +${storeAt}`;
  return `${rules[rule]}, ${bits(store ?? relocTable[kind].field)} bits ${sign}${where}`;
}

function at({ in: place, insn, inCode, of }: DialectRow): string {
  const what = place === "code" ? insn! : inCode === undefined ? "datum" : "datum, in code too";
  return of === undefined ? what : `${what}, ${of === "map" ? "of a map" : "of an undefined symbol"}`;
}

function rowsOf(dialect: RelocDialect): string[] {
  return [
    "| number | name | at | kind | addend | r_offset | check | |",
    "|---|---|---|---|---|---|---|---|",
    ...dialects[dialect].map((row) => {
      const own = row.range === undefined ? "" : ` (${row.range})`;
      const use = row.readOnly === true ? "read" : row.private === true ? "with the note" : "";
      const cells = [
        number(row.type),
        row.name,
        at(row),
        `\`${row.kind}\``,
        addend(row),
        `+${row.skew ?? 0}`,
        `${relocTable[row.kind].range}${own}`,
        use,
      ];
      return `| ${cells.join(" | ")} |`;
    }),
  ];
}

function dialectList(): string[] {
  const tags = { kept: "the Object's", zero: "0", always: "always, v4 by default" } as const;
  return [
    "| dialect | producers | ISA version | string tables | note |",
    "|---|---|---|---|---|",
    ...Object.entries(dialectFacts).map(([dialect, { producers, isaTag, oneStringTable, note }]) => {
      const noted = note ? "with any relocation" : dialect === "llvm" ? "with private numbers" : "never";
      return `| \`${dialect}\` | ${producers} | ${tags[isaTag]} | ${oneStringTable ? "one" : "two"} | ${noted} |`;
    }),
  ];
}

const insnPlaces: Readonly<Record<InsnPlace, string>> = {
  lddw: "the two-slot load",
  call: "a call",
  jump: "a jump with a 16-bit distance",
  "long-jump": "a jump with a 32-bit distance",
  memory: "a load or store with a 16-bit displacement",
  immediate: "a 32-bit immediate operand",
  mov32: "a 32-bit move of an immediate",
};

function placesTable(): string[] {
  return [
    "| at | instruction | opcodes |",
    "|---|---|---|",
    ...Object.entries(insnPlaces).map(([place, what]) => {
      const opcodes = placeOpcodes[place as InsnPlace].map((opcode) => opcode.toString(16).padStart(2, "0"));
      return `| ${place} | ${what} | ${opcodes.join(" ")} |`;
    }),
  ];
}

/** The place of a relocation of `kind` in a written file. */
function placeBytes(kind: RelocKind, addend: bigint, endian: "little" | "big"): string {
  const elf = readElf(writeObject(oneReloc(kind, targetsOf(kind)[0]!, addend, endian)));
  const start = placeBefore(kind);
  const bytes = elf.sections[1]!.data.subarray(start, start + fieldBytes[relocTable[kind].field]);
  return toHex(bytes).replace(/.{8}(?=.)/g, "$& ");
}

function examples(): string[] {
  return [
    "| kind | number | A | little-endian | big-endian |",
    "|---|---|---|---|---|",
    ...relocKinds.map((kind) => {
      const addend = /[AG]/.test(relocTable[kind].value.replace(/^MAP$/, "")) ? -16n : 0n;
      const elf = readElf(writeObject(oneReloc(kind, targetsOf(kind)[0]!, addend, "little")));
      const [record] = readRelocs(elf, elf.sections[2]!);
      const cells = [
        `\`${kind}\``,
        number(record!.type),
        addend,
        placeBytes(kind, addend, "little"),
        placeBytes(kind, addend, "big"),
      ];
      return `| ${cells.join(" | ")} |`;
    }),
  ];
}

const tables: Readonly<Record<string, () => string[]>> = {
  kinds,
  places: placesTable,
  dialects: dialectList,
  examples,
};

test("the tables of docs/psabi.md are the source's", () => {
  const text = readFileSync(page, "utf8");
  const seen: string[] = [];
  const made = text.replace(
    /<!-- (kinds|places|dialects|examples|dialect ([\w.-]+)) -->\n[^]*?<!-- end -->/g,
    (_, what: string, name?: string) => {
      seen.push(name ?? what);
      const lines = tables[what]?.() ?? rowsOf(name as RelocDialect);
      return `<!-- ${what} -->\n\n${lines.join("\n")}\n\n<!-- end -->`;
    },
  );
  expect(seen.toSorted()).toEqual([...Object.keys(tables), ...Object.keys(dialects)].toSorted());
  if (process.env["BPFKIT_UPDATE_GOLDEN"] === "1") writeFileSync(page, made);
  expect(readFileSync(page, "utf8")).toBe(made);
});

test("the document's byte strings and numbers are the source's", () => {
  const text = readFileSync(page, "utf8");
  for (const [kind, type] of [
    ["relative_data64", "0xbf20"],
    ["relative_imm64", "0xbf21"],
    ["got_data64", "0xbf23"],
    ["plt_data64", "0xbf24"],
  ] as const) {
    expect(dialects.llvm.find((row) => row.kind === kind)!.type).toBe(Number(type));
    expect(text).toContain(type);
  }
});
