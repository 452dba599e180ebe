/** Jump tables of an input, in the form that linking and loaders need: each by a local symbol of its size. */
import { isJumpTableSection, type JumpTable, type ObjectFile, type ObjectSymbol } from "../object/index.js";

/**
 * `object` with tables that only it can see, whose loads refer to the tables' symbols. clang makes tables global under names that
 * count them, so that each object has a `BPF.JT.0.0` of its own; assemblers refer to the section instead of to a local symbol, which
 * does not tell libbpf where a table ends.
 */
export function withOwnTables(object: ObjectFile, tables: readonly JumpTable[]): ObjectFile {
  const { sections } = object;
  if (!sections.some(({ name }) => isJumpTableSection(name))) return object;
  const key = (section: number, offset: number): string => `${section} ${offset}`;
  const sizes = new Map(tables.map(({ section, start, end }) => [key(section, start), end - start]));
  const symbolAt = new Map<string, number>();
  const symbols = object.symbols.map((symbol, number): ObjectSymbol => {
    const { home, type, size } = symbol;
    if (home.kind !== "section" || !isJumpTableSection(sections[home.section]!.name)) return symbol;
    if (type === "section") return symbol;
    const place = key(home.section, home.offset);
    symbolAt.set(place, number);
    return { ...symbol, binding: "local", size: size === 0 ? (sizes.get(place) ?? 0) : size };
  });
  return {
    ...object,
    symbols,
    sections: sections.map((section) => {
      if (!section.flags.exec) return section;
      const relocations = section.relocations.map((relocation) => {
        const { home, type } = object.symbols[relocation.symbol]!;
        if (type !== "section" || home.kind !== "section" || relocation.kind !== "abs_imm64") return relocation;
        const symbol = symbolAt.get(key(home.section, home.offset + Number(relocation.addend)));
        return symbol === undefined ? relocation : { ...relocation, symbol, addend: 0n };
      });
      return { ...section, relocations };
    }),
  };
}
