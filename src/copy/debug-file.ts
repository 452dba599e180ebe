/** Debugging data in a file of its own: what is left of the object there, and the link to it from the object. */
import { failure } from "../diag/index.js";
import { SectionHeaderFlag, SectionHeaderType } from "../elf/index.js";
import { removeSections, targetOf } from "./remove.js";
import { addSection } from "./sections.js";
import type { EditFile, EditSection } from "./types.js";

const loaded = BigInt(SectionHeaderFlag.SHF_ALLOC);
const empty = new Uint8Array(0);

/** Takes the contents out of sections that are loaded. Throws `copy-linked` for files with segments. */
export function keepDebug(file: EditFile): void {
  if (file.elf.segments.length > 0) {
    throw failure("copy-linked", {}, { kind: "binary", file: file.elf.file, offset: 0 });
  }
  const isLoaded = (section: EditSection | undefined): boolean =>
    section !== undefined && (section.flags & loaded) !== 0n;
  removeSections(
    file,
    file.sections.filter((table) => isLoaded(targetOf(table))),
  );
  for (const section of file.sections) {
    const { type, data, symbols, group } = section;
    const isTable = symbols !== undefined || group !== undefined || type === SectionHeaderType.SHT_STRTAB;
    if (!isLoaded(section) || isTable || type === SectionHeaderType.SHT_NOTE || data.length === 0) continue;
    section.type = SectionHeaderType.SHT_NOBITS;
    section.data = empty;
    file.changes.push({ what: "contents-removed", name: section.name });
  }
}

/** CRC-32 as zlib has it. */
function crc32(bytes: Uint8Array): number {
  const table = Uint32Array.from({ length: 256 }, (_, i) => {
    let value = i;
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ 0xedb8_8320;
    return value;
  });
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffff_ffff) >>> 0;
}

/** Adds `.gnu_debuglink`: the file's name, zeros up to a multiple of four, the checksum of its contents. */
export function addDebugLink(file: EditFile, name: string, contents: Uint8Array): void {
  const text = new TextEncoder().encode(name);
  const data = new Uint8Array(Math.ceil((text.length + 1) / 4) * 4 + 4);
  data.set(text);
  new DataView(data.buffer).setUint32(data.length - 4, crc32(contents), file.elf.endian === "little");
  addSection(file, ".gnu_debuglink", data);
  file.sections.at(-1)!.addralign = 4;
}
