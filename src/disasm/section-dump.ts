/** Contents of sections as readelf's `-x` and `-p` and objdump's `-s` show them. */
import { decodeUtf8, toHex } from "../bytes/index.js";
import { SectionHeaderType, type ElfFile, type ElfSection } from "../elf/index.js";

/** A section by its name (the first one of it) or, as readelf takes them, by its number. */
export function findSection(elf: ElfFile, name: string): ElfSection | undefined {
  const found = elf.sections.find((section) => section.name === name && section.index > 0);
  return found ?? (/^\d+$/.test(name) ? elf.sections[Number(name)] : undefined);
}

export interface SectionString {
  /** In bytes from the section's start. */
  readonly offset: number;
  readonly text: string;
}

/** The strings of a section: what stands between NULs. */
export function sectionStrings({ data }: ElfSection): SectionString[] {
  const strings: SectionString[] = [];
  for (let at = 0; at < data.length;) {
    const end = data.indexOf(0, at);
    const stop = end < 0 ? data.length : end;
    if (stop > at) strings.push({ offset: at, text: decodeUtf8(data.subarray(at, stop)) });
    at = stop + 1;
  }
  return strings;
}

/** Printable as it is; control characters as terminals write them. */
function visible(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f]/g, (char) => `^${String.fromCharCode(char.charCodeAt(0) ^ 0x40)}`);
}

export function formatStrings(section: ElfSection): string {
  const lines = sectionStrings(section).map(
    ({ offset, text }) => `[${offset.toString(16).padStart(6)}] ${visible(text)}\n`,
  );
  return `\nString dump of section '${section.name}':\n${lines.join("")}`;
}

const rowBytes = 16;

function asciiOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".";
  return text;
}

/** Rows of 16 bytes in four words, and as characters; `head` writes the address of a row. */
function rows(data: Uint8Array, head: (offset: number) => string, gap: string): string {
  const lines: string[] = [];
  for (let at = 0; at < data.length; at += rowBytes) {
    const bytes = data.subarray(at, at + rowBytes);
    const words: string[] = [];
    for (let word = 0; word < rowBytes; word += 4) words.push(toHex(bytes.subarray(word, word + 4)).padEnd(8));
    lines.push(`${head(at)} ${words.join(" ")}${gap}${asciiOf(bytes)}\n`);
  }
  return lines.join("");
}

/** readelf's `-x`; the section's bytes may be others than the file's, as relocated ones are. */
export function formatHexDump(section: ElfSection, data: Uint8Array = section.data): string {
  if (data.length === 0) return `\nSection '${section.name}' has no data to dump.\n`;
  const head = (offset: number): string => `  0x${(section.addr + BigInt(offset)).toString(16).padStart(8, "0")}`;
  return `\nHex dump of section '${section.name}':\n${rows(data, head, " ")}`;
}

/** objdump's `-s`; nothing for sections without contents. */
export function formatContents(section: ElfSection): string {
  const { type, data, addr, name } = section;
  if (section.size === 0) return "";
  if (type === SectionHeaderType.SHT_NOBITS) {
    const four = (value: bigint): string => value.toString(16).padStart(4, "0");
    const range = `[${four(addr)}, ${four(addr + BigInt(section.size))})`;
    return `Contents of section ${name}:\n<skipping contents of bss section at ${range}>\n`;
  }
  const head = (offset: number): string => ` ${(addr + BigInt(offset)).toString(16).padStart(4, "0")}`;
  return `Contents of section ${name}:\n${rows(data, head, "  ")}`;
}
