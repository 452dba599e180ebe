/** The bytes of the output sections: what stayed of each contribution, with distances in moved code put right. */
import { alignUp } from "../bytes/index.js";
import { diagnostic } from "../diag/index.js";
import { decodeSlot, newSlot, opcodes, putLongJump, writeImm, writeOff } from "../isa/index.js";
import { eachEntry, writeField } from "../object/index.js";
import { eachBranch } from "./branches.js";
import { editAt, isFolded, type Context, type Input, type SectionState } from "./context.js";
import { placeIn, siteNote } from "./where.js";

const { SLOT } = opcodes;

export function copyContents({ inputs, outputs, diagnostics, options }: Context): Uint8Array[] {
  const contents = outputs.map((output) => {
    if (output.noBits) return new Uint8Array(0);
    const bytes = new Uint8Array(output.size);
    // What no contribution fills are instructions that do nothing (docs/psabi.md "Padding of code").
    const code = output.first.flags.exec && output.size % SLOT === 0;
    let filled = 0;
    const padTo = (end: number): void => {
      if (code) for (let at = alignUp(filled, SLOT); at < end; at += SLOT) bytes[at] = opcodes.JA;
    };
    for (const part of output.parts) {
      const input = inputs[part.input]!;
      const { data, size, flags } = input.object.sections[part.section]!;
      const state = input.sections[part.section]!;
      const { shift } = state.map!;
      if (shift !== undefined && state.pieces === undefined && state.edits.length === 0) {
        if (data.length === 0) continue;
        padTo(shift);
        bytes.set(data, shift);
        filled = shift + data.length;
        continue;
      }
      const copy = (start: number, end: number, at: number): void => {
        if (start >= data.length) return;
        padTo(at);
        bytes.set(data.subarray(start, Math.min(end, data.length)), at);
        filled = Math.max(filled, at + Math.min(end, data.length) - start);
      };
      // Folded code stands in its leader's place, which may have been rewritten.
      const folds = options.icf === true && flags.exec && state.pieces !== undefined;
      const whole = { start: 0, end: size, foldedInto: undefined };
      for (const { start, end, foldedInto } of folds ? state.pieces! : [whole]) {
        if (foldedInto === undefined) state.map!.each(start, end, copy);
      }
      if (flags.exec && (state.edits.length > 0 || !state.map!.isWhole)) {
        editCode(input, state, part.section, bytes);
        diagnostics.push(...moveBranches(input, part.section, bytes));
        // The last instruction may have become longer.
        filled = Math.max(filled, part.end);
      }
    }
    padTo(bytes.length);
    return bytes;
  });
  for (const input of inputs) moveTables(input, contents);
  return contents;
}

/** The words of jump tables are offsets in a section of code: they say where the instructions are now. */
function moveTables({ object, sections, tables }: Input, contents: readonly Uint8Array[]): void {
  for (const table of tables) {
    const { map, output } = sections[table.section]!;
    const code = sections[table.code]!.map;
    if (map === undefined || code === undefined) continue;
    eachEntry(object, table, (at, target) => {
      const to = map.at(at);
      const place = code.at(target);
      if (to >= 0 && place >= 0) writeField(contents[output]!, to, "data64", object.endian, BigInt(place));
    });
  }
}

/** Writes the instructions that the edits ask for, at their new places; long jumps come with their distances. */
function editCode(input: Input, { edits, map }: SectionState, section: number, bytes: Uint8Array): void {
  const { object } = input;
  const { data } = object.sections[section]!;
  const slot = newSlot();
  for (const { at, kind } of edits) {
    const to = map!.at(at);
    if (to < 0 || kind === "long-jump" || isFolded(input, section, at)) continue;
    decodeSlot(data, at, object.endian, slot);
    if (kind === "expand-map") {
      bytes[to] = opcodes.LDDW;
      writeImm(bytes, to, object.endian, 0);
      bytes.fill(0, to + SLOT, to + 2 * SLOT);
    } else if (kind === "shrink-wide") {
      bytes[to] = opcodes.BPF_ALU64 | 0xb0;
    } else {
      bytes[to] = opcodes.BPF_JMP;
      writeOff(bytes, to, object.endian, slot.imm);
      writeImm(bytes, to, object.endian, 0);
    }
  }
}

/** Distances of the jumps and calls that have no relocation, counted anew where bytes between came or went. */
function moveBranches(input: Input, section: number, bytes: Uint8Array) {
  const state = input.sections[section]!;
  const { map } = state;
  const { object } = input;
  const faults: ReturnType<typeof diagnostic>[] = [];
  eachBranch(object, section, 0, object.sections[section]!.size, (at, target, written) => {
    const from = map!.at(at);
    const to = map!.at(target);
    if (from < 0 || to < 0 || isFolded(input, section, at)) return;
    const edit = editAt(state, at)?.kind;
    if (edit === "long-jump") return putLongJump(bytes, from, object.endian, to - from - SLOT);
    const field = edit === "short-jump" ? "off16" : written;
    const distance = (to - from) / SLOT - 1;
    if (field === "off16" && (distance < -0x8000 || distance > 0x7fff)) {
      const facts = { name: `the target of a jump`, distance: BigInt(distance), field };
      faults.push(diagnostic("link-range", facts, placeIn(input, section, at), [siteNote(input, section, at)]));
      return;
    }
    writeField(bytes, from, field, object.endian, BigInt(distance));
  });
  return faults;
}
