/** Messages of the `bytes` room: reads and conversions that do not fit. */

export const bytesMessages = {
  "bytes-truncated": {
    severity: "error",
    message: "{what} needs {needed} bytes, but only {available} are left",
    help: "the file is truncated or an offset in it is wrong",
  },
  "bytes-too-large": {
    severity: "error",
    message: "{what} is {value}, more than {limit}",
    help: "the number cannot be an offset, a size or a count in a file of this size",
  },
  "bytes-unterminated": {
    severity: "error",
    message: "{what} is not terminated by a NUL byte",
    help: "the string table is truncated or the string's offset is wrong",
  },
} as const;
