/** Sections that were compressed to save room (`-gz`). Source: gABI, "Section Compression". */
import { ByteReader, inflate } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import { SectionHeaderFlag } from "./table.js";
import type { ElfFile, ElfSection } from "./types.js";

const compressedFlag = BigInt(SectionHeaderFlag.SHF_COMPRESSED);
const CHDR_SIZE = 24;
const ELFCOMPRESS_ZLIB = 1;

/** What is said of an algorithm that is not read. */
const methods: Readonly<Record<number, string>> = { 2: "zstd" };

type Compressible = Pick<ElfSection, "name" | "flags" | "size" | "data" | "addralign">;

const known = new WeakMap<Compressible, Compressible>();

/** `section` as it was before it was compressed; itself if it was not. Throws `elf-compressed`. */
export function uncompressed<Of extends Compressible>(file: Pick<ElfFile, "file" | "endian">, section: Of): Of {
  if ((section.flags & compressedFlag) === 0n) return section;
  let plain = known.get(section);
  if (plain === undefined) known.set(section, (plain = { ...section, ...inflated(file, section) }));
  return plain as Of;
}

function inflated({ file, endian }: Pick<ElfFile, "file" | "endian">, section: Compressible): Compressible {
  const { name, data: packed } = section;
  const reader = new ByteReader(packed, endian, { file, section: name });
  const refuse = (what: string): never => {
    throw failure("elf-compressed", { section: name, what }, reader.place(0));
  };
  reader.need(0, CHDR_SIZE, "the compression header");
  const method = reader.u32(0);
  if (method !== ELFCOMPRESS_ZLIB) refuse(`with ${methods[method] ?? `method ${method}`}, which is not read here`);
  const size = reader.size(8, "ch_size");
  const data = inflate(packed.subarray(CHDR_SIZE), size) ?? refuse("with zlib, and damaged");
  return { name, flags: section.flags & ~compressedFlag, size, data, addralign: reader.size(16, "ch_addralign") };
}
