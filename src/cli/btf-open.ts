/** Opening BTF: a file of its own, or the .BTF section of an ELF file. */
import { readBtf, type Btf } from "../btf/index.js";
import { failure } from "../diag/index.js";
import { isArchive, readElf } from "../elf/index.js";
import { readInput } from "../node/index.js";
import { inputName } from "./report.js";

/** Where Linux shows its own BTF and that of its modules. */
const kernelFolder = "/sys/kernel/btf/";
export const kernelBase: string = `${kernelFolder}vmlinux`;

const elfMagic = [0x7f, 0x45, 0x4c, 0x46];

/**
 * The BTF in `bytes`, called `file` in messages. A module's file brings what it needs of the kernel's BTF in a section of its
 * own, which stands in for a base. Throws `cli-no-btf` when a file has no BTF.
 */
export function btfIn(bytes: Uint8Array, file: string, base: Btf | undefined): Btf {
  if (isArchive(bytes)) {
    throw failure("cli-no-btf", { file, what: "it is an archive", help: "take the member out with bpfkit ar x" });
  }
  if (!elfMagic.every((byte, i) => bytes[i] === byte)) return readBtf(bytes, { file, base });
  const elf = readElf(bytes, { file });
  const section = elf.sections.find(({ name }) => name === ".BTF");
  if (section === undefined) {
    const help = "compile with clang -g or bpf-gcc -gbtf, or declare them in assembly with .ctype, .func and .map";
    throw failure("cli-no-btf", { file, what: "there is no section .BTF", help });
  }
  const { endian } = elf;
  const own = elf.sections.find(({ name }) => name === ".BTF.base");
  const below = base ?? (own === undefined ? undefined : readBtf(own.data, { file, section: ".BTF.base", endian }));
  return readBtf(section.data, { file, section: ".BTF", endian, base: below });
}

/** The BTF of the file `path`; a kernel module's in /sys/kernel/btf stands on the kernel's, without a word. */
export async function openBtf(path: string, base?: string): Promise<Btf> {
  const isModule = path.startsWith(kernelFolder) && path !== kernelBase;
  const below = base ?? (isModule ? kernelBase : undefined);
  const on = below === undefined ? undefined : btfIn(await readInput(below), inputName(below), undefined);
  return btfIn(await readInput(path), inputName(path), on);
}
