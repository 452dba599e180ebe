/** The .BTF and .BTF.ext sections of corpus objects, and the BTF of the running kernel. */
import { existsSync, readFileSync } from "node:fs";
import type { Endian } from "../../src/bytes/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import { readElf } from "../../src/elf/index.js";
import { corpusObjects, readCorpus } from "./corpus.js";

export interface BtfObject {
  /** Relative to the corpus folder. */
  readonly name: string;
  readonly endian: Endian;
  readonly btf: Uint8Array;
  readonly ext: Uint8Array | undefined;
}

/** The BTF sections of an ELF file; undefined when it has no .BTF. */
export function btfSections(name: string, bytes: Uint8Array): BtfObject | undefined {
  const { sections, endian } = readElf(bytes, { file: name });
  const btf = sections.find((section) => section.name === ".BTF");
  if (btf === undefined) return undefined;
  return { name, endian, btf: btf.data, ext: sections.find((section) => section.name === ".BTF.ext")?.data };
}

let found: BtfObject[] | undefined;

/** All corpus objects with BTF that are not broken on purpose. */
export function corpusBtf(): readonly BtfObject[] {
  if (found !== undefined) return found;
  found = [];
  for (const name of corpusObjects()) {
    if (name.includes("/corrupt/")) continue;
    try {
      const object = btfSections(name, readCorpus(name));
      if (object !== undefined) found.push(object);
    } catch (error) {
      // Not an ELF64 file: no case of this room.
      if (!(error instanceof BpfkitError)) throw error;
    }
  }
  return found;
}

export const vmlinuxPath = "/sys/kernel/btf/vmlinux";

/** Empty when the running kernel shows its BTF, else the reason to skip, to be put after a test's name. */
export const vmlinuxMissing: string = existsSync(vmlinuxPath) ? "" : ` (skipped: there is no ${vmlinuxPath})`;
if (vmlinuxMissing !== "") console.warn(`kernel BTF tests${vmlinuxMissing}`);

/** The BTF of the running kernel. */
export function readVmlinux(): Uint8Array {
  return new Uint8Array(readFileSync(vmlinuxPath));
}
