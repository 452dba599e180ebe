/** Messages of the `cli` room. */

export const cliMessages = {
  "file-not-read": {
    severity: "error",
    message: "cannot read {path}: {reason}",
    help: "check the path; `-` reads standard input",
  },
  "file-not-written": {
    severity: "error",
    message: "cannot write {path}: {reason}",
    help: "check the path and its folder; nothing was written there, and `-` writes to standard output",
  },
  "cli-program": {
    severity: "error",
    message: "expected {wanted}; the object's programs: {names}",
    help: "name one with --program; a program is a global function in a section other than .text",
  },
  "cli-update": {
    severity: "error",
    message: "--update {found} is not map:key=value with key and value in hex",
    help: "for example --update counters:00000000=0000000000000000",
  },
  "cli-update-refused": {
    severity: "error",
    message: "map {map} refused the update with {errno}",
    help: "-7 (E2BIG): the map is full or the index too large; -22 (EINVAL): key or value has the wrong size",
  },
  "cli-section": {
    severity: "error",
    message: "{file} has no section {name}",
    help: "bpfkit objdump -h lists its sections",
  },
  "cli-no-btf": {
    severity: "error",
    message: "{file} has no types: {what}",
    help: "{help}",
  },
  "cli-symbol": {
    severity: "error",
    message: "no file has a symbol {name}",
    help: "bpfkit nm lists the symbols",
  },
  "cli-function": {
    severity: "error",
    message: "there is nothing to draw: {reason}",
    help: "bpfkit nm lists the functions; --function takes a name as it stands there",
  },
  "cli-graph-size": {
    severity: "error",
    message: "{what} has {blocks} blocks, more than the {limit} that can be drawn",
    help: "--cfg=dot writes the graph for Graphviz, --cfg --json the facts, and --function draws another one",
  },
  "cli-usage": { severity: "error", message: "{message}", help: "{help}" },
} as const;
