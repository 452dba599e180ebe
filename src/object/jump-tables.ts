/**
 * Jump tables: the section `.jumptables`. Its 64-bit words are offsets of instructions, counted from the start of the section of
 * the code that loads a table's address. No relocation says so: whoever moves that code has to count the words anew.
 *
 * Source: LLVM 22's BPFAsmPrinter (`.quad LABEL - SECTION`), libbpf's create_jt_map; docs/psabi.md "Jump tables".
 */
import { opcodes } from "../isa/index.js";
import { failure, type BinaryPlace } from "../diag/index.js";
import { readField } from "./fields.js";
import { isJumpTableSection } from "./names.js";
import type { ObjectFile } from "./types.js";

const { SLOT } = opcodes;

export interface JumpTable {
  /** The section it is in, and where in it, in bytes. */
  readonly section: number;
  readonly start: number;
  readonly end: number;
  /** The section that its entries are offsets in. */
  readonly code: number;
}

/**
 * The jump tables that code of `object` loads, by section and place. A table is as long as its symbol says; without that it goes
 * on to the next one. Throws `object-jump-table` where one cannot be one.
 */
export function jumpTablesOf(object: ObjectFile): JumpTable[] {
  const { sections } = object;
  if (!sections.some(({ name }) => isJumpTableSection(name))) return [];
  const { symbols } = object;
  const found = new Map<string, { section: number; start: number; size: number; code: number }>();
  sections.forEach(({ flags, relocations }, code) => {
    if (!flags.exec) return;
    for (const { kind, symbol, addend } of relocations) {
      const { home, size, type } = symbols[symbol]!;
      if (kind !== "abs_imm64" || home.kind !== "section") continue;
      const { section } = home;
      if (!isJumpTableSection(sections[section]!.name)) continue;
      const inside = type === "section" ? Number(addend) : 0;
      const start = home.offset + inside;
      const known = found.get(`${section} ${start}`);
      if (known !== undefined && known.code !== code) {
        throw fault(object, section, start, "code of two sections loads it");
      }
      if (known === undefined) {
        found.set(`${section} ${start}`, { section, start, size: type === "section" ? 0 : size, code });
      }
    }
  });
  const list = [...found.values()].toSorted((a, b) => a.section - b.section || a.start - b.start);
  return list.map(({ section, start, size, code }, i) => {
    const next = list[i + 1]?.section === section ? list[i + 1]!.start : sections[section]!.data.length;
    const end = size === 0 ? next : start + size;
    if (start < 0 || start % 8 !== 0 || (end - start) % 8 !== 0 || end > next) {
      throw fault(object, section, start, `it has bytes ${start} to ${end}, and the next one starts at ${next}`);
    }
    const table = { section, start, end, code };
    eachEntry(object, table, () => {});
    return table;
  });
}

/** Calls `visit` for every entry of a table with its place and the offset of the instruction it names. */
export function eachEntry(object: ObjectFile, table: JumpTable, visit: (at: number, target: number) => void): void {
  const { data } = object.sections[table.section]!;
  const code = object.sections[table.code]!;
  for (let at = table.start; at < table.end; at += 8) {
    const target = readField(data, at, "data64", object.endian);
    if (target < 0n || target >= BigInt(code.size) || target % BigInt(SLOT) !== 0n) {
      throw fault(object, table.section, at, `${target} is no offset of an instruction of section ${code.name}`);
    }
    visit(at, Number(target));
  }
}

function fault({ file, sections }: ObjectFile, section: number, offset: number, reason: string): Error {
  const place: BinaryPlace = { kind: "binary", file, section: sections[section]!.name, offset };
  return failure("object-jump-table", { reason }, place);
}
