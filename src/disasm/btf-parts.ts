/** The BTF of an ELF file, as far as it can be read, and its records by section and offset. */
import { corePath, coreReloNames, readBtf, readBtfExt, type Btf, type BtfExt, type CoreRelo } from "../btf/index.js";
import { BpfkitError, type Diagnostic } from "../diag/index.js";
import type { ElfFile } from "../elf/index.js";
import { tolerant } from "./tolerant.js";

export interface BtfParts {
  readonly btf: Btf | undefined;
  readonly ext: BtfExt | undefined;
}

/** Reads `.BTF` and `.BTF.ext`; what is wrong with them goes to `problems`. */
export function btfParts(elf: ElfFile, problems: Diagnostic[]): BtfParts {
  const { file, endian, sections } = elf;
  const data = (name: string): Uint8Array | undefined => sections.find((section) => section.name === name)?.data;
  const types = data(".BTF");
  if (types === undefined) return { btf: undefined, ext: undefined };
  const btf = tolerant(problems, () => readBtf(types, { file, endian, section: ".BTF" }));
  const more = data(".BTF.ext");
  if (btf === undefined || more === undefined) return { btf, ext: undefined };
  return { btf, ext: tolerant(problems, () => readBtfExt(more, btf, { file, endian, section: ".BTF.ext" })) };
}

export interface CoreReloFacts {
  /** In bytes from the start of the code section. */
  readonly offset: number;
  /** `byte_off`, `enumval_value`, … */
  readonly kind: string;
  readonly typeId: number;
  /** `struct task_struct`. */
  readonly type: string;
  /** The indices the compiler wrote, `0:5:1`. */
  readonly access: string;
  /** What they mean: `struct task_struct::pid`, `struct s::[1].comm[3]`, `enum e::A = 3`; undefined where they make no sense. */
  readonly path: string | undefined;
}

/** `struct foo`, `int`, `[12]` of an unnamed type. */
function typeWords(btf: Btf, id: number): string {
  const { kind } = btf.type(id);
  const name = btf.name(id) || `[${id}]`;
  return /^(struct|union|enum|enum64|typedef)$/.test(kind) ? `${kind.replace("64", "")} ${name}` : name;
}

/** The path of a record in C's words, in llvm-objdump's layout. */
function pathWords(btf: Btf, relo: CoreRelo, access: string, type: string): string | undefined {
  try {
    const { steps } = corePath(btf, relo.typeId, access, relo.kind);
    const [first, ...rest] = steps;
    if (first === undefined) return type;
    if (first.name !== undefined) return `${type}::${first.name}${enumValue(btf, first)}`;
    const inside = rest.map(({ name, index }) => (name === undefined ? `[${index}]` : `.${name}`)).join("");
    const start = first.index === 0 ? "" : `[${first.index}]`;
    return start + inside === "" ? type : `${type}::${(start + inside).replace(/^\./, "")}`;
  } catch (error) {
    if (error instanceof BpfkitError) return undefined;
    throw error;
  }
}

function enumValue(btf: Btf, { typeId, index }: { readonly typeId: number; readonly index: number }): string {
  const type = btf.type(typeId);
  return type.kind === "enum" || type.kind === "enum64" ? ` = ${type.values[index]!.value}` : "";
}

/** A CO-RE record in words. Throws BpfkitError where it refers to no type or string. */
export function coreFacts(btf: Btf, relo: CoreRelo): CoreReloFacts {
  const access = btf.string(relo.accessStrOff, "a CO-RE access string");
  const type = typeWords(btf, relo.typeId);
  return {
    offset: relo.insnOff,
    kind: coreReloNames[relo.kind] ?? `kind ${relo.kind}`,
    typeId: relo.typeId,
    type,
    access,
    path: pathWords(btf, relo, access, type),
  };
}

/** `CO-RE <byte_off> [5] struct task_struct::pid (0:92)`. */
export function coreWords({ kind, typeId, type, path, access }: CoreReloFacts): string {
  // Of types and enumerators the words say all.
  const indices = path === type || path?.includes(" = ") === true ? "" : ` (${access})`;
  return `CO-RE <${kind}> [${typeId}] ${path ?? type}${indices}`;
}
