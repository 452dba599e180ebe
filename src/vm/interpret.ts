/**
 * The interpreter's loop. Source of truth: RFC 9669 sections 4 and 5; where the RFC is silent, kernel/bpf/core.c.
 *
 * It is one switch, a table of operations, and longer than other files for that. Registers are pairs of 32-bit words (`r[d]` low, `r[d + 1]` high). Case labels are the numbers of `operations.ts`.
 */
import { divide64, divideSigned64, multiply64, swap16, swap32 } from "./arithmetic.js";
import { atomic32, atomic64 } from "./atomic.js";
import type { Machine } from "./machine.js";
import { BASE, CODE_BASE, FRAME, frameStart } from "./memory.js";

/** Runs from slot `pc` until the function that is entered there returns. Throws a `BpfkitError` for a fault. */
export function interpret(m: Machine, pc: number): void {
  const { operation, dst, src, off, imm } = m.code;
  const r = m.registers;
  const memory = m.memory;
  const { hit, view, little } = memory;
  const outermost = memory.depth;
  // The running frame's limits are compared first: most accesses are to it.
  let low = frameStart(outermost);
  let left = m.left;
  for (; ; pc++) {
    if (--left < 0) throw m.outOfBudget(pc);
    const d = dst[pc]!;
    const s = src[pc]!;
    switch (operation[pc]) {
      case 0: {
        // add64
        const sum = (r[d]! >>> 0) + (r[s]! >>> 0);
        r[d + 1] = r[d + 1]! + r[s + 1]! + (sum > 0xffff_ffff ? 1 : 0);
        r[d] = sum;
        continue;
      }
      case 1: // add32
        r[d] = r[d]! + r[s]!;
        r[d + 1] = 0;
        continue;
      case 2: {
        // sub64
        const borrow = r[d]! >>> 0 < r[s]! >>> 0 ? 1 : 0;
        r[d + 1] = r[d + 1]! - r[s + 1]! - borrow;
        r[d] = r[d]! - r[s]!;
        continue;
      }
      case 3: // sub32
        r[d] = r[d]! - r[s]!;
        r[d + 1] = 0;
        continue;
      case 4: // mul64
        multiply64(r, d, s);
        continue;
      case 5: // mul32
        r[d] = Math.imul(r[d]!, r[s]!);
        r[d + 1] = 0;
        continue;
      case 6: // div64
        divide64(r, d, s, false);
        continue;
      case 7: // div32
        r[d] = r[s] === 0 ? 0 : (r[d]! >>> 0) / (r[s]! >>> 0);
        r[d + 1] = 0;
        continue;
      case 8: // sdiv64
        divideSigned64(r, d, s, false);
        continue;
      case 9: // sdiv32
        r[d] = r[s] === 0 ? 0 : r[d]! / r[s]!;
        r[d + 1] = 0;
        continue;
      case 10: // or64
        r[d + 1] = r[d + 1]! | r[s + 1]!;
        r[d] = r[d]! | r[s]!;
        continue;
      case 11: // or32
        r[d] = r[d]! | r[s]!;
        r[d + 1] = 0;
        continue;
      case 12: // and64
        r[d + 1] = r[d + 1]! & r[s + 1]!;
        r[d] = r[d]! & r[s]!;
        continue;
      case 13: // and32
        r[d] = r[d]! & r[s]!;
        r[d + 1] = 0;
        continue;
      case 14: {
        // lsh64
        const by = r[s]! & 63;
        if (by >= 32) {
          r[d + 1] = r[d]! << by;
          r[d] = 0;
        } else if (by !== 0) {
          r[d + 1] = (r[d + 1]! << by) | (r[d]! >>> (32 - by));
          r[d] = r[d]! << by;
        }
        continue;
      }
      case 15: // lsh32
        r[d] = r[d]! << r[s]!;
        r[d + 1] = 0;
        continue;
      case 16: {
        // rsh64
        const by = r[s]! & 63;
        if (by >= 32) {
          r[d] = r[d + 1]! >>> by;
          r[d + 1] = 0;
        } else if (by !== 0) {
          r[d] = (r[d]! >>> by) | (r[d + 1]! << (32 - by));
          r[d + 1] = r[d + 1]! >>> by;
        }
        continue;
      }
      case 17: // rsh32
        r[d] = r[d]! >>> r[s]!;
        r[d + 1] = 0;
        continue;
      case 18: // mod64
        divide64(r, d, s, true);
        continue;
      case 19: // mod32
        if (r[s] !== 0) r[d] = (r[d]! >>> 0) % (r[s]! >>> 0);
        r[d + 1] = 0;
        continue;
      case 20: // smod64
        divideSigned64(r, d, s, true);
        continue;
      case 21: // smod32
        if (r[s] !== 0) r[d] = r[d]! % r[s]!;
        r[d + 1] = 0;
        continue;
      case 22: // xor64
        r[d + 1] = r[d + 1]! ^ r[s + 1]!;
        r[d] = r[d]! ^ r[s]!;
        continue;
      case 23: // xor32
        r[d] = r[d]! ^ r[s]!;
        r[d + 1] = 0;
        continue;
      case 24: // mov64
        r[d] = r[s]!;
        r[d + 1] = r[s + 1]!;
        continue;
      case 25: // mov32
        r[d] = r[s]!;
        r[d + 1] = 0;
        continue;
      case 26: {
        // arsh64
        const by = r[s]! & 63;
        if (by >= 32) {
          r[d] = r[d + 1]! >> by;
          r[d + 1] = r[d + 1]! >> 31;
        } else if (by !== 0) {
          r[d] = (r[d]! >>> by) | (r[d + 1]! << (32 - by));
          r[d + 1] = r[d + 1]! >> by;
        }
        continue;
      }
      case 27: // arsh32
        r[d] = r[d]! >> r[s]!;
        r[d + 1] = 0;
        continue;
      case 28: // neg64
        r[d + 1] = -r[d + 1]! - (r[d] === 0 ? 0 : 1);
        r[d] = -r[d]!;
        continue;
      case 29: // neg32
        r[d] = -r[d]!;
        r[d + 1] = 0;
        continue;
      case 30: // movsx8_64
        r[d] = (r[s]! << 24) >> 24;
        r[d + 1] = r[d]! >> 31;
        continue;
      case 31: // movsx16_64
        r[d] = (r[s]! << 16) >> 16;
        r[d + 1] = r[d]! >> 31;
        continue;
      case 32: // movsx32_64
        r[d] = r[s]!;
        r[d + 1] = r[d]! >> 31;
        continue;
      case 33: // movsx8_32
        r[d] = (r[s]! << 24) >> 24;
        r[d + 1] = 0;
        continue;
      case 34: // movsx16_32
        r[d] = (r[s]! << 16) >> 16;
        r[d + 1] = 0;
        continue;
      case 35: // trunc16
        r[d] = r[d]! & 0xffff;
        r[d + 1] = 0;
        continue;
      case 36: // trunc32
        r[d + 1] = 0;
        continue;
      case 37: // trunc64
        continue;
      case 38: // swap16
        r[d] = swap16(r[d]!);
        r[d + 1] = 0;
        continue;
      case 39: // swap32
        r[d] = swap32(r[d]!);
        r[d + 1] = 0;
        continue;
      case 40: {
        // swap64
        const swapped = swap32(r[d]!);
        r[d] = swap32(r[d + 1]!);
        r[d + 1] = swapped;
        continue;
      }
      case 41: // jeq64
        if (r[d] === r[s] && r[d + 1] === r[s + 1]) break;
        continue;
      case 42: // jeq32
        if (r[d] === r[s]) break;
        continue;
      case 43: // jgt64
        if (r[d + 1] === r[s + 1] ? r[d]! >>> 0 > r[s]! >>> 0 : r[d + 1]! >>> 0 > r[s + 1]! >>> 0) break;
        continue;
      case 44: // jgt32
        if (r[d]! >>> 0 > r[s]! >>> 0) break;
        continue;
      case 45: // jge64
        if (r[d + 1] === r[s + 1] ? r[d]! >>> 0 >= r[s]! >>> 0 : r[d + 1]! >>> 0 > r[s + 1]! >>> 0) break;
        continue;
      case 46: // jge32
        if (r[d]! >>> 0 >= r[s]! >>> 0) break;
        continue;
      case 47: // jset64
        if ((r[d]! & r[s]!) !== 0 || (r[d + 1]! & r[s + 1]!) !== 0) break;
        continue;
      case 48: // jset32
        if ((r[d]! & r[s]!) !== 0) break;
        continue;
      case 49: // jne64
        if (r[d] !== r[s] || r[d + 1] !== r[s + 1]) break;
        continue;
      case 50: // jne32
        if (r[d] !== r[s]) break;
        continue;
      case 51: // jsgt64
        if (r[d + 1] === r[s + 1] ? r[d]! >>> 0 > r[s]! >>> 0 : r[d + 1]! > r[s + 1]!) break;
        continue;
      case 52: // jsgt32
        if (r[d]! > r[s]!) break;
        continue;
      case 53: // jsge64
        if (r[d + 1] === r[s + 1] ? r[d]! >>> 0 >= r[s]! >>> 0 : r[d + 1]! > r[s + 1]!) break;
        continue;
      case 54: // jsge32
        if (r[d]! >= r[s]!) break;
        continue;
      case 55: // jlt64
        if (r[d + 1] === r[s + 1] ? r[d]! >>> 0 < r[s]! >>> 0 : r[d + 1]! >>> 0 < r[s + 1]! >>> 0) break;
        continue;
      case 56: // jlt32
        if (r[d]! >>> 0 < r[s]! >>> 0) break;
        continue;
      case 57: // jle64
        if (r[d + 1] === r[s + 1] ? r[d]! >>> 0 <= r[s]! >>> 0 : r[d + 1]! >>> 0 < r[s + 1]! >>> 0) break;
        continue;
      case 58: // jle32
        if (r[d]! >>> 0 <= r[s]! >>> 0) break;
        continue;
      case 59: // jslt64
        if (r[d + 1] === r[s + 1] ? r[d]! >>> 0 < r[s]! >>> 0 : r[d + 1]! < r[s + 1]!) break;
        continue;
      case 60: // jslt32
        if (r[d]! < r[s]!) break;
        continue;
      case 61: // jsle64
        if (r[d + 1] === r[s + 1] ? r[d]! >>> 0 <= r[s]! >>> 0 : r[d + 1]! < r[s + 1]!) break;
        continue;
      case 62: // jsle32
        if (r[d]! <= r[s]!) break;
        continue;
      case 63: // ja
        break;
      case 64: // may_goto: the branch is taken when the function's loop budget is used up
        if (m.mayGoto[memory.depth] === 0) break;
        m.mayGoto[memory.depth]!--;
        continue;
      case 65: // gotox
        pc = m.gotoTarget(pc, left, d) - 1;
        continue;
      case 66: {
        // call (helper)
        m.left = left;
        const next = m.callHelper(pc, imm[pc]!);
        left = m.left;
        if (next >= 0) pc = next - 1;
        continue;
      }
      case 67: // call_local
        m.enter(pc, left);
        low = frameStart(memory.depth);
        break;
      case 68: // call_kfunc
        throw m.unknownKfunc(pc, left, imm[pc]!);
      case 69: {
        // callx
        m.left = left;
        const target = m.callTarget(pc, d);
        left = m.left;
        if (target < 0) continue;
        m.enter(pc, left);
        low = frameStart(memory.depth);
        pc = target - 1;
        continue;
      }
      case 70: // exit
        if (memory.depth === outermost) {
          m.left = left;
          return;
        }
        pc = m.leave();
        low = frameStart(memory.depth);
        continue;
      case 71: {
        // ldx64
        let at = r[s + 1] === 0 ? (r[s]! >>> 0) + off[pc]! - BASE : -1;
        if ((at < low || at > low + FRAME - 8) && (at < hit[0]! || at > hit[1]! - 8)) {
          at = m.reach(pc, left, s, 8, false);
        }
        const first = view.getInt32(at, little);
        const second = view.getInt32(at + 4, little);
        r[d] = little ? first : second;
        r[d + 1] = little ? second : first;
        continue;
      }
      case 72: {
        // ldx32
        let at = r[s + 1] === 0 ? (r[s]! >>> 0) + off[pc]! - BASE : -1;
        if ((at < low || at > low + FRAME - 4) && (at < hit[0]! || at > hit[1]! - 4)) {
          at = m.reach(pc, left, s, 4, false);
        }
        r[d] = view.getInt32(at, little);
        r[d + 1] = 0;
        continue;
      }
      case 73: {
        // ldx16
        let at = r[s + 1] === 0 ? (r[s]! >>> 0) + off[pc]! - BASE : -1;
        if ((at < low || at > low + FRAME - 2) && (at < hit[0]! || at > hit[1]! - 2)) {
          at = m.reach(pc, left, s, 2, false);
        }
        r[d] = view.getUint16(at, little);
        r[d + 1] = 0;
        continue;
      }
      case 74: {
        // ldx8
        let at = r[s + 1] === 0 ? (r[s]! >>> 0) + off[pc]! - BASE : -1;
        if ((at < low || at >= low + FRAME) && (at < hit[0]! || at >= hit[1]!)) at = m.reach(pc, left, s, 1, false);
        r[d] = view.getUint8(at);
        r[d + 1] = 0;
        continue;
      }
      case 75: // ldsx32
        r[d] = view.getInt32(m.reach(pc, left, s, 4, false), little);
        r[d + 1] = r[d]! >> 31;
        continue;
      case 76: // ldsx16
        r[d] = view.getInt16(m.reach(pc, left, s, 2, false), little);
        r[d + 1] = r[d]! >> 31;
        continue;
      case 77: // ldsx8
        r[d] = view.getInt8(m.reach(pc, left, s, 1, false));
        r[d + 1] = r[d]! >> 31;
        continue;
      case 78: {
        // stx64
        let at = r[d + 1] === 0 ? (r[d]! >>> 0) + off[pc]! - BASE : -1;
        if ((at < low || at > low + FRAME - 8) && (at < hit[2]! || at > hit[3]! - 8)) {
          at = m.reach(pc, left, d, 8, true);
        }
        view.setInt32(at, little ? r[s]! : r[s + 1]!, little);
        view.setInt32(at + 4, little ? r[s + 1]! : r[s]!, little);
        continue;
      }
      case 79: {
        // stx32
        let at = r[d + 1] === 0 ? (r[d]! >>> 0) + off[pc]! - BASE : -1;
        if ((at < low || at > low + FRAME - 4) && (at < hit[2]! || at > hit[3]! - 4)) {
          at = m.reach(pc, left, d, 4, true);
        }
        view.setInt32(at, r[s]!, little);
        continue;
      }
      case 80: {
        // stx16
        let at = r[d + 1] === 0 ? (r[d]! >>> 0) + off[pc]! - BASE : -1;
        if ((at < low || at > low + FRAME - 2) && (at < hit[2]! || at > hit[3]! - 2)) {
          at = m.reach(pc, left, d, 2, true);
        }
        view.setInt16(at, r[s]!, little);
        continue;
      }
      case 81: {
        // stx8
        let at = r[d + 1] === 0 ? (r[d]! >>> 0) + off[pc]! - BASE : -1;
        if ((at < low || at >= low + FRAME) && (at < hit[2]! || at >= hit[3]!)) at = m.reach(pc, left, d, 1, true);
        view.setInt8(at, r[s]!);
        continue;
      }
      case 82: // packet loads: out of range the function ends with r0 = 0
        if (m.loadPacket(r[s]! + imm[pc]!, off[pc]!)) continue;
        r[0] = r[1] = 0;
        if (memory.depth === outermost) {
          m.left = left;
          return;
        }
        pc = m.leave();
        low = frameStart(memory.depth);
        continue;
      case 83: // atomic64
        atomic64(r, s, memory, m.reach(pc, left, d, 8, true), imm[pc]!);
        continue;
      case 84: // atomic32
        atomic32(r, s, memory, m.reach(pc, left, d, 4, true), imm[pc]!);
        continue;
      case 85: // lddw
        r[d] = r[s]!;
        r[d + 1] = r[s + 1]!;
        break;
      case 86: // unresolved
        throw m.fault("vm-unresolved", pc, left, {});
      default:
        throw m.badTarget(pc, left, "execution has come", BigInt(CODE_BASE + 8 * pc), "instruction");
    }
    pc = off[pc]! - 1;
  }
}
