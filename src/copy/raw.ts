/** The bytes that a file loads, without the file around them: objcopy's `-O binary`. */
import { failure } from "../diag/index.js";
import { readElf, SectionHeaderFlag, SectionHeaderType } from "../elf/index.js";
import { nameTest } from "./patterns.js";

export interface RawOptions {
  /** Names or patterns of sections, as in `CopyOptions`. */
  readonly onlySections?: readonly string[];
  readonly removeSections?: readonly string[];
  /** Between sections; 0 unless given. */
  readonly gapFill?: number;
  /** The last address, filled up to. */
  readonly padTo?: number;
}

/** A wrong address must not ask for more than this. */
const longest = 2 ** 28;

/**
 * The contents of the loaded sections of `bytes`, an ELF file, each at its address, from the lowest one on. Throws `copy-raw`
 * where two sections have one address, as they do in objects that are not linked: the caller leaves one of them.
 */
export function rawContents(bytes: Uint8Array, file: string | undefined, options: RawOptions = {}): Uint8Array {
  const loaded = BigInt(SectionHeaderFlag.SHF_ALLOC);
  const { sections } = readElf(bytes, { file });
  const isWanted = nameTest(options.onlySections, true);
  const isUnwanted = nameTest(options.removeSections, true);
  const takesAll = (options.onlySections ?? []).length === 0;
  const shown = sections
    .filter(({ name }) => (takesAll || isWanted(name)) && !isUnwanted(name))
    .filter(
      ({ flags, type, data }) => (flags & loaded) !== 0n && type !== SectionHeaderType.SHT_NOBITS && data.length > 0,
    )
    .toSorted((a, b) => (a.addr < b.addr ? -1 : Number(a.addr > b.addr)));
  const start = shown[0]?.addr ?? 0n;
  const refuse = (what: string): never => {
    throw failure("copy-raw", { what }, { kind: "binary", file, offset: 0 });
  };
  let end = 0n;
  for (const [i, { name, addr, data }] of shown.entries()) {
    if (i > 0 && addr - start < end) refuse(`sections ${shown[i - 1]!.name} and ${name} are at the same address`);
    end = addr - start + BigInt(data.length);
  }
  if (options.padTo !== undefined && BigInt(options.padTo) - start > end) end = BigInt(options.padTo) - start;
  if (end > BigInt(longest)) refuse(`${end} bytes would be written`);
  const out = new Uint8Array(Number(end)).fill(options.gapFill ?? 0);
  for (const { addr, data } of shown) out.set(data, Number(addr - start));
  return out;
}
