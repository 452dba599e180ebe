/** What is wrong with a relocation record, said with section, offset and symbol. */
import { diagnostic, type BinaryPlace, type Diagnostic } from "../diag/index.js";
import type { RelocDialect } from "./dialects.js";
import { placeOpcodes } from "./insn-place-table.js";
import type { NoFit } from "./reloc-match.js";
import type { RelocRecord, RelocScene } from "./reloc-scene.js";

export function placeOf({ elf }: RelocScene, { section, offset }: RelocRecord): BinaryPlace {
  return { kind: "binary", file: elf.file, section: section.name, offset };
}

/** The symbol's name; a section symbol has its section's. */
export function nameOf({ elf }: RelocScene, { symbol }: RelocRecord): string {
  if (symbol === undefined) return "";
  if (symbol.name !== "" || symbol.reserved) return symbol.name;
  return elf.sections[symbol.shndx]?.name ?? "";
}

const hex = (value: number): string => `0x${value.toString(16)}`;

/** Why the record has no meaning in `dialect`. */
export function misfitFault(
  scene: RelocScene,
  record: RelocRecord,
  { misfit, row }: NoFit,
  dialect: RelocDialect,
): Diagnostic {
  const { type, exec, offset, data, sym } = record;
  const place = placeOf(scene, record);
  const name = nameOf(scene, record);
  const reloc = row?.name ?? "";
  switch (misfit) {
    case "type":
      return diagnostic("object-reloc-unknown", { type, name, where: exec ? "code" : "data", dialect }, place);
    case "note":
      return diagnostic("object-reloc-private", { type, name }, place);
    case "offset": {
      const expected = row?.skew === undefined ? "a multiple of 8" : `${row.skew} after a multiple of 8`;
      return diagnostic("object-reloc-misaligned", { reloc, type, name, expected }, place);
    }
    case "opcode": {
      const opcode = hex(data[offset - (row?.skew ?? 0)]!);
      const expected = placeOpcodes[row!.insn!].map(hex).join(" ");
      // LLVM 22 writes the number of loads wherever it has none for what the source refers to.
      const more =
        dialect === "llvm" && type === 1
          ? "; or LLVM's assembler, which has no relocation for such a reference, wrote this one all the same"
          : "";
      return diagnostic("object-reloc-opcode", { reloc, type, name, opcode, expected, dialect, more }, place);
    }
    case "high":
      return diagnostic("object-reloc-high", { reloc, type, name, dialect }, place);
    case "symbol":
      if (record.to === "none") return diagnostic("object-reloc-symbol", { type, symbol: sym }, place);
      return diagnostic("object-reloc-helper", { reloc, type, name }, place);
    case "addend":
      return diagnostic("object-reloc-stored", { reloc, type, name, dialect }, place);
  }
}
