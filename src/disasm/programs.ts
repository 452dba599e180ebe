/** The programs of an Object: what the names of their sections say to loaders. */
import { abiName, AttachType, ProgramType, sectionRule } from "../isa/index.js";
import type { ObjectFile } from "../object/index.js";

export interface ProgramFacts {
  readonly name: string;
  readonly section: string;
  /** In bytes from the section's start. */
  readonly offset: number;
  readonly insns: number;
  readonly binding: "local" | "global" | "weak";
  /** The rule the section's name matches, as `xdp` or `kprobe+`; undefined where it matches none. */
  readonly pattern: string | undefined;
  /** `XDP`, `TRACING`, … */
  readonly programType: string | undefined;
  readonly attachType: string | undefined;
  /** What the program is for, from behind the slash: a function, a tracepoint, … */
  readonly target: string | undefined;
  readonly sleepable: boolean;
  /** XDP with frames of several buffers. */
  readonly frags: boolean;
  /** The target is a function or type of the kernel, looked up in its BTF. */
  readonly needsBtfId: boolean;
  /** False where the section's name starts with `?`: not loaded unless asked for. */
  readonly autoload: boolean;
  /** The link made when the program is attached without being told where. */
  readonly autoAttach: string | undefined;
}

/** Attach types that the kernel of the table does not name yet stay numbers. */
const attachName = (value: number): string => abiName(AttachType, value).replace(/^BPF_/, "");
const typeName = (value: number): string => abiName(ProgramType, value).replace(/^BPF_PROG_TYPE_/, "");

/** The functions in sections other than `.text`, in the order of sections and offsets. */
export function programFacts(object: ObjectFile): ProgramFacts[] {
  const programs: ProgramFacts[] = [];
  object.sections.forEach(({ name: section, flags, size }, number) => {
    if (!flags.exec || section === ".text" || size === 0) return;
    const rule = sectionRule(section);
    const slash = section.indexOf("/");
    const isOpen = rule?.pattern.endsWith("+") === true;
    const target = isOpen && slash >= 0 ? section.slice(slash + 1) : undefined;
    const starts = object.symbols
      .filter(({ home, type }) => type === "func" && home.kind === "section" && home.section === number)
      .map((symbol) => ({ symbol, offset: symbol.home.kind === "section" ? symbol.home.offset : 0 }))
      .toSorted((a, b) => a.offset - b.offset);
    starts.forEach(({ symbol, offset }, i) => {
      const bytes = symbol.size > 0 ? symbol.size : (starts[i + 1]?.offset ?? size) - offset;
      programs.push({
        name: symbol.name,
        section,
        offset,
        insns: Math.floor(bytes / 8),
        binding: symbol.binding,
        pattern: rule?.pattern,
        programType: rule === undefined ? undefined : typeName(rule.programType),
        attachType: rule?.attachType === undefined ? undefined : attachName(rule.attachType),
        target,
        sleepable: rule?.sleepable ?? false,
        frags: rule?.frags ?? false,
        needsBtfId: rule?.needsBtfId ?? false,
        autoload: !section.startsWith("?"),
        autoAttach: rule?.autoAttach,
      });
    });
  });
  return programs;
}

function remarks(program: ProgramFacts): string {
  const words: string[] = [];
  if (program.pattern === undefined) words.push("no known section name");
  if (program.sleepable) words.push("sleepable");
  if (program.frags) words.push("frags");
  if (program.needsBtfId) words.push("BTF target");
  if (program.autoAttach !== undefined) words.push(`attaches as ${program.autoAttach}`);
  if (!program.autoload) words.push("not loaded by itself");
  if (program.binding === "local") words.push("static: libbpf refuses it");
  return words.join(", ");
}

/** A table: columns as wide as what stands in them, two blanks between. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

export function formatPrograms(programs: readonly ProgramFacts[]): string {
  if (programs.length === 0) return "\nThere are no programs in this file.\n";
  const rows = programs.map((program) => [
    program.name,
    program.section,
    String(program.insns),
    program.programType ?? "-",
    program.attachType ?? "-",
    program.target ?? "-",
    remarks(program),
  ]);
  return `\n${formatTable([["Program", "Section", "Insns", "Type", "Attach type", "Target", "Remarks"], ...rows])}`;
}
