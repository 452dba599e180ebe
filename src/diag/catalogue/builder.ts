/** Messages of programs written in TypeScript: mistakes of the calls that build one. */

export const builderMessages = {
  "asm-builder-name": {
    severity: "error",
    message: "`{name}` cannot stand in assembly text as a name",
    help: "names have letters, digits, `_`, `.` and `$`, and do not begin with a digit",
  },
  "asm-builder-number": {
    severity: "error",
    message: "{value} is not a whole number that a double holds exactly",
    help: "give numbers beyond 2^53 as bigints",
  },
  "asm-builder-hole": {
    severity: "error",
    message: "what stands in the template is none of a number, register, label, symbol or fragment",
    help: "text goes into the template itself; names are written symbol(`name`), map(`name`) and label()",
  },
  "asm-builder-part": {
    severity: "error",
    message: "{value} is no part of a program",
    help: "parts are instructions, bpf`…`, labels, and lists of them",
  },
  "asm-builder-prototype": {
    severity: "error",
    message: "the prototype `{prototype}` is not one of `{name}`",
    help: "a prototype names its function, as in `int f(void)`",
  },
  "asm-builder-text": {
    severity: "error",
    message: "`{text}` would end the statement that it stands in",
    help: "prototypes have no `;`, `#` or quotes, C declarations no `.endctype`",
  },
  "asm-builder-operands": {
    severity: "error",
    message: "the operands of {name} have other kinds or another number",
    help: "{name} takes {wanted}",
  },
} as const;
