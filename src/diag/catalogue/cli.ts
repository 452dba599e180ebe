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
} as const;
