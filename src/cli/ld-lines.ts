/** Source lines of instructions from DWARF, for the errors of a link: looked up only when there is an error to explain. */
import { countBefore, decodeUtf8 } from "../bytes/index.js";
import { BpfkitError } from "../diag/index.js";
import { dwarfPlaces, type SourcePlace } from "../disasm/index.js";
import { readElf } from "../elf/index.js";
import type { SourceLine } from "../link/index.js";
import { includeReader } from "../node/index.js";

/** Files larger than this are not opened for the sake of one line. */
const fileLimit = 1 << 24;

/** The last of `places`, sorted by offset, that starts at or before `offset`. */
function lastAt(places: readonly SourcePlace[], offset: number): SourcePlace | undefined {
  return places[countBefore(places.length, (at) => places[at]!.offset <= offset) - 1];
}

/**
 * `contents` has those of inputs by the names that the link has for them. What it does not have are files that nobody kept, and is read
 * again.
 */
export function dwarfLookup(
  contents: ReadonlyMap<string, Uint8Array>,
): (file: string, section: string, offset: number) => SourceLine | undefined {
  const places = new Map<string, ReadonlyMap<string, readonly SourcePlace[]>>();
  const sources = new Map<string, readonly string[]>();
  const read = includeReader([]);
  const placesOf = (file: string): ReadonlyMap<string, readonly SourcePlace[]> => {
    const kept = contents.get(file);
    const input = kept === undefined ? read(file, ".", fileLimit) : { bytes: kept };
    if (!("bytes" in input)) return new Map();
    try {
      return dwarfPlaces(readElf(input.bytes, { file }), []);
    } catch (error) {
      // It was read before: somebody has changed it since, and the error to explain is another one.
      if (!(error instanceof BpfkitError)) throw error;
      return new Map();
    }
  };
  return (file, section, offset) => {
    let known = places.get(file);
    if (known === undefined) places.set(file, (known = placesOf(file)));
    const found = lastAt(known.get(section) ?? [], offset);
    if (found === undefined || found.line === 0) return undefined;
    let lines = sources.get(found.file);
    if (lines === undefined) {
      const source = read(found.file, file, fileLimit);
      lines = "bytes" in source ? decodeUtf8(source.bytes).split(/\r?\n/) : [];
      sources.set(found.file, lines);
    }
    return { file: found.file, line: found.line, source: found.text ?? lines[found.line - 1] };
  };
}
