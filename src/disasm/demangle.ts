/**
 * Names that rustc made, as they stood in the source; those of C++ are read by demangle-cpp.ts, all others stay as they are. Source: RFC 2603 (names from `_R` on)
 * and rustc's older scheme (`_ZN…17h<hash>E`). What is rare in names of programs (trait objects, function types, letters
 * beyond ASCII) is left mangled.
 */
import { demangledCpp } from "./demangle-cpp.js";

const escapes: Readonly<Record<string, string>> = {
  SP: "@",
  BP: "*",
  RF: "&",
  LT: "<",
  GT: ">",
  LP: "(",
  RP: ")",
  C: ",",
};

/** A part of an old name: `$LT$impl..Trait$GT$` and the like. */
function unescaped(part: string): string {
  return part
    .replace(/^_\$/, "$")
    .replaceAll(/\$([A-Z]+|u[0-9a-f]{1,6})\$/g, (whole, code: string) => {
      if (!code.startsWith("u")) return escapes[code] ?? whole;
      const value = Number.parseInt(code.slice(1), 16);
      return value >= 0x20 && value < 0x7f ? String.fromCharCode(value) : whole;
    })
    .replaceAll("..", "::");
}

function older(name: string): string | undefined {
  if (!name.startsWith("_ZN")) return undefined;
  const parts: string[] = [];
  let rest = name.slice("_ZN".length);
  for (let digits = /^\d+/.exec(rest); digits !== null; digits = /^\d+/.exec(rest)) {
    const end = digits[0].length + Number(digits[0]);
    if (end > rest.length) return undefined;
    parts.push(rest.slice(digits[0].length, end));
    rest = rest.slice(end);
  }
  const hash = parts.pop();
  if (!/^E(\.|$)/.test(rest) || parts.length === 0 || !/^h[0-9a-f]{16}$/.test(hash ?? "")) return undefined;
  return parts.map(unescaped).join("::");
}

/** Of primitive types, by the letter that stands for each. */
const basicTypes: Readonly<Record<string, string>> = Object.fromEntries(
  (
    "a i8,b bool,c char,d f64,e str,f f32,h u8,i isize,j usize,l i32,m u32,n i128,o u128,s i16,t u16,u (),v ...,x i64,y u64," +
    "z !,p _"
  )
    .split(",")
    .map((row) => row.split(" ") as [string, string]),
);

/** Deeper and longer names are somebody's joke. */
const depthLimit = 64;
const lengthLimit = 4096;

class Unreadable extends Error {}

/** One of the newer names; `at` counts from behind `_R`. */
class Demangler {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #made = 0;

  constructor(text: string) {
    this.#text = text;
  }

  #take(letter: string): boolean {
    if (this.#text[this.#at] !== letter) return false;
    this.#at++;
    return true;
  }

