/** Contents of sections as readelf's `-x` and `-p` and objdump's `-s` show them. */
import { decodeUtf8 } from "../bytes/index.js";
import { SectionHeaderType, type ElfFile, type ElfSection } from "../elf/index.js";
import { hex64 } from "./hex.js";
import { putHexByte, TextBuffer } from "./text-buffer.js";

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
/** Text in a buffer before it becomes a part of the result. */
const partBytes = 1 << 16;

/** Rows of 16 bytes in four words, and as characters, behind their addresses of at least `width` digits; `data` starts at `addr`. */
function rows(data: Uint8Array, addr: bigint, before: string, width: number, gap: string): string {
  const out = new TextBuffer(new Uint8Array(partBytes + 256));
  const parts: string[] = [];
  for (let at = 0; at < data.length; at += rowBytes) {
    if (out.length > partBytes) {
      parts.push(out.toString());
      out.clear();
    }
    out.text(before);
    out.text(hex64(addr + BigInt(at), width));
    putRow(out, data, at, gap);
  }
  parts.push(out.toString());
  return parts.join("");
}

const blank = 0x20;
const dot = 0x2e;
const newline = 0x0a;

function putRow(out: TextBuffer, data: Uint8Array, at: number, gap: string): void {
  out.ensure(4 * rowBytes);
  const end = Math.min(at + rowBytes, data.length);
  const { bytes } = out;
  let to = out.length;
  for (let i = at; i < at + rowBytes; i++) {
    if (((i - at) & 3) === 0) bytes[to++] = blank;
    if (i < end) putHexByte(bytes, to, data[i]!);
    else bytes[to] = bytes[to + 1] = blank;
    to += 2;
  }
  for (let i = 0; i < gap.length; i++) bytes[to++] = blank;
  for (let i = at; i < end; i++) {
    const byte = data[i]!;
    bytes[to++] = byte >= 0x20 && byte < 0x7f ? byte : dot;
  }
  bytes[to++] = newline;
  out.length = to;
}

/** readelf's `-x`; the section's bytes may be others than the file's, as relocated ones are. */
export function formatHexDump(section: ElfSection, data: Uint8Array = section.data): string {
  if (data.length === 0) return `\nSection '${section.name}' has no data to dump.\n`;
  return `\nHex dump of section '${section.name}':\n${rows(data, section.addr, "  0x", 8, " ")}`;
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
  return `Contents of section ${name}:\n${rows(data, addr, " ", 4, "  ")}`;
}
