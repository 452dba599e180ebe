/**
 * The table of symbols whose addresses count, `.llvm_addrsig`: symbol numbers as ULEB128. Source: LLVM's "Extensions to the
 * assembler", `.addrsig`.
 */
import { ByteWriter, type Endian } from "../bytes/index.js";
import { SectionHeaderType, type ElfFile } from "../elf/index.js";
import type { ObjectFile } from "./types.js";

/** `symbols` are numbers of the Object, which start one below those of the file. */
export function encodeAddressSignificant(symbols: readonly number[], endian: Endian): Uint8Array {
  const out = new ByteWriter(endian);
  for (const symbol of symbols) {
    let rest = symbol + 1;
    for (; rest > 0x7f; rest >>>= 7) out.u8((rest & 0x7f) | 0x80);
    out.u8(rest);
  }
  return out.bytes();
}

/**
 * What the file says, if it says anything; `numbers` gives the Object's numbers of its symbols. The table is a hint: what makes no
 * sense is left out.
 */
export function significantOf(elf: ElfFile, numbers: Int32Array): ObjectFile["addressSignificant"] {
  const section = elf.sections.find(({ type }) => type === SectionHeaderType.SHT_LLVM_ADDRSIG);
  if (section === undefined) return undefined;
  const found: number[] = [];
  let value = 0;
  let scale = 1;
  for (const byte of section.data) {
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte >= 0x80) continue;
    const symbol = numbers[value] ?? -1;
    if (symbol >= 0) found.push(symbol);
    [value, scale] = [0, 1];
  }
  return found;
}
