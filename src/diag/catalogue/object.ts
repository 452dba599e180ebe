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
    help: "only relocatable objects can be linked, run and loaded",
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
    help: "the object may be from another toolchain; see docs/psabi.md for the numbers that are read",
  },
  "object-reloc-no-number": {
    severity: "error",
    message: "relocation {kind} against {name} has no number in the dialect {dialect}",
    help: "write the reference in another way; docs/psabi.md lists what each dialect can express",
  },
  "object-reloc-addend": {
    severity: "error",
    message: "relocation {kind} against {name} has the addend {addend}, which the dialect {dialect} cannot store",
    help: "define a symbol nearer to the place",
  },
  "image-undefined": {
    severity: "error",
    message: "{name} is undefined",
    help: "link the object that defines it: bpfkit ld -o linked.o …",
  },
  "image-code-size": {
    severity: "error",
    message: "section {name} has {size} bytes, not a multiple of 8",
    help: "code is made of 8-byte instruction slots",
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
  "image-map-size": {
    severity: "error",
    message: "map {name} in section {section} has a definition of {size} bytes, expected at least 16",
    help: "a legacy definition is four 32-bit words: type, key_size, value_size, max_entries",
  },
  "image-btf-maps": {
    severity: "error",
    message: "map {name} is in section .maps, but its BTF definition cannot be read: {reason}",
    help: "compile with -g, or define the map with four .long in section maps",
  },
} as const;
