/** Small Objects with one relocation, made from the relocation table: the right instruction or datum for every kind. */
import type { Endian } from "../../src/bytes/index.js";
import {
  dialects,
  noFlags,
  placeOpcodes,
  relocTable,
  type InsnPlace,
  type ObjectFile,
  type ObjectSymbol,
  type RelocDialect,
  type RelocKind,
  type Section,
} from "../../src/object/index.js";
import { makeSection } from "./objects.js";

/** What a relocation's symbol is. */
export type Target = "undefined" | "weak" | "map" | "data" | "function" | "section" | "absolute";

/** The opcode (and its second slot) that a relocation of `kind` stands at, as the first dialect that has the kind says. */
export function opcodeFor(kind: RelocKind): number | undefined {
  const places = Object.values(dialects)
    .flat()
    .filter((row) => row.kind === kind)
    .flatMap(({ insn }): InsnPlace[] => (insn === undefined ? [] : [insn]));
  return places[0] === undefined ? undefined : placeOpcodes[places[0]][0];
}

/** Bytes before the relocated place: a multiple of the slot in code, odd in data. */
export function placeBefore(kind: RelocKind): number {
  return opcodeFor(kind) === undefined ? 3 : 16;
}

const symbolFor: Readonly<Record<Target, Partial<ObjectSymbol>>> = {
  undefined: {},
  weak: { binding: "weak" },
  map: { home: { kind: "section", section: 1, offset: 0 }, type: "object", size: 20 },
  data: { home: { kind: "section", section: 2, offset: 24 }, type: "object", size: 8 },
  function: { home: { kind: "section", section: 3, offset: 32 }, type: "func", size: 8 },
  section: { home: { kind: "section", section: 2, offset: 0 }, type: "section", binding: "local", name: ".data" },
  absolute: { home: { kind: "absolute", value: 0x1234n } },
};

/** The targets that references of `kind` are written to in some dialect. */
export function targetsOf(kind: RelocKind): readonly Target[] {
  const { value } = relocTable[kind];
  if (value === "MAP") return ["map", "undefined"];
  if (value === "HELPER" || value === "KFUNC") return ["undefined", "weak"];
  if (value === "B+A") return ["absolute"];
  return value.endsWith("/8-1")
    ? ["function", "undefined", "weak"]
    : ["data", "section", "undefined", "weak", "absolute"];
}

/** An Object with one relocation of `kind` against a symbol `target`, which the section `.text` or `.data.one` holds. */
export function oneReloc(kind: RelocKind, target: Target, addend: bigint, endian: Endian): ObjectFile {
  const opcode = opcodeFor(kind);
  const offset = placeBefore(kind);
  const place = new Uint8Array(offset + 48);
  if (opcode !== undefined) {
    for (let at = 0; at < place.length; at += 8) place[at] = 0x95;
    place[offset] = opcode;
    if (relocTable[kind].field === "imm64") place[offset + 8] = 0;
  }
  const relocations = [{ offset, kind, symbol: 0, addend }];
  const data: Partial<Section> = { flags: { ...noFlags, alloc: true, write: true } };
  const code = Uint8Array.from({ length: 64 }, (_, at) => (at % 8 === 0 ? 0x95 : 0));
  const symbol: ObjectSymbol = {
    name: "target",
    home: { kind: "undefined" },
    size: 0,
    binding: "global",
    type: "notype",
    visibility: "default",
    ...symbolFor[target],
  };
  return {
    file: "one.o",
    endian,
    flags: 0,
    sections: [
      makeSection(opcode === undefined ? ".data.one" : "xdp", place, {
        ...(opcode === undefined ? data : {}),
        relocations,
      }),
      makeSection("maps", new Uint8Array(20), data),
      makeSection(".data", new Uint8Array(64), data),
      makeSection(".text", code),
    ],
    symbols: [symbol],
    groups: [],
  };
}

/** Does `dialect` have a number for `kind`? */
export function hasNumber(dialect: RelocDialect, kind: RelocKind): boolean {
  return dialects[dialect].some((row) => row.kind === kind && row.readOnly !== true);
}
