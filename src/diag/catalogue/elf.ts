/** Messages of the `elf` room. */

export const elfMessages = {
  "elf-not-elf": {
    severity: "error",
    message: "not an ELF file: it does not start with 7f 45 4c 46",
    help: "give an object file, for example one that `bpfkit as` wrote",
  },
  "elf-class": {
    severity: "error",
    message: "EI_CLASS is {found}, expected 2 (ELFCLASS64)",
    help: "BPF objects are 64-bit ELF files",
  },
  "elf-data": {
    severity: "error",
    message: "EI_DATA is {found}, expected 1 (little-endian) or 2 (big-endian)",
    help: "the file's first bytes are damaged",
  },
  "elf-version": {
    severity: "error",
    message: "EI_VERSION is {found}, expected 1",
    help: "the file's first bytes are damaged",
  },
  "elf-entsize": {
    severity: "error",
    message: "{what} is {found}, expected {expected}",
    help: "the table's header is damaged, or the file was made for another format",
  },
  "elf-table-size": {
    severity: "error",
    message: "{what} has {size} bytes, not a multiple of its entries' {entry}",
    help: "the table is truncated or its section header is damaged",
  },
  "elf-link": {
    severity: "error",
    message: "{what} is {found}, which is not {expected}",
    help: "the index is damaged, or the tool that wrote the file dropped a section without renumbering",
  },
} as const;
