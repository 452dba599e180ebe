/** The bytes of call frame instructions. Source: DWARF 5 section 6.4.2 and 7.24; the factors are LLVM's for BPF. */
import { opcodes } from "../../isa/index.js";
import { lebSize, putLeb } from "../leb128.js";

/** Offsets are stated in these units. */
export const dataFactor = -4;
/** The return column where nobody says another: one after the registers. */
export const returnColumn = 11;

export const Cfa = {
  restoreExtended: 0x06,
  undefinedRegister: 0x07,
  sameValue: 0x08,
  register: 0x09,
  rememberState: 0x0a,
  restoreState: 0x0b,
  defCfa: 0x0c,
  defCfaRegister: 0x0d,
  defCfaOffset: 0x0e,
  valOffset: 0x14,
  valOffsetSigned: 0x15,
  windowSave: 0x2d,
} as const;

const offsetExtended = 0x05;
const offsetExtendedSigned = 0x11;
const offset = 0x80;
const restore = 0xc0;

function leb(value: number, signed = false): number[] {
  const size = lebSize(BigInt(value), signed);
  const bytes = new Uint8Array(size);
  putLeb(bytes, 0, size, BigInt(value));
  return [...bytes];
}

export const frameBytes = {
  /** An instruction with unsigned operands. */
  plain: (code: number, ...numbers: readonly number[]): number[] => [code, ...numbers.flatMap((each) => leb(each))],
  /** Register `register` is saved at `bytes` from the canonical frame address. */
  saved(register: number, bytes: number): number[] {
    const factored = bytes / dataFactor + 0;
    if (factored < 0) return [offsetExtendedSigned, ...leb(register), ...leb(factored, true)];
    if (register < 0x40) return [offset | register, ...leb(factored)];
    return [offsetExtended, ...leb(register), ...leb(factored)];
  },
  /** The value of register `register` is the canonical frame address and `bytes`. */
  valued(register: number, bytes: number): number[] {
    const factored = bytes / dataFactor + 0;
    const signed = factored < 0;
    return [signed ? Cfa.valOffsetSigned : Cfa.valOffset, ...leb(register), ...leb(factored, signed)];
  },
  restored: (register: number): number[] =>
    register < 0x40 ? [restore | register] : [Cfa.restoreExtended, ...leb(register)],
  /** Code factor, data factor and return column of a common information entry. */
  factors: (column: number): number[] => [...leb(opcodes.SLOT), ...leb(dataFactor, true), ...leb(column)],
};