  #letter(): string {
    return this.#text[this.#at++] ?? this.#refuse();
  }

  #refuse(): never {
    throw new Unreadable();
  }

  /** Digits of base 62 up to `_`: `_` is 0, `0_` is 1. */
  #number(): number {
    if (this.#take("_")) return 0;
    let value = 0;
    for (;;) {
      const letter = this.#letter();
      if (letter === "_") return value + 1;
      const digit = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".indexOf(letter);
      if (digit < 0 || value > 2 ** 40) this.#refuse();
      value = value * 62 + digit;
    }
  }

  /** Behind `s` the number that tells namesakes apart; 0 where there is none. */
  #disambiguator(): number {
    return this.#take("s") ? this.#number() + 1 : 0;
  }

  #identifier(): { readonly name: string; readonly number: number } {
    const number = this.#disambiguator();
    const digits = /^(0|[1-9]\d{0,4})_?/.exec(this.#text.slice(this.#at, this.#at + 6));
    if (digits === null) this.#refuse();
    const start = this.#at + digits[0].length;
    const end = start + Number(digits[1]);
    if (end > this.#text.length) this.#refuse();
    this.#at = end;
    return { name: this.#text.slice(start, end), number };
  }

  /** What `make` gives, from the place that a back reference names where there is one. */
  #nested(make: () => string): string {
    if (++this.#depth > depthLimit) this.#refuse();
    const start = this.#at;
    let result: string;
    if (this.#take("B")) {
      const target = this.#number();
      if (target >= start) this.#refuse();
      const back = this.#at;
      this.#at = target;
      result = this.#nested(make);
      this.#at = back;
    } else result = make();
    this.#depth--;
    this.#made += result.length;
    if (this.#made > 64 * lengthLimit) this.#refuse();
    return result;
  }

  path(inValue: boolean): string {
    return this.#nested(() => {
      switch (this.#letter()) {
        case "C":
          return this.#identifier().name;
        case "N":
          return this.#member(inValue);
        case "M":
          this.#implPath();
          return `<${this.#type()}>`;
        case "X": {
          this.#implPath();
          const type = this.#type();
          return `<${type} as ${this.path(false)}>`;
        }
        case "Y": {
          const type = this.#type();
          return `<${type} as ${this.path(false)}>`;
        }
        case "I": {
          const generic = this.path(inValue);
          const list = this.#list(() => this.#argument());
          return `${generic}${inValue ? "::" : ""}<${list.join(", ")}>`;
        }
        default:
          return this.#refuse();
      }
    });
  }

  /** Where an impl stands: not shown. */
  #implPath(): void {
    this.#disambiguator();
    this.path(false);
  }

  #member(inValue: boolean): string {
    const space = this.#letter();
    const parent = this.path(inValue);
    const { name, number } = this.#identifier();
    if (/[a-z]/.test(space)) return name === "" ? parent : `${parent}::${name}`;
    if (!/[A-Z]/.test(space)) this.#refuse();
    const kind = { C: "closure", S: "shim" }[space] ?? space;
    return `${parent}::{${kind}${name === "" ? "" : `:${name}`}#${number}}`;
  }

  #list(make: () => string): string[] {
    const list: string[] = [];
    while (!this.#take("E")) list.push(make());
    return list;
  }

  #argument(): string {
    if (this.#take("L")) return this.#lifetime();
    return this.#take("K") ? this.#constant() : this.#type();
  }

  #lifetime(): string {
    // Those of for<'a> come with function types alone.
    return this.#number() === 0 ? "'_" : this.#refuse();
  }

  #type(): string {
    return this.#nested(() => {
      const letter = this.#letter();
      const basic = basicTypes[letter];
      if (basic !== undefined) return basic;
      switch (letter) {
        case "R":
        case "Q": {
          const lifetime = this.#take("L") ? this.#lifetime() : "'_";
          const mutable = letter === "Q" ? "mut " : "";
          return `&${lifetime === "'_" ? "" : `${lifetime} `}${mutable}${this.#type()}`;
        }
        case "P":
          return `*const ${this.#type()}`;
        case "O":
          return `*mut ${this.#type()}`;
        case "A": {
          const item = this.#type();
          return `[${item}; ${this.#constant()}]`;
        }
        case "S":
          return `[${this.#type()}]`;
        case "T": {
          const list = this.#list(() => this.#type());
          return `(${list.join(", ")}${list.length === 1 ? "," : ""})`;
        }
        default:
          this.#at--;
          return this.path(false);
      }
    });
  }

  #constant(): string {
    return this.#nested(() => {
      const type = this.#letter();
      if (type === "p") return "_";
      if (!"abhijlmnostxy".includes(type)) this.#refuse();
      const minus = this.#take("n") ? "-" : "";
      const hex = /^[0-9a-f]*_/.exec(this.#text.slice(this.#at))?.[0];
      if (hex === undefined) this.#refuse();
      this.#at += hex.length;
      const value = BigInt(`0x0${hex.slice(0, -1)}`);
      if (type === "b") return value === 1n ? "true" : value === 0n ? "false" : this.#refuse();
      return `${minus}${value}`;
    });
  }

  /** The name, and nothing behind it but what instantiated it and a compiler's suffix. */
  whole(): string {
    const made = this.path(true);
    if (/[A-Z]/.test(this.#text[this.#at] ?? "")) this.path(false);
    const rest = this.#text.slice(this.#at);
    return rest === "" || rest.startsWith(".") ? made : this.#refuse();
  }
}

/** `name` as its source has it, or as it is. */
export function demangled(name: string): string {
  if (name.length > lengthLimit) return name;
  if (name.startsWith("_Z")) return older(name) ?? demangledCpp(name) ?? name;
  if (!/^_R[A-Z]/.test(name)) return name;
  try {
    return new Demangler(name.slice(2)).whole();
  } catch (error) {
    if (error instanceof Unreadable) return name;
    throw error;
  }
}
