/** Messages of the `link` room. */

export const linkMessages = {
  "link-no-input": { severity: "error", message: "no input objects", help: "name the objects to link" },
  "link-no-member": {
    severity: "error",
    message: "no input objects: nothing needs a member of the archives",
    help: "name an object, ask for a symbol with --undefined, or take all members with --whole-archive",
  },
  "link-thin-member": {
    severity: "error",
    message: "{member} is needed, but the archive is thin, and the member's file was not read",
    help: "give the member the contents of the file that its name says",
  },
  "link-library": {
    severity: "error",
    message: "there is no library {name}{where}",
    help: "give its folder with -L, or name the file itself",
  },
  "link-group": { severity: "error", message: "{option} {problem}", help: "write {first} … {last}" },
  "link-endian": {
    severity: "error",
    message: "{file} is {endian}-endian, but {first} is {other}-endian",
    help: "assemble or compile all objects for one byte order",
  },
  "link-single-section": {
    severity: "error",
    message: "section {name} is {here}, but {there} in {file}",
    help: "all objects of a link must agree on it",
  },
  "link-section-mismatch": {
    severity: "error",
    message: "section {name} does not match that of {file}: {difference}",
    help: "give the section the same attributes in all objects, or another name",
  },
  "link-duplicate": {
    severity: "error",
    message: "{name} is defined twice, again in {file}",
    help: "{advice}",
  },
  "link-undefined": { severity: "error", message: "{name} is undefined", help: "{advice}" },
  "link-type-layout": {
    severity: "error",
    message: "{name} is not the same in {first} and {file}: code compiled against one would misread the other",
    help: "declare it in one header that all sources include",
  },
  "link-type-meaning": {
    severity: "warning",
    message: "{name} has another meaning in {first} than in {file}",
    help: "declare it in one header that all sources include",
  },
  "link-declared-section": {
    severity: "error",
    message: "{file} declares {name} in section {section}, but {other} defines it in {found}",
    help: "give declaration and definition the same section",
  },
  "link-gc-no-roots": {
    severity: "error",
    message: "--gc-sections would drop everything: there is no program, and no name is asked for",
    help: "name what to keep with --export or --undefined",
  },
  "link-map-operand": {
    severity: "error",
    message: "the map {name} is the operand of an instruction that is no move: the kernel has no such form",
    help: "move the map into a register first",
  },
  "link-required": {
    severity: "error",
    message: "{name} is required, but nothing defines it",
    help: "give the object or the archive that defines it",
  },
  "link-defsym": {
    severity: "error",
    message: "{name} is to be defined by {base}, which nothing defines",
    help: "{advice}",
  },
  "link-alignment": {
    severity: "error",
    message: "section {name} wants an alignment of {align}",
    help: "alignments are powers of two up to 65536",
  },
  "link-too-large": {
    severity: "error",
    message: "section {name} of the output has {size} bytes, above the limit of {limit}",
    help: "an input claims more than a program can have",
  },
  "link-dropped": {
    severity: "error",
    message: "{name} is in a section that is not part of the link",
    help: "keep the section, or drop what refers to it",
  },
  "link-value": {
    severity: "error",
    message: "the value {value} of {name} does not fit the field {field}",
    help: "use a wider field, or give the symbol another value",
  },
  "link-align": {
    severity: "error",
    message: "{name} is {distance} bytes away, which is no whole number of instructions",
    help: "refer to the start of an instruction",
  },
  "link-weak-jump": {
    severity: "error",
    message: "the {what} to {name} leads nowhere: it is weak and nothing defines it",
    help: "define it, or test its address and call it",
  },
  "link-no-code": {
    severity: "error",
    message: "{name} is called or jumped to, but {problem}",
    help: "{advice}",
  },
  "link-no-map": {
    severity: "error",
    message: "{name} is referred to as a map, but its definition is none",
    help: "define it in .maps or maps, or refer to its address",
  },
  "link-distance": {
    severity: "error",
    message: "the distance to {name} is not known: loaders place each section by itself",
    help: "put both into one section, or store the address",
  },
  "link-dynamic": {
    severity: "error",
    message: "the reference {kind} to {name} is one of dynamic files, which no loader of linked objects resolves",
    help: "refer to the address, or link with -r to keep it",
  },
  "link-isa": {
    severity: "error",
    message: "{file} is for xBPF, other inputs are not",
    help: "assemble all inputs for one instruction set",
  },
  "link-compat": {
    severity: "error",
    message: "libbpf's linker refuses this: {problem}",
    help: "without --compat libbpf it is linked",
  },
  "link-compat-option": {
    severity: "error",
    message: "{option} does not go with --compat libbpf, which writes what bpftool gen object writes",
    help: "leave one of the two out",
  },
  "link-compat-broken": {
    severity: "error",
    message: "libbpf's linker would write {what}",
    help: "link without --compat libbpf, which puts it right",
  },
  "link-compat-wrong": {
    severity: "warning",
    message: "libbpf's linker writes {what}",
    help: "link without --compat libbpf, which puts it right",
  },
  "link-static-program": {
    severity: "warning",
    message: "{name} is a static function in section {section}: libbpf refuses objects with such functions",
    help: "put it into .text, or make it global",
  },
  "link-local-program": {
    severity: "warning",
    message: "{name} is a program (section {section}), and --localize makes it local: loaders find global ones alone",
    help: "localize others, or name with --export what is to stay global beside programs and maps",
  },
  "link-static-map": {
    severity: "warning",
    message: "the map {name} is static: libbpf refuses objects with such maps",
    help: "make it global, under a name of its own",
  },
  "link-call-outside": {
    severity: "warning",
    message: "{name} is called, or its address taken, in section {section}: libbpf finds functions in .text alone",
    help: "put it into .text",
  },
  "link-address-global": {
    severity: "warning",
    message:
      "the address of {name} is taken, a global function: the kernel takes those of static and hidden ones alone",
    help: "make {name} static, or hidden (--export and --localize make names local)",
  },
  "link-map-order": {
    severity: "warning",
    message: "{name} stands behind the map that holds it: libbpf makes maps in their order, and finds none to put in",
    help: "{advice}",
  },
  "link-range": {
    severity: "error",
    message: "{name} is {distance} slots away, too far for the field {field}",
    help: "use a long jump (gotol) or move the code",
  },
} as const;
