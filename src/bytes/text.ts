/**
 * Bytes and strings. Names in ELF and BTF are bytes without a declared encoding; UTF-8 is what producers write. A byte that is no
 * part of UTF-8 becomes the lone surrogate 0xdc00 + byte, and that the byte again, so that names keep all their bytes and differ
 * where those do.
 */

const decoder = new TextDecoder("utf-8", { fatal: false, ignoreBOM: true });
const encoder = new TextEncoder();

export function decodeUtf8(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  return text.includes("\ufffd") ? decodeAll(bytes) : text;
}

export function encodeUtf8(text: string): Uint8Array {
  return /[\udc80-\udcff]/.test(text) ? encodeAll(text) : encoder.encode(text);
}

/** Bytes of the character at `at`; 0 where none stands there. */
function sizeAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const size = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + size > bytes.length) return 0;
  for (let i = 1; i < size; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  // Nothing longer than need be, no surrogates, nothing above U+10FFFF.
  const second = bytes[at + 1]!;
  if (first === 0xe0 || first === 0xf0) return second < (first === 0xe0 ? 0xa0 : 0x90) ? 0 : size;
  if (first === 0xed || first === 0xf4) return second > (first === 0xed ? 0x9f : 0x8f) ? 0 : size;
  return size;
}

const pieceUnits = 4096;

function decodeAll(bytes: Uint8Array): string {
  const pieces: string[] = [];
  const units = new Uint16Array(pieceUnits);
  let count = 0;
  for (let at = 0; at < bytes.length;) {
    const size = sizeAt(bytes, at);
    if (size === 0) units[count++] = 0xdc00 + bytes[at++]!;
    else {
      let code = size === 1 ? bytes[at]! : bytes[at]! & (0x7f >> size);
      for (let i = 1; i < size; i++) code = (code << 6) | (bytes[at + i]! & 0x3f);
      at += size;
      if (code > 0xffff) {
        units[count++] = 0xd7c0 + (code >> 10);
        code = 0xdc00 | (code & 0x3ff);
      }
      units[count++] = code;
    }
    // One character may be two units.
    if (count < pieceUnits - 1) continue;
    pieces.push(String.fromCharCode(...units.subarray(0, count)));
    count = 0;
  }
  pieces.push(String.fromCharCode(...units.subarray(0, count)));
  return pieces.join("");
}

function encodeAll(text: string): Uint8Array {
  const bytes = new Uint8Array(3 * text.length);
  let end = 0;
  for (let from = 0; from < text.length;) {
    const unit = text.charCodeAt(from);
    if (unit >= 0xdc80 && unit <= 0xdcff) {
      bytes[end++] = unit - 0xdc00;
      from++;
      continue;
    }
    // Up to the next lone one; pairs are passed over whole.
    let to = from;
    for (let next = unit; to < text.length && !(next >= 0xdc80 && next <= 0xdcff); next = text.charCodeAt(to)) {
      const isPair = next >= 0xd800 && next <= 0xdbff && (text.charCodeAt(to + 1) & 0xfc00) === 0xdc00;
      to += isPair ? 2 : 1;
    }
    end += encoder.encodeInto(text.slice(from, to), bytes.subarray(end)).written;
    from = to;
  }
  return bytes.subarray(0, end);
}

/** Lower-case hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += (byte < 16 ? "0" : "") + byte.toString(16);
  return text;
}

/** The bytes of a hex string; blanks are ignored. Throws a `SyntaxError` on anything else. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, "");
  if (digits.length % 2 !== 0 || /[^0-9a-fA-F]/.test(digits)) throw new SyntaxError(`not a hex string: ${text}`);
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

/** Are the two byte strings equal? */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
