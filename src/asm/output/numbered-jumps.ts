/**
 * Jumps that count instructions (`goto +5`) over jumps that take more slots than they were written with: they go where they went
 * before. Data between the instructions are counted by their bytes.
 */
import type { Endian } from "../../bytes/index.js";
import { decodeSlot, newSlot, opcodes, rowNumber, insnTable, writeImm, writeOff } from "../../isa/index.js";
import type { Layout } from "./layout.js";
import type { AsmSection } from "../types.js";

const { SLOT } = opcodes;

/** The number of gaps at `offset` or before: what stands there stands after them. */
function gapsUpTo({ gaps }: AsmSection, offset: number): number {
  let low = 0;
  let high = gaps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (gaps[middle]!.at <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Changes the distances of the jumps without a fixup in `section`, whose bytes have not moved yet. False: one became too far. */
export function moveNumberedJumps(section: AsmSection, layout: Layout, endian: Endian): boolean {
  const { data, size, fixups, filled } = section;
  const slot = newSlot();
  const place = (offset: number): number => layout.place(offset, gapsUpTo(section, offset));
  let fixup = 0;
  let stretch = 0;
  for (let at = 0; ; at += SLOT) {
    for (; stretch < filled.length && filled[stretch]! <= at; stretch += 2) at = Math.max(at, filled[stretch + 1]!);
    if (at + SLOT > size) return true;
    while (fixup < fixups.length && fixups[fixup]!.offset < at) fixup++;
    decodeSlot(data, at, endian, slot);
    const row = insnTable[rowNumber(slot)];
    if (row === undefined) continue;
    const start = at;
    if (row.wide) at += SLOT;
    if (fixups[fixup]?.offset === start) continue;
    const wide = row.imm === "jump";
    if (!wide && row.off !== "jump") continue;
    const target = start + SLOT + SLOT * (wide ? slot.imm : slot.off);
    if (target < 0 || target > size) continue;
    const distance = (place(target) - place(start)) / SLOT - 1;
    // A gap of a few bytes: there is no such jump.
    if (!Number.isInteger(distance)) return false;
    if (wide) writeImm(data, start, endian, distance);
    else if (distance >= -32768 && distance <= 32767) writeOff(data, start, endian, distance);
    else return false;
  }
}
