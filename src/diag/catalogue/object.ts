/** Messages of the `object` room. */

export const objectMessages = {
  "object-machine": {
    severity: "error",
    message: "e_machine is {machine}, expected 247 (EM_BPF)",
    help: "the file is for another processor; compile with `-target bpf`",
  },
  "object-type": {
    severity: "error",
    message: "e_type is {type}, expected 1 (ET_REL)",
    help: "only relocatable objects are linked, run and loaded; `bpfkit ld` writes no others, GNU ld needs -r",
  },
  "object-symbol-index": {
    severity: "error",
    message: "symbol {name} has the reserved section index {index}, expected a section, SHN_ABS or SHN_COMMON",
  },
  "object-binding": {
    severity: "error",
    message: "symbol {name} has binding {found}, expected 0 (local), 1 (global) or 2 (weak)",
  },
  "object-group": {
    severity: "error",
    message: "the section group's signature is symbol {symbol}, which does not exist",
  },
  "object-reloc-symbol": {
    severity: "error",
    message: "relocation of type {type} is against symbol {symbol}, which does not exist",
    help: "the symbol table was damaged or stripped; keep the symbols that relocations need",
  },
  "object-reloc-unknown": {
    severity: "error",
    message: "relocation type {type} against {name} has no meaning in {where} in the dialect {dialect}",
    help: "the file is damaged or in another dialect (ld --input-reloc-dialect); docs/psabi.md lists the numbers that are read",
  },
  "object-reloc-place": {
    severity: "error",
    message: "relocation {kind} against {name} stands where the dialect {dialect} has another one, or none",
    help: "the instruction, its position, or the symbol is not what this relocation is for; see docs/psabi.md",
  },
  "object-reloc-private": {
    severity: "error",
    message:
      "relocation type {type} against {name} is of the psABI's private range, but the file has no note that says so",
    help: "another tool dropped section .note.bpf.psabi, or numbered otherwise; see docs/psabi.md",
  },
  "object-reloc-misaligned": {
    severity: "error",
    message:
      "relocation {reloc} (type {type}) against {name} stands at no instruction; its offset should be {expected}",
    help: "the file is damaged or in another relocation dialect (ld --input-reloc-dialect)",
  },
  "object-reloc-opcode": {
    severity: "error",
    message: "relocation {reloc} (type {type}) against {name} stands at an instruction with opcode {opcode}",
    help: "{dialect} has it for {expected}; the file is damaged or in another relocation dialect (ld --input-reloc-dialect){more}",
  },
  "object-reloc-high": {
    severity: "error",
    message: "relocation {reloc} (type {type}) against {name} has a number in the second slot of its load",
    help: "{dialect} stores 32 bits of addend; the file may be GNU's, which stores 64 (ld --input-reloc-dialect gnu)",
  },
  "object-reloc-helper": {
    severity: "error",
    message: "relocation {reloc} (type {type}) calls a helper by its name, but {name} is defined in the file",
    help: "this dialect has no calls of functions; rename the function or assemble the file anew",
  },
  "object-reloc-stored": {
    severity: "error",
    message: "relocation {reloc} (type {type}) against {name}: what addend its field stands for cannot be known",
    help: "{dialect} loses addends in this field; define a symbol at the place and refer to that",
  },
  "object-gas-fault": {
    severity: "error",
    message:
      "gas up to 2.40 counts the value of global symbols twice; whether it did in the addend of {name} cannot be proven: {reading}",
    help: "bpfkit ld --input-reloc-dialect gnu-2.40 says that gas made the file, llvm or gnu that it did not; better: assemble it anew",
  },
  "object-gas-joined": {
    severity: "error",
    message: "bpf-ld -r joined this file and left addends in section {section} as they were in its inputs",
    help: "link the original objects with bpfkit ld -r; --input-reloc-dialect takes the addends as they stand",
  },
  "object-note": {
    severity: "error",
    message: "the psABI note says version {version} and dialect {dialect}, expected version 1 and one known dialect",
    help: "the file is from a newer bpfkit, or a linker joined notes of several dialects",
  },
  "object-reloc-no-number": {
    severity: "error",
    message: "relocation {kind} against {name} has no number in the dialect {dialect}",
    help: "write the reference in another way; docs/psabi.md lists what each dialect can express",
  },
  "object-reloc-addend": {
    severity: "error",
    message: "relocation {kind} against {name} has the addend {addend}, which the dialect {dialect} cannot store",
    help: "define a symbol at the place and refer to that, or write another dialect",
  },
  "object-jump-table": {
    severity: "error",
    message: "the jump table here cannot be one: {reason}",
    help: "a table is 64-bit words, each the offset of an instruction in the section of the code that loads the table's address",
  },
  "image-undefined": {
    severity: "error",
    message: "{name} is undefined",
    help: "link the object that defines it: bpfkit ld -o linked.o …",
  },
  "image-kernel": {
    severity: "error",
    message: "{name} is an extern in {section} that only libbpf fills in",
    help: "load the file with libbpf, as bpftool prog load does, or define {name} in an object that is linked in",
  },
  "image-code-size": {
    severity: "error",
    message: "section {name} has {size} bytes, not a multiple of 8",
    help: "code is made of 8-byte instruction slots",
  },
  "image-code-missing": {
    severity: "error",
    message: "section {name} is to hold {size} bytes of code, but has no contents in the file",
    help: "its type is NOBITS: a debugging file, or a damaged section header",
  },
  "image-target": {
    severity: "error",
    message: "the reference {kind} to {name} does not lead to {expected}",
  },
  "image-range": {
    severity: "error",
    message: "the value {value} of the reference to {name} does not fit its field ({field})",
  },
  "image-unsupported": {
    severity: "error",
    message: "a {kind} reference to {name} in section {section} cannot be loaded",
    help: "BPF addresses have 64 bits; use a 64-bit field",
  },
  "image-dynamic": {
    severity: "error",
    message: "the relocation {kind} of {name} in section {section} is a dynamic linker's",
    help: "link the file and the objects it needs into one: bpfkit ld",
  },
  "image-data-in-code": {
    severity: "error",
    message: "section {section} holds code, but {name} is to be put into a datum there ({kind})",
    help: "put data that refer to symbols into a data section",
  },
  "image-distance": {
    severity: "error",
    message: "the distance to {name} from section {section} is not known before both are loaded",
    help: "distances work within one section; refer to the address instead",
  },
  "image-map-size": {
    severity: "error",
    message: "map {name} in section {section} has a definition of {size} bytes, expected at least 16",
    help: "a legacy definition is four 32-bit words: type, key_size, value_size, max_entries",
  },
  "image-map-value": {
    severity: "error",
    message: "the initial contents of map {name} are wrong: {reason}",
    help: "entries are addresses of maps (in a map of maps) or of programs (in a prog_array)",
  },
  "image-btf-maps": {
    severity: "error",
    message: "map {name} is in section .maps, but its BTF definition cannot be read: {reason}",
    help: "compile with -g, or define the map with four .long in section maps",
  },
} as const;
