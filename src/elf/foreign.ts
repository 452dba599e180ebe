/** What a file is that is not ELF, so that the error can say what to do with it. */

const kinds: readonly (readonly [magic: string, found: string, advice: string])[] = [
  ["!<arch>\n", "an ar archive", "read it as an archive; its members are the objects"],
  ["!<thin>\n", "a thin ar archive", "read it as an archive; the objects are the files that it names"],
  ["BC\xc0\xde", "LLVM bitcode", "compile without -flto and without -emit-llvm to get an object"],
  ["\0asm", "a WebAssembly module", "give an ELF object, for example one that `bpfkit as` wrote"],
  ["\x1f\x8b", "gzip data", "unpack it first"],
  ["\x28\xb5\x2f\xfd", "zstd data", "unpack it first"],
  ["\xfd7zXZ\0", "xz data", "unpack it first"],
  ["\x9f\xeb", "raw BTF", "read it with the BTF commands"],
  ["\xeb\x9f", "raw BTF", "read it with the BTF commands"],
  ["MZ", "a Windows executable", "give an ELF object, for example one that `bpfkit as` wrote"],
  ["\xcf\xfa\xed\xfe", "a Mach-O file", "compile with clang --target=bpf to get an object"],
];

const texts: readonly (readonly [sign: RegExp, found: string, advice: string])[] = [
  [
    /^(?:\s|\/\*[^]*?\*\/)*(?:INPUT|GROUP|SECTIONS|MEMORY|ENTRY|OUTPUT_FORMAT|OUTPUT_ARCH|VERSION|AS_NEEDED)\s*[({]/,
    "a linker script",
    "name the objects that it names: scripts are not read",
  ],
  [/^(?:; ModuleID|source_filename = |target (?:datalayout|triple) = |define )/m, "LLVM's text", "compile it with llc"],
];

/** The facts of an `elf-not-elf` error. */
export function foreignFile(bytes: Uint8Array): { readonly found: string; readonly advice: string } {
  const head = String.fromCharCode(...bytes.subarray(0, 256));
  const advice = "give an ELF object, for example one that `bpfkit as` wrote";
  for (const [magic, found, what] of kinds) if (head.startsWith(magic)) return { found, advice: what };
  if (bytes.length === 0) return { found: "empty", advice };
  for (const [sign, found, what] of texts) if (sign.test(head)) return { found, advice: what };
  if (/^[\t\n\r\x20-\x7e]+$/.test(head)) return { found: "text", advice: "assemble or compile it first" };
  if (bytes.length < 4) return { found: `only ${bytes.length} bytes long`, advice };
  const hex = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return { found: `data that start with ${hex}, not 7f 45 4c 46`, advice };
}
