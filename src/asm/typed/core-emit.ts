/** CO-RE records and the instructions they are about: what must stand there, and what is known only at the end. */
import type { Endian } from "../../bytes/index.js";
import { coreReloNames } from "../../btf/index.js";
import { decodeSlot, newSlot, opcodes, writeImm, writeImm64 } from "../../isa/index.js";
import { placeOf } from "../output/place.js";
import type { Report } from "../text/report.js";
import { coreField, type CoreRecord } from "./core.js";

/** Is the record about an instruction that holds what loaders compare it with? Says what is wrong. */
export function isSound({ start, kind, access, at, end }: CoreRecord, endian: Endian, report: Report): boolean {
  const { section } = start;
  const place = section === undefined ? 0 : placeOf(start);
  const { SLOT } = opcodes;
  const isCode = section?.flags.exec === true && place % SLOT === 0 && place + SLOT <= section.size;
  const slot = isCode ? decodeSlot(section.data, place, endian, newSlot()) : undefined;
  const field = slot === undefined ? undefined : coreField(slot.opcode);
  if (section === undefined || slot === undefined || field === undefined) {
    report.add("asm-core-instruction", {}, at, end);
    return false;
  }
  const { value } = access;
  if (value === undefined) return true;
  let found = BigInt(field === "off" ? slot.off : slot.imm);
  if (field === "imm64") {
    const high = decodeSlot(section.data, place + SLOT, endian, newSlot()).imm;
    found = (BigInt(high) << 32n) | BigInt.asUintN(32, found);
  }
  if (BigInt.asIntN(field === "imm64" ? 64 : 32, value) === BigInt.asIntN(64, found)) return true;
  report.add("asm-core-value", { found, value: `${value} (${coreReloNames[kind]})` }, at, end);
  return false;
}

/** Writes the number of the record's type into its instruction. */
export function putTypeId({ start }: CoreRecord, id: number, endian: Endian): void {
  const { data } = start.section!;
  const place = placeOf(start);
  if (data[place] === opcodes.LDDW) writeImm64(data, place, endian, BigInt(id));
  else writeImm(data, place, endian, id);
}
