/**
 * The relocation table: each kind is a value (in the letters of a psABI) put into a field, with a range check and the
 * party that may resolve it. Dialects map their numbers onto these kinds when a file is read, and from them when one is written.
 *
 * Source: docs/psabi.md, which prints this table. Letters: S value of the symbol, A addend in bytes, P place (address of the
 * instruction or datum), B load base, G address of the symbol's GOT slot, L the function (or its PLT entry), MAP handle of a map,
 * HELPER id of a helper, KFUNC BTF id of a kernel function.
 */
import { countBefore } from "../bytes/index.js";

/** The value that is computed. Branch values count slots from the slot after the instruction. */
export type RelocValue =
  | "S"
  | "S+A"
  | "S+A-P"
  | "(S+A-P)/8-1"
  | "(L+A-P)/8-1"
  | "B+A"
  | "G+A"
  | "MAP"
  | "HELPER"
  | "KFUNC";

/**
 * Where it is put: data of n bits, the instruction's 16-bit offset, its 32-bit immediate, or the 64-bit immediate split over
 * the two slots of a wide instruction.
 */
export type RelocField = "data8" | "data16" | "data32" | "data64" | "off16" | "imm32" | "imm64";

/** How a value that does not fit its field is noticed: as a signed or unsigned number, as either, or not at all. */
export type RelocRange = "signed" | "unsigned" | "either" | "none";

/** Who may resolve a kind. */
export type Resolver = "assembler" | "linker" | "loader";

export interface RelocRow {
  readonly value: RelocValue;
  readonly field: RelocField;
  readonly range: RelocRange;
  /** The earliest and all later parties that can compute the value. */
  readonly resolvers: readonly Resolver[];
  readonly meaning: string;
}

export type RelocKind =
  | "abs_data8"
  | "abs_data16"
  | "abs_data32"
  | "abs_data64"
  | "nodyld_data32"
  | "pcrel_data8"
  | "pcrel_data16"
  | "pcrel_data32"
  | "pcrel_data64"
  | "abs_off16"
  | "abs_imm32"
  | "abs_imm64"
  | "branch_off16"
  | "branch_imm32"
  | "call_imm32"
  | "map_imm64"
  | "map_imm32"
  | "helper_imm32"
  | "kfunc_imm32"
  | "relative_data64"
  | "relative_imm64"
  | "got_imm64"
  | "got_data64"
  | "plt_data64";

const all: readonly Resolver[] = ["assembler", "linker", "loader"];
const placed: readonly Resolver[] = ["linker", "loader"];
const loader: readonly Resolver[] = ["loader"];

export const relocTable: Readonly<Record<RelocKind, RelocRow>> = {
  abs_data8: { value: "S+A", field: "data8", range: "either", resolvers: placed, meaning: "address, 8 bits of data" },
  abs_data16: {
    value: "S+A",
    field: "data16",
    range: "either",
    resolvers: placed,
    meaning: "address, 16 bits of data",
  },
  abs_data32: {
    value: "S+A",
    field: "data32",
    range: "either",
    resolvers: placed,
    meaning: "address, 32 bits of data",
  },
  abs_data64: { value: "S+A", field: "data64", range: "none", resolvers: placed, meaning: "address, 64 bits of data" },
  nodyld_data32: {
    value: "S+A",
    field: "data32",
    range: "either",
    resolvers: ["linker"],
    meaning: "offset within a section, 32 bits of data; a static linker's alone (.BTF, .BTF.ext)",
  },
  pcrel_data8: {
    value: "S+A-P",
    field: "data8",
    range: "signed",
    resolvers: all,
    meaning: "distance from the datum, 8 bits",
  },
  pcrel_data16: {
    value: "S+A-P",
    field: "data16",
    range: "signed",
    resolvers: all,
    meaning: "distance from the datum, 16 bits",
  },
  pcrel_data32: {
    value: "S+A-P",
    field: "data32",
    range: "signed",
    resolvers: all,
    meaning: "distance from the datum, 32 bits",
  },
  pcrel_data64: {
    value: "S+A-P",
    field: "data64",
    range: "none",
    resolvers: all,
    meaning: "distance from the datum, 64 bits",
  },
  abs_off16: {
    value: "S+A",
    field: "off16",
    range: "signed",
    resolvers: placed,
    meaning: "displacement of a load or store",
  },
  abs_imm32: { value: "S+A", field: "imm32", range: "either", resolvers: placed, meaning: "immediate operand" },
  abs_imm64: { value: "S+A", field: "imm64", range: "none", resolvers: placed, meaning: "64-bit load of an address" },
  branch_off16: {
    value: "(S+A-P)/8-1",
    field: "off16",
    range: "signed",
    resolvers: all,
    meaning: "jump, 16-bit distance in slots",
  },
  branch_imm32: {
    value: "(S+A-P)/8-1",
    field: "imm32",
    range: "signed",
    resolvers: all,
    meaning: "long jump, 32-bit distance in slots",
  },
  call_imm32: {
    value: "(L+A-P)/8-1",
    field: "imm32",
    range: "signed",
    resolvers: all,
    meaning: "call, 32-bit distance in slots",
  },
  map_imm64: { value: "MAP", field: "imm64", range: "none", resolvers: loader, meaning: "64-bit load of a map" },
  map_imm32: {
    value: "MAP",
    field: "imm32",
    range: "either",
    resolvers: loader,
    meaning: "32-bit move of a map handle",
  },
  helper_imm32: {
    value: "HELPER",
    field: "imm32",
    range: "signed",
    resolvers: all,
    meaning: "call of a helper by name",
  },
  kfunc_imm32: {
    value: "KFUNC",
    field: "imm32",
    range: "signed",
    resolvers: loader,
    meaning: "call of a kernel function by name",
  },
  relative_data64: {
    value: "B+A",
    field: "data64",
    range: "none",
    resolvers: loader,
    meaning: "address in the image, 64 bits of data",
  },
  relative_imm64: {
    value: "B+A",
    field: "imm64",
    range: "none",
    resolvers: loader,
    meaning: "64-bit load of an address in the image",
  },
  got_imm64: {
    value: "G+A",
    field: "imm64",
    range: "none",
    resolvers: placed,
    meaning: "64-bit load of a GOT slot's address",
  },
  got_data64: {
    value: "S",
    field: "data64",
    range: "none",
    resolvers: loader,
    meaning: "contents of a GOT slot: the symbol's address",
  },
  plt_data64: {
    value: "S",
    field: "data64",
    range: "none",
    resolvers: loader,
    meaning: "contents of the GOT slot of a PLT entry: the function's address",
  },
};

export const relocKinds: readonly RelocKind[] = Object.keys(relocTable) as RelocKind[];

/** Does the kind patch an instruction (and not data)? */
export function patchesInsn(kind: RelocKind): boolean {
  return !relocTable[kind].field.startsWith("data");
}

/** Index of the first of `relocations` (sorted by offset) at or behind `offset`. */
export function firstAt(relocations: readonly { readonly offset: number }[], offset: number): number {
  return countBefore(relocations.length, (at) => relocations[at]!.offset < offset);
}
