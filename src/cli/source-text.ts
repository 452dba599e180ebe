/** The text of source lines, from the files that debugging data name, where they are there. */
import { decodeUtf8 } from "../bytes/index.js";
import type { SourcePlace } from "../disasm/index.js";
import { isThere, readInput } from "../node/index.js";

/** `places` with the text of their lines, as far as the files can be read. */
export async function withText(
  places: ReadonlyMap<string, readonly SourcePlace[]>,
): Promise<Map<string, readonly SourcePlace[]>> {
  const files = new Map<string, readonly string[]>();
  for (const { file } of [...places.values()].flat()) {
    if (files.has(file)) continue;
    const isFile = file !== "" && file !== "-" && (await isThere(file));
    files.set(file, isFile ? decodeUtf8(await readInput(file)).split(/\r?\n/) : []);
  }
  const filled = new Map<string, readonly SourcePlace[]>();
  for (const [section, list] of places) {
    filled.set(
      section,
      list.map((place) => ({ ...place, text: files.get(place.file)![place.line - 1]?.trim() })),
    );
  }
  return filled;
}
