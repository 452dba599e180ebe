/**
 * Atomic operations (RFC 9669 section 5.3). One thread runs a program, so that plain reads and writes are atomic.
 *
 * The address has been checked. Operations that fetch leave the old value in the source
 * register, the compare-and-exchange in r0.
 */
import { opcodes } from "../isa/index.js";
import type { Memory } from "./memory.js";

const ADD = 0x00;
const OR = 0x40;
const AND = 0x50;
const XOR = 0xa0;
const XCHG: number = opcodes.BPF_XCHG;
const CMPXCHG: number = opcodes.BPF_CMPXCHG;
const FETCH = opcodes.BPF_FETCH;

export function atomic32(r: Int32Array, s: number, memory: Memory, at: number, op: number): void {
  const { view, little } = memory;
  const old = view.getInt32(at, little);
  if (op === CMPXCHG) {
    if (old === r[0]) view.setInt32(at, r[s]!, little);
    r[0] = old;
    r[1] = 0;
    return;
  }
  const operand = r[s]!;
  let value = operand;
  if (op !== XCHG) {
    const kind = op & ~FETCH;
    if (kind === ADD) value = old + operand;
    else if (kind === OR) value = old | operand;
    else if (kind === AND) value = old & operand;
    else if (kind === XOR) value = old ^ operand;
  }
  view.setInt32(at, value, little);
  if ((op & FETCH) !== 0) {
    r[s] = old;
    r[s + 1] = 0;
  }
}

export function atomic64(r: Int32Array, s: number, memory: Memory, at: number, op: number): void {
  const { view, little } = memory;
  const lowAt = little ? at : at + 4;
  const highAt = little ? at + 4 : at;
  const low = view.getInt32(lowAt, little);
  const high = view.getInt32(highAt, little);
  if (op === CMPXCHG) {
    if (low === r[0] && high === r[1]) {
      view.setInt32(lowAt, r[s]!, little);
      view.setInt32(highAt, r[s + 1]!, little);
    }
    r[0] = low;
    r[1] = high;
    return;
  }
  const operandLow = r[s]!;
  const operandHigh = r[s + 1]!;
  let newLow = operandLow;
  let newHigh = operandHigh;
  if (op !== XCHG) {
    const kind = op & ~FETCH;
    if (kind === ADD) {
      newLow = (low >>> 0) + (operandLow >>> 0);
      newHigh = high + operandHigh + (newLow > 0xffff_ffff ? 1 : 0);
    } else if (kind === OR) {
      newLow = low | operandLow;
      newHigh = high | operandHigh;
    } else if (kind === AND) {
      newLow = low & operandLow;
      newHigh = high & operandHigh;
    } else if (kind === XOR) {
      newLow = low ^ operandLow;
      newHigh = high ^ operandHigh;
    }
  }
  view.setInt32(lowAt, newLow, little);
  view.setInt32(highAt, newHigh, little);
  if ((op & FETCH) !== 0) {
    r[s] = low;
    r[s + 1] = high;
  }
}
