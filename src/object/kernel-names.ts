/** The externs that BTF lists in `.ksyms` and `.kconfig`: what the kernel provides. Source: libbpf's bpf_object__collect_externs. */
import { readBtf, type Btf } from "../btf/index.js";
import type { ObjectFile } from "./types.js";

/** A variable is `untyped` where it is declared as void: its address is asked for, of which BTF says nothing. */
export type KernelName = "function" | "variable" | "untyped" | "config";

/** Reads the names in `.ksyms` and `.kconfig` when first asked; none without `.BTF`. Throws BpfkitError for a broken one. */
export function kernelNamesOf(object: ObjectFile): () => ReadonlyMap<string, KernelName> {
  let names: Map<string, KernelName> | undefined;
  return () => (names ??= read(object));
}

function read({ file, endian, sections }: ObjectFile): Map<string, KernelName> {
  const names = new Map<string, KernelName>();
  const found = sections.find(({ name }) => name === ".BTF");
  if (found === undefined) return names;
  const btf = readBtf(found.data, { file, section: ".BTF", endian });
  for (const name of [".ksyms", ".kconfig"]) {
    const id = btf.findByName(name, "datasec");
    const section = id === undefined ? undefined : btf.type(id);
    if (section?.kind !== "datasec") continue;
    for (const { type } of section.vars) {
      const entry = btf.type(type);
      if (entry.kind === "func") names.set(entry.name, "function");
      else if (entry.kind === "var") names.set(entry.name, name === ".kconfig" ? "config" : typedness(btf, entry.type));
    }
  }
  return names;
}

function typedness(btf: Btf, of: number): "variable" | "untyped" {
  let id = of;
  for (let steps = 0; id !== 0 && steps < 32; steps++) {
    const type = btf.type(id);
    if (type.kind !== "const" && type.kind !== "volatile" && type.kind !== "type_tag") return "variable";
    id = type.type;
  }
  return "untyped";
}
