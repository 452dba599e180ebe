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
  "link-types-dropped": {
    severity: "warning",
    message: "section {name} is left out: merging type information is not supported yet",
    help: "link one object alone to keep its types",
  },
  "link-duplicate": {
    severity: "error",
    message: "{name} is defined twice",
    help: "remove one definition, make it local, or mark one .weak",
  },
  "link-undefined": { severity: "error", message: "{name} is undefined", help: "{advice}" },
  "link-common": {
    severity: "error",
    message: "{name} is a tentative definition (common symbol), which the final link cannot place yet",
    help: "compile with -fno-common, or define it in .bss",
  },
  "link-dropped": { severity: "error", message: "{name} is in a section that is not part of the link" },
  "link-range": {
    severity: "error",
    message: "{name} is {distance} slots away, too far for the field {field}",
    help: "use a long jump (gotol) or move the code",
  },
} as const;
