/** Messages of the `elf` room. */

export const elfMessages = {
  "elf-not-elf": {
    severity: "error",
    message: "not an ELF file: it is {found}",
    help: "{advice}",
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
  "elf-compressed": {
    severity: "error",
    message: "section {section} is compressed {what}",
    help: "compile without -gz, or expand it by llvm-objcopy --decompress-debug-sections",
  },
  "elf-bounds": {
    severity: "error",
    message: "{what} claims {size} bytes, but the file has {available} from there on",
    help: "the file is truncated, or the offset or the size in its header is wrong",
  },
  "elf-overlap": {
    severity: "error",
    message: "the sections claim {claimed} bytes, more than twice the file's {size}",
    help: "no byte of an ELF file belongs to two sections; their sizes or offsets are damaged",
  },
  "elf-string-offset": {
    severity: "error",
    message: "{what} is at offset {offset} of the string table {table}, which has {size} bytes",
    help: "the offset is damaged, or the string table is truncated or the wrong one",
  },
  "elf-string-unterminated": {
    severity: "error",
    message: "{what}, at offset {offset} of the string table {table}, is not terminated by a NUL byte",
    help: "the string table is truncated",
  },
  "elf-string-overlap": {
    severity: "error",
    message:
      "the names in a string table of {size} bytes overlap so much that together they are {factor} times as long",
    help: "no tool writes such a table; the name offsets are damaged or made to exhaust readers",
  },
  "elf-no-shndx": {
    severity: "error",
    message: "symbol {index} of {table} has its section number in an extended index table, which has no entry for it",
    help: "the SHT_SYMTAB_SHNDX section of {table} is missing or too short; the tool that wrote the file lost it",
  },
  "elf-note": {
    severity: "error",
    message: "the note {index} of {part} needs {needed} bytes, but only {available} are left",
    help: "its namesz or descsz is damaged, or the notes are truncated",
  },
  "elf-changed": {
    severity: "error",
    message: "{what} is {found}, but the file's headers say {expected}",
    help: "writeElf moves nothing; lay out changed sections with layoutElf",
  },
  "elf-field-range": {
    severity: "error",
    message: "{what} is {value}, which does not fit in {bits} bits",
    help: "the field of the file cannot hold it",
  },
  "elf-alignment": {
    severity: "error",
    message: "the alignment of section {name} is {value}, which is not a power of two",
    help: "use 1, 2, 4, 8, …",
  },
  "elf-padding": {
    severity: "error",
    message: "aligning section {name} would bring the padding to {padding} bytes, more than {limit}",
    help: "lower its alignment: {value} is far more than any loader asks for",
  },
  "elf-symbol-order": {
    severity: "error",
    message: "local symbol {name} (number {index}) stands behind symbols that are not local",
    help: "a symbol table has the null symbol first, then the local symbols, then all others",
  },
  "elf-string-nul": {
    severity: "error",
    message: "the name {name} holds a NUL byte",
    help: "names in a string table end at their first NUL; leave it out",
  },
  "elf-string-table": {
    severity: "error",
    message: "a string table of {size} bytes that does not begin and end with NUL cannot be extended",
    help: "start with an empty one",
  },
  "ar-magic": {
    severity: "error",
    message: "not an ar archive: it starts with {found}",
    help: "an archive starts with !<arch> or, when thin, with !<thin>",
  },
  "ar-header": {
    severity: "error",
    message: "there is no member header here: {what} is {found}",
    help: "the archive is damaged, or the size of the member before is wrong",
  },
  "ar-bounds": {
    severity: "error",
    message: "member {name} has {size} bytes, but only {available} are left",
    help: "the archive is truncated or the member's size is wrong",
  },
  "ar-name": {
    severity: "error",
    message: "a member is named {found}, but the archive has no such long name",
    help: "the archive's table of long names is missing, truncated or damaged",
  },
  "ar-index": {
    severity: "error",
    message: "the archive's symbol index is damaged: {what}",
    help: "make it anew with ranlib",
  },
  "ar-member": {
    severity: "error",
    message: "{file} has no member {name}",
    help: "bpfkit ar t lists its members",
  },
  "ar-extract": {
    severity: "error",
    message: "member {name} cannot be extracted: {what}",
    help: "bpfkit ar p prints a member whatever its name is",
  },
  "ar-write": {
    severity: "error",
    message: "member {name} cannot be put into an archive: {what}",
    help: "name members without folders, and keep archives below 4 GiB",
  },
} as const;
