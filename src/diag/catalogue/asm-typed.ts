/** Messages about the assembler's BPF-aware directives: `.map`, `.ctype`, `.func`, `.program`, `.license`. */
export const asmTypedMessages = {
  "asm-strict": {
    severity: "error",
    message: "`{name}` is an addition of bpfkit",
    help: "it is switched off by --strict; leave that out to use it",
  },
  "asm-func-code": {
    severity: "error",
    message: "a function cannot be in section `{section}`, which holds no instructions",
    help: "choose a section for code before: .text, `.program SECTION`, or .section with the flag x",
  },
  "asm-func-open": {
    severity: "error",
    message: "the function `{name}` has no .endfunc",
    help: "put .endfunc behind its last instruction",
  },
  "asm-func-closed": { severity: "error", message: ".endfunc without .func before it" },
  "asm-func-section": {
    severity: "error",
    message: "the function `{name}` was begun in section `{section}`",
    help: "a function is one stretch of one section",
  },
  "asm-func-missing": {
    severity: "warning",
    message: "`{name}` is called by a function that has a type, but has none",
    help: "the kernel wants types for all functions of a program or for none: write it with .func",
  },
  "asm-ctype-end": { severity: "error", message: "the declarations have no end", help: "close them with .endctype" },
  "asm-ctype-nowhere": {
    severity: "warning",
    message: "`{name}` is declared, but this file neither defines nor uses it",
    help: "give the symbol of the data the same name; `extern` before the declaration silences this",
  },
  "asm-ctype-size": {
    severity: "error",
    message: "`{name}` has {size} bytes, but its type has {typeSize}",
    help: "the declaration and the data must agree",
  },
  "asm-ctype-no-size": { severity: "error", message: "the type of `{name}` has no size" },
  "asm-ctype-overlap": { severity: "error", message: "`{name}` overlaps `{other}`, which starts before it" },
  "asm-btf-twice": {
    severity: "error",
    message: "the text has a section `{section}` of its own",
    help: ".map, .ctype and .func make that section: use either them or what a compiler wrote",
  },
  "asm-core-place": {
    severity: "error",
    message: "`%core` is for operands of instructions",
    help: "loaders relocate instructions alone",
  },
  "asm-core-field": {
    severity: "error",
    message: "`%core` cannot be relocated here",
    help: "loaders relocate the displacement of a load or store, the immediate of an arithmetic instruction and the 64-bit load, each as a whole",
  },
  "asm-core-kind": {
    severity: "error",
    message: "`{name}` is no kind of CO-RE relocation",
    help: "did you mean `{guess}`? Kinds are {known}",
  },
  "asm-core-type": {
    severity: "error",
    message: "the type has no name by which a kernel could have it",
    help: "name a struct, union, enum, typedef or basic type",
  },
  "asm-core-path": { severity: "error", message: "the access {problem}" },
  "asm-core-path-near": { severity: "error", message: "the access {problem}", help: "did you mean `{guess}`?" },
  "asm-core-value": {
    severity: "error",
    message: "the instruction has {found}, but the access says {value}",
    help: "a loader compares them and refuses the program; `%core` in the operand's place fills it in",
  },
  "asm-core-instruction": {
    severity: "error",
    message: "there is no instruction here that can be relocated",
    help: "name the label of a load, a store, an arithmetic instruction with an immediate or a 64-bit load, or `.` right before it",
  },
  "asm-map-option": { severity: "error", message: "a map has no `{name}`", help: "a map has {known}" },
  "asm-map-option-near": { severity: "error", message: "a map has no `{name}`", help: "did you mean `{guess}`?" },
  "asm-map-option-twice": { severity: "error", message: "`{name}` is given twice" },
  "asm-map-missing": {
    severity: "error",
    message: "the map `{name}` has no `{option}`",
    help: "for example: .map {name}, type=hash, key=u32, value=u64, max_entries=256",
  },
  "asm-map-incomplete": {
    severity: "warning",
    message: "the map `{name}` has no {missing}",
    help: "the kernel makes no map of this type without",
  },
  "asm-map-type": {
    severity: "error",
    message: "there is no map type `{type}`",
    help: "map types are hash, array, ringbuf, …: linux/bpf.h lists them",
  },
  "asm-map-type-near": { severity: "error", message: "there is no map type `{type}`", help: "did you mean `{guess}`?" },
  "asm-map-inner": {
    severity: "error",
    message: "`{option}` does not go with a map of type {type}",
    help: "`inner` is the template of the maps in an array_of_maps or hash_of_maps; only those and prog_array have `values`",
  },
} as const;
