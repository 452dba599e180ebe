/** Spellings of options that commander does not read: rewritten before it sees them. */

/** `-Werror` and `-Wno-CODE` are long options in short clothes. */
export function longWarnings(args: readonly string[]): string[] {
  return args.flatMap((arg) => {
    if (arg === "-Werror") return ["--fatal-warnings"];
    return arg.startsWith("-Wno-") ? ["--silence", arg.slice("-Wno-".length)] : [arg];
  });
}

/** `--cfg` alone means `--cfg=svg`: commander would take the file behind it for the format. */
export function withChoice(args: readonly string[]): string[] {
  const isBare = (i: number): boolean => args[i] === "--cfg" && args[i + 1] !== "svg" && args[i + 1] !== "dot";
  return args.map((each, i) => (isBare(i) ? "--cfg=svg" : each));
}
