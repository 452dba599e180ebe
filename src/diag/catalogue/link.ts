/** Messages of the `link` room. */

export const linkMessages = {
  "link-no-input": { severity: "error", message: "no input objects", help: "name the objects to link" },
  "link-endian": {
    severity: "error",
    message: "{file} is {endian}-endian, but {first} is {other}-endian",
    help: "assemble or compile all objects for one byte order",
  },
  "link-single-section": {
    severity: "error",
    message: "section {name} differs from the one in an earlier object",
    help: "all objects of a link must agree on it",
  },
  "link-section-mismatch": {
    severity: "error",
    message: "section {name} does not match the one in an earlier object: {difference}",
    help: "give the section the same attributes in all objects, or another name",
  },
  "link-duplicate": {
    severity: "error",
    message: "{name} is defined twice, again in {file}",
    help: "remove one definition, make it local, or mark one .weak",
  },
  "link-undefined": { severity: "error", message: "{name} is undefined", help: "{advice}" },
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
    message: "the jump to {name} leads nowhere: it is weak and nothing defines it",
    help: "define it, or test its address and call it",
  },
  "link-isa": {
    severity: "error",
    message: "{file} is for xBPF, other inputs are not",
    help: "assemble all inputs for one instruction set",
  },
  "link-range": {
    severity: "error",
    message: "{name} is {distance} slots away, too far for the field {field}",
    help: "use a long jump (gotol) or move the code",
  },
} as const;
