/** Messages of the `copy` room. */

export const copyMessages = {
  "copy-symbol-number": {
    severity: "error",
    message: "{what} refers to symbol {number}, which does not exist",
    help: "the file is damaged: a tool dropped symbols without renumbering",
  },
  "copy-needed": {
    severity: "error",
    message: "{name} cannot be removed: {by} refers to it",
    help: "remove what refers to it, too, or keep it",
  },
  "copy-section": {
    severity: "error",
    message: "section {name} cannot be changed so: {what}",
    help: "bpfkit readelf -S lists the sections",
  },
  "copy-duplicate": {
    severity: "error",
    message: "{name} would be defined twice",
    help: "choose another new name, or make one of them local",
  },
  "copy-pattern": {
    severity: "error",
    message: "{pattern} is no pattern",
    help: "a range in brackets goes from the lower to the higher character",
  },
  "copy-linked": {
    severity: "error",
    message: "the file is linked: what its segments load cannot be taken out",
    help: "make companions for debuggers of the objects that were linked",
  },
  "copy-raw": {
    severity: "error",
    message: "the loaded bytes cannot be written out: {what}",
    help: "choose one section with -j, as in objcopy -O binary -j xdp prog.o prog.bin",
  },
  "copy-thin": {
    severity: "error",
    message: "the archive is thin: it only names {name}",
    help: "copy the files it names",
  },
} as const;
