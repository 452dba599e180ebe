/** What a program says besides instructions: its licence, its maps, C types. Fragments of the assembler's own directives. */
import { failure } from "../../diag/index.js";
import { MapType } from "../../isa/index.js";
import { checkedName, map, wholeNumber, type Fragment, type SymbolRef } from "./parts.js";
import { fragment } from "./text.js";

type Lower<Name extends string> = Name extends `BPF_MAP_TYPE_${infer Rest}` ? Lowercase<Rest> : never;

/** `hash`, `array`, `ringbuf`, … */
export type MapTypeName = Exclude<Lower<keyof typeof MapType>, "unspec">;

export interface MapOptions {
  readonly type: MapTypeName | number;
  /** A size in bytes, or a C type that is known where the map is defined. */
  readonly key?: number | string;
  readonly value?: number | string;
  readonly maxEntries?: number;
  /** Bits of linux/bpf.h. */
  readonly flags?: number;
  readonly pinning?: "none" | "by-name";
  readonly numaNode?: number;
  readonly extra?: number;
  /** The template of the maps inside, for maps of maps. */
  readonly inner?: Omit<MapOptions, "inner" | "pinning">;
}

/** A map of this program: an operand where it is used, defined where `define` stands. */
export interface MapVariable extends SymbolRef {
  readonly define: Fragment;
}

const numbers = { maxEntries: "max_entries", flags: "map_flags", numaNode: "numa_node", extra: "map_extra" } as const;

/** C text for a string of the assembler. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&").replace(/\s+/g, " ")}"`;
}

function optionsText(options: MapOptions): string {
  const found = [`type=${options.type}`];
  for (const name of ["key", "value"] as const) {
    const given = options[name];
    if (given !== undefined) found.push(`${name}=${typeof given === "number" ? wholeNumber(given) : quoted(given)}`);
  }
  for (const name of ["maxEntries", "flags", "numaNode", "extra"] as const) {
    const given = options[name];
    if (given !== undefined) found.push(`${numbers[name]}=${wholeNumber(given)}`);
  }
  if (options.pinning !== undefined) found.push(`pinning=${options.pinning.replace("-", "_")}`);
  if (options.inner !== undefined) found.push(`inner={${optionsText(options.inner)}}`);
  return found.join(", ");
}

/** The map `name`. Throws `asm-builder-name`. */
export function defineMap(name: string, options: MapOptions): MapVariable {
  return { ...map(name), define: fragment(`.map ${checkedName(name)}, ${optionsText(options)}\n`) };
}

/** The licence that the kernel is told. */
export function license(text: string): Fragment {
  return fragment(`.license ${quoted(text)}\n`);
}

/** C declarations: types for maps and functions, and the types of data that has the declared names. */
export function ctype(strings: TemplateStringsArray, ...holes: readonly (string | number)[]): Fragment {
  const text = String.raw(strings, ...holes);
  if (/^\s*\.endctype/m.test(text)) throw failure("asm-builder-text", { text: ".endctype" });
  return fragment(`.ctype\n${text}\n.endctype\n`);
}
