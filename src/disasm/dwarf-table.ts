/** The rows of line tables as text: readelf's `-wL`. */
import type { DwarfLine } from "./dwarf-lines.js";
import { formatTable } from "./programs.js";

export function formatDwarfLines(tables: ReadonlyMap<string, readonly DwarfLine[]>): string {
  const parts: string[] = [];
  for (const [section, lines] of tables) {
    const rows = lines.map(({ offset, file, line, column, end }) => {
      return [`0x${offset.toString(16)}`, end ? "end" : `${line}:${column}`, end ? "" : file];
    });
    parts.push(`\nLines of section '${section}':\n${formatTable([["Offset", "Line", "File"], ...rows])}`);
  }
  return parts.length === 0 ? "\nThere is no line table in this file.\n" : parts.join("");
}
