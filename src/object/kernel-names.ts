/** The externs that BTF lists in `.ksyms`: what the kernel provides. Source: libbpf's bpf_object__collect_externs. */
import { readBtf } from "../btf/index.js";
import type { ObjectFile } from "./types.js";

/** Reads the names of functions in `.ksyms` when first asked; none without `.BTF`. Throws BpfkitError for a broken one. */
export function kernelNamesOf(object: ObjectFile): () => ReadonlySet<string> {
  let names: Set<string> | undefined;
  return () => (names ??= read(object));
}

function read({ file, endian, sections }: ObjectFile): Set<string> {
  const names = new Set<string>();
  const found = sections.find(({ name }) => name === ".BTF");
  if (found === undefined) return names;
  const btf = readBtf(found.data, { file, section: ".BTF", endian });
  const id = btf.findByName(".ksyms", "datasec");
  const section = id === undefined ? undefined : btf.type(id);
  if (section?.kind !== "datasec") return names;
  for (const { type } of section.vars) {
    const entry = btf.type(type);
    if (entry.kind === "func") names.add(entry.name);
  }
  return names;
}
