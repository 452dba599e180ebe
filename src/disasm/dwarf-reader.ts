/** Reading of DWARF data: variable-length numbers, and the forms that line tables use. Source: DWARF 5, sections 7.5 and 7.6. */
import type { ByteReader } from "../bytes/index.js";
import { failure } from "../diag/index.js";

/** Text and numbers of a form, whichever it is. */
export interface FormValue {
  readonly text?: string;
  readonly number?: number;
}

/** Finds strings of other sections. */
export interface DwarfStrings {
  /** The string at `offset` of `.debug_str` or `.debug_line_str`. */
  string(section: ".debug_str" | ".debug_line_str", offset: number): string;
  /** What the linker will add to the number at this place of `.debug_line`. */
  shift(at: number): number;
}

/** More than any offset or count of a file. */
const numberLimit = 2 ** 52;

/** A place in DWARF data that moves on as numbers are read. */
export class DwarfCursor {
  readonly reader: ByteReader;
  readonly #strings: DwarfStrings;
  at: number;

  constructor(reader: ByteReader, at: number, strings: DwarfStrings) {
    this.reader = reader;
    this.at = at;
    this.#strings = strings;
  }

  u8(): number {
    return this.reader.u8(this.at++);
  }

  u16(): number {
    this.at += 2;
    return this.reader.u16(this.at - 2);
  }

  u32(): number {
    this.at += 4;
    return this.reader.u32(this.at - 4);
  }

  /** A number of `size` bytes. */
  number(size: number): number {
    if (size === 8) {
      this.at += 8;
      return this.reader.size(this.at - 8);
    }
    return size === 4 ? this.u32() : size === 2 ? this.u16() : this.u8();
  }

  uleb(): number {
    let value = 0;
    for (let scale = 1, byte = 0x80; byte >= 0x80; scale *= 128) {
      byte = this.u8();
      value = Math.min(numberLimit, value + (byte & 0x7f) * scale);
    }
    return value;
  }

  sleb(): number {
    let value = 0;
    let scale = 1;
    let byte = 0x80;
    for (; byte >= 0x80; scale *= 128) {
      byte = this.u8();
      if (scale < numberLimit) value += (byte & 0x7f) * scale;
    }
    return (byte & 0x40) === 0 || scale > numberLimit ? value : value - scale;
  }

  text(): string {
    const { bytes } = this.reader;
    const text = this.reader.cstring(this.at);
    this.at = bytes.indexOf(0, this.at) + 1;
    return text;
  }

  skip(size: number): void {
    this.reader.need(this.at, size, "DWARF data");
    this.at += size;
  }

  /** A value of `form`; `wide` where offsets have 64 bits. */
  form(form: number, wide: boolean): FormValue {
    switch (form) {
      case 0x08:
        return { text: this.text() };
      case 0x0e:
      case 0x1f: {
        const shift = this.#strings.shift(this.at);
        const offset = this.number(wide ? 8 : 4) + shift;
        return { text: this.#strings.string(form === 0x0e ? ".debug_str" : ".debug_line_str", offset) };
      }
      case 0x0b:
      case 0x05:
      case 0x06:
      case 0x07:
        return { number: this.number({ 0x0b: 1, 0x05: 2, 0x06: 4, 0x07: 8 }[form]) };
      case 0x0f:
        return { number: this.uleb() };
      case 0x1e:
        this.skip(16);
        return {};
      case 0x09:
        this.skip(this.uleb());
        return {};
      default:
        throw failure("dwarf-form", { form: `0x${form.toString(16)}` }, this.reader.place(this.at));
    }
  }
}
