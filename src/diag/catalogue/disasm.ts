/** Messages of the `disasm` room. */

export const disasmMessages = {
  "dwarf-version": {
    severity: "error",
    message: "a line table has the version {version}; versions 2 to 5 are read",
    help: "compile with -gdwarf-5, or read the source lines of .BTF.ext",
  },
  "dwarf-form": {
    severity: "error",
    message: "a line table names its files in the form {form}, which is not known there",
    help: "the table is damaged, or of a producer newer than this program",
  },
} as const;
