/** The flags of sections by their bits in the file. */
import { SectionHeaderFlag as shf } from "../elf/index.js";
import { noFlags, type SectionFlags } from "./types.js";

const flagBits: readonly (readonly [flag: keyof SectionFlags, bit: number])[] = [
  ["alloc", shf.SHF_ALLOC],
  ["write", shf.SHF_WRITE],
  ["exec", shf.SHF_EXECINSTR],
  ["merge", shf.SHF_MERGE],
  ["strings", shf.SHF_STRINGS],
  ["exclude", shf.SHF_EXCLUDE],
  ["tls", shf.SHF_TLS],
  ["retain", shf.SHF_GNU_RETAIN],
];

/** The flags that `bits` say, and what they say besides. */
export function flagsOfBits(bits: bigint): { readonly flags: SectionFlags; readonly rest: bigint } {
  const flags: Record<keyof SectionFlags, boolean> = { ...noFlags };
  let rest = bits;
  for (const [flag, bit] of flagBits) {
    flags[flag] = (bits & BigInt(bit)) !== 0n;
    if (flags[flag]) rest -= BigInt(bit);
  }
  return { flags, rest };
}

export function bitsOfFlags(flags: SectionFlags): number {
  return flagBits.reduce((bits, [flag, bit]) => (flags[flag] ? bits + bit : bits), 0);
}
