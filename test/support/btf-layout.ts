/** Layouts as a compiler made them from a header, compared with those the header was written from. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  cTypeNames,
  readBtf,
  resolveType,
  sizeOf,
  writeC,
  type Btf,
  type CHeaderOptions,
} from "../../src/btf/index.js";
import { btfSections } from "./btf.js";
import { runTool } from "./tools.js";

export function headerOf(btf: Btf, options: CHeaderOptions = {}): string {
  const parts: string[] = [];
  writeC(btf, options, (text) => parts.push(text));
  return parts.join("");
}

/** Compiles `text` with clang for BPF; what it says on standard error, empty when all is well. */
export function compile(text: string, flags: readonly string[] = []): { errors: string; btf: Btf | undefined } {
  const folder = mkdtempSync(join(tmpdir(), "bpfkit-header-"));
  try {
    writeFileSync(join(folder, "x.c"), text);
    const output = flags.includes("-fsyntax-only") ? [] : ["-c", "-o", "x.o"];
    const args = ["-target", "bpf", "-g", "-O0", ...flags, ...output, "x.c"];
    const { status, stderr } = runTool("clang-22", args, undefined, folder);
    if (status !== 0) return { errors: stderr || `exit code ${status}`, btf: undefined };
    if (flags.includes("-fsyntax-only")) return { errors: stderr, btf: undefined };
    const bytes = new Uint8Array(readFileSync(join(folder, "x.o")));
    const section = btfSections("x.o", bytes);
    return { errors: stderr, btf: section === undefined ? undefined : readBtf(section.btf) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What differs between two structs, by member path; unnamed members are looked into. */
function differences(left: Btf, leftId: number, right: Btf, rightId: number, path: string, depth = 0): string[] {
  const one = resolveType(left, leftId).type;
  const other = resolveType(right, rightId).type;
  if (one.kind !== other.kind) return [`${path}: ${one.kind} became ${other.kind}`];
  if ((one.kind !== "struct" && one.kind !== "union") || (other.kind !== "struct" && other.kind !== "union")) return [];
  const found: string[] = [];
  if (one.size !== other.size) found.push(`${path}: size ${one.size} became ${other.size}`);
  if (one.members.length !== other.members.length) return [...found, `${path}: other members`];
  for (const [i, member] of one.members.entries()) {
    const made = other.members[i]!;
    const where = `${path}.${member.name}`;
    if (member.name !== made.name) found.push(`${where}: called ${made.name}`);
    if (member.offset !== made.offset) found.push(`${where}: offset ${member.offset} became ${made.offset}`);
    if (member.bitfieldSize !== made.bitfieldSize) found.push(`${where}: width ${made.bitfieldSize}`);
    const [size, madeSize] = [sizeOf(left, member.type), sizeOf(right, made.type)];
    if (size !== madeSize) found.push(`${where}: size ${size} became ${madeSize}`);
    if (member.name === "" && depth < 20) {
      found.push(...differences(left, member.type, right, made.type, where, depth + 1));
    }
  }
  return found;
}

function namedComposites(btf: Btf): number[] {
  const ids: number[] = [];
  for (const [id, type] of btf.types()) {
    if ((type.kind === "struct" || type.kind === "union") && type.name !== "") ids.push(id);
  }
  return ids;
}

/**
 * Compiles the header of `btf` together with a variable of each struct and union that has a name (of each `step`th), and
 * compares the layouts in the compiler's BTF with those in `btf`. Returns how many were compared and what differs.
 */
export function compareLayouts(
  btf: Btf,
  flags: readonly string[] = [],
  step = 1,
): { compared: number; problems: string[] } {
  const names = cTypeNames(btf);
  const ids = namedComposites(btf).filter((_, i) => i % step === 0);
  const kindOf = (id: number): string => btf.type(id).kind;
  const variables = ids.map((id) => `${kindOf(id)} ${names(id)} bpfkit_${id};\n`);
  const made = compile(`${headerOf(btf)}${variables.join("")}`, flags);
  if (made.btf === undefined || made.errors !== "") {
    return { compared: 0, problems: made.errors === "" ? [] : [made.errors.slice(0, 2000)] };
  }
  const problems: string[] = [];
  let compared = 0;
  for (const [, type] of made.btf.types()) {
    if (type.kind !== "var" || !type.name.startsWith("bpfkit_")) continue;
    const id = Number(type.name.slice("bpfkit_".length));
    problems.push(...differences(btf, id, made.btf, type.type, `${kindOf(id)} ${names(id)}`));
    compared++;
  }
  if (compared !== ids.length) problems.push(`${ids.length} types, ${compared} compiled`);
  return { compared, problems };
}

/** The same question put to the compiler as assertions: much faster, but blind to bitfields. Returns their number. */
export function assertLayouts(btf: Btf): { asserted: number; errors: string } {
  const names = cTypeNames(btf);
  const lines: string[] = [];
  for (const id of namedComposites(btf)) {
    const type = btf.type(id);
    if (type.kind !== "struct" && type.kind !== "union") continue;
    const text = `${type.kind} ${names(id)}`;
    lines.push(`_Static_assert(sizeof(${text}) == ${type.size}, "");\n`);
    for (const { name, offset, bitfieldSize } of type.members) {
      if (name === "" || bitfieldSize > 0) continue;
      lines.push(`_Static_assert(__builtin_offsetof(${text}, ${name}) == ${offset / 8}, "${name}");\n`);
    }
  }
  const { errors } = compile(`${headerOf(btf)}${lines.join("")}`, ["-fsyntax-only"]);
  return { asserted: lines.length, errors: errors.slice(0, 2000) };
}
