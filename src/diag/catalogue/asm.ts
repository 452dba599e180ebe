/** Messages of the `asm` room. */
export const asmMessages = {
  "asm-expected": { severity: "error", message: "expected {expected}, found {found}" },
  "asm-expected-near": {
    severity: "error",
    message: "expected {expected}, found {found}",
    help: "did you mean `{guess}`?",
  },
  "asm-instruction": {
    severity: "error",
    message: "unknown instruction `{name}`",
    help: "the text is read as {dialect}; `.syntax NAME` or --syntax chooses another spelling",
  },
  "asm-instruction-near": {
    severity: "error",
    message: "unknown instruction `{name}`",
    help: "did you mean `{guess}`?",
  },
  "asm-register": {
    severity: "error",
    message: "`{name}` is not a register here",
    help: "did you mean `{guess}`?",
  },
  "asm-directive": {
    severity: "error",
    message: "unknown directive `{name}`",
    help: "docs/assembler.md lists the directives",
  },
  "asm-directive-near": {
    severity: "error",
    message: "unknown directive `{name}`",
    help: "did you mean `{guess}`?",
  },
  "asm-unsupported": { severity: "error", message: "`{name}` is not supported yet" },
  "asm-range": {
    severity: "error",
    message: "{value} does not fit {what}",
    help: "the value must be between {low} and {high}; nothing is truncated",
  },
  "asm-not-constant": {
    severity: "error",
    message: "a number that is known here is needed",
    help: "symbols that are defined later or elsewhere cannot be used in this place",
  },
  "asm-expression-shape": {
    severity: "error",
    message: "the expression is neither a number nor a symbol plus a number",
    help: "a difference needs two symbols of one section, or `symbol - .`",
  },
  "asm-division": { severity: "error", message: "division by zero" },
  "asm-cycle": { severity: "error", message: "the symbol's value depends on itself" },
  "asm-deep": {
    severity: "error",
    message: "the expression is nested too deeply",
    help: "at most 200 levels are read",
  },
  "asm-undefined": {
    severity: "error",
    message: "undefined symbol `{name}`",
    help: "define the label, or declare a symbol of another object with `.extern {name}`",
  },
  "asm-undefined-near": {
    severity: "error",
    message: "undefined symbol `{name}`",
    help: "did you mean `{guess}`?",
  },
  "asm-numeric-label": {
    severity: "error",
    message: "there is no label for `{label}`",
    help: "`1f` is the next `1:` of the file, `1b` the last one",
  },
  "asm-redefined": { severity: "error", message: "`{name}` is defined twice" },
  "asm-equation": {
    severity: "error",
    message: "the value of `{name}` is neither a number nor a place in this file",
  },
  "asm-size": { severity: "error", message: "the size of `{name}` is not a number of bytes" },
  "asm-helper": {
    severity: "error",
    message: "`{name}` is no helper",
    help: "did you mean `{guess}`?",
  },
  "asm-helper-near": {
    severity: "warning",
    message: "`{name}` is taken for a function of another object; no helper has this name",
    help: "did you mean `{guess}`? `.extern {name}` silences this",
  },
  "asm-map-operator": {
    severity: "error",
    message: "`%map` does not belong here",
    help: "it is for the 64-bit load and the 32-bit move of an immediate: lddw, mov32",
  },
  "asm-not-map": {
    severity: "error",
    message: "`{name}` is not a map: it is in {section}",
    help: "maps are defined in the sections maps, maps/NAME and .maps",
  },
  "asm-jump-far": {
    severity: "error",
    message: "the target is {distance} instructions away, too far for {bits} bits",
    help: "jump there in two steps, or with the 32-bit jump of ISA v4",
  },
  "asm-jump-middle": {
    severity: "error",
    message: "the target is not a whole number of instructions away",
    help: "instructions are 8 bytes; is there data or padding between?",
  },
  "asm-isa": {
    severity: "error",
    message: "the instruction needs ISA level v{level}, and v{isa} was chosen",
    help: "take `--isa v{level}`, or write it with instructions of v{isa}",
  },
  "asm-long-jump-measured": {
    severity: "error",
    message: "the jump needs more slots, but the size of the code around it was taken for a number before",
    help: "a difference of labels in .if, .rept, .set or a count is fixed where it is read: write it after the code, or move the target",
  },
  "asm-gap-cycle": { severity: "error", message: "the size of this gap depends on itself" },
  "asm-org-back": {
    severity: "error",
    message: "`.org` goes back from {here} to {there}",
    help: "a section only grows; `.subsection` puts pieces in another order",
  },
  "asm-file-twice": { severity: "error", message: "there is a file {number} already" },
  "asm-file-unknown": {
    severity: "error",
    message: "there is no file {number}",
    help: '`.file {number} "NAME"` names it',
  },
  "asm-cfi-nested": {
    severity: "error",
    message: "`.cfi_startproc` inside a frame",
    help: "close the one before with `.cfi_endproc`",
  },
  "asm-cfi-open": { severity: "error", message: "the frame has no end", help: "close it with `.cfi_endproc`" },
  "asm-cfi-outside": {
    severity: "error",
    message: "`{name}` outside of a frame",
    help: "a frame goes from `.cfi_startproc` to `.cfi_endproc`",
  },
  "asm-cfi-section": { severity: "error", message: "the frame ends in another section than it starts in" },
  "asm-cfi-offset": {
    severity: "error",
    message: "{bytes} bytes are no whole number of {factor}-byte units",
    help: "offsets of saved registers are stored in units of {factor} bytes",
  },
  "asm-opcode": {
    severity: "error",
    message: "the text is not an instruction with opcode {opcode}, which stands before it",
  },
  "asm-section-flag": {
    severity: "error",
    message: "section flag `{letter}` is not supported",
    help: "the flags are {known}",
  },
  "asm-section-changed": {
    severity: "error",
    message: "section `{name}` was opened with other flags before",
    help: "leave the flags out, or give the section another name",
  },
  "asm-no-section": { severity: "error", message: "{what} without {missing} before it" },
  "asm-nobits": { severity: "error", message: "section `{section}` has no contents, only a size" },
  "asm-alignment": { severity: "error", message: "{bytes} is not a power of two" },
  "asm-too-large": { severity: "error", message: "section `{section}` becomes larger than {limit} bytes" },
  "asm-text-size": { severity: "error", message: "the text is larger than {limit} bytes" },
  "asm-too-many-errors": {
    severity: "error",
    message: "more than {limit} errors: the rest of the text was not read",
  },
  "asm-escape": {
    severity: "error",
    message: "unknown escape in the string",
    help: "escapes are \\n \\t \\r \\b \\f \\v \\\\ \\\" \\', octal \\000 and hexadecimal \\x00",
  },
  "asm-scan-byte": { severity: "error", message: "a byte that no statement can have" },
  "asm-scan-string": { severity: "error", message: "the string has no closing quote" },
  "asm-scan-number": {
    severity: "error",
    message: "not a number",
    help: "numbers are decimal, 0x hexadecimal, 0b binary or octal with a leading 0; names start with a letter, `_`, `.` or `$`",
  },
  "asm-scan-number-range": { severity: "error", message: "the number does not fit 64 bits" },
  "asm-scan-comment": { severity: "error", message: "the comment has no end", help: "close it with `*/`" },
  "asm-scan-character": {
    severity: "error",
    message: "not a character",
    help: "write one character between single quotes: 'a', '\\n'",
  },
} as const;
