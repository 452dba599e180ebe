/** Spellings of options that commander does not read: rewritten before it sees them. */

/** Options of GNU as and llvm-mc for the machine, in our words. */
const machine: Readonly<Record<string, readonly string[]>> = {
  "-EB": ["--EB"],
  "-EL": ["--EL"],
  "-mbig-endian": ["--EB"],
  "-mlittle-endian": ["--EL"],
  "-mdialect=normal": ["--syntax", "gnu"],
  "-mdialect=pseudoc": ["--syntax", "pseudoc"],
  "-mno-relax": ["--no-relax"],
};

/** Options of the peers that say what is so here anyway. */
const usual: ReadonlySet<string> = new Set(
  (
    "-filetype=obj --filetype=obj -no-pad-sections --noexecstack --nocompress-debug-sections --warn -w -X -f -nocpp " +
    "--traditional-format --reduce-memory-overheads -mattr=+alu32 -mattr=-alu32 -v -Qy -Qn -mxbpf -misa-spec=xbpf " +
    "-mcpu=generic -mcpu=probe"
  ).split(" "),
);
const bigTriple = /^(?:-triple=|--triple=|-arch=)?bpfeb(?:-.*)?$/;
const littleTriple = /^(?:-triple=|--triple=|-arch=)?bpf(?:el)?(?:-.*)?$/;

/** `-Werror`, `-Wno-CODE`, `-mcpu=v3` and the like are long options in short clothes. */
export function longOptions(args: readonly string[]): string[] {
  return args.flatMap((arg, i) => {
    if (usual.has(arg)) return [];
    // llvm-mc's machine, in one word or in two.
    const isTriple = /^--?triple$/.test(args[i - 1] ?? "");
    if (/^--?triple$/.test(arg)) return [];
    if (isTriple || /^-(?:-?triple|arch)=/.test(arg)) {
      if (bigTriple.test(arg)) return ["--EB"];
      if (littleTriple.test(arg)) return ["--EL"];
    }
    const level = /^-m(?:cpu|isa-spec)=(.*)$/.exec(arg)?.[1];
    if (level !== undefined) return ["--isa", level];
    if (arg === "-Werror") return ["--fatal-warnings"];
    const dwarf = /^-{1,2}gdwarf-([45])$/.exec(arg);
    if (dwarf !== null) return ["--gen-debug", "--dwarf", dwarf[1]!];
    const listing = /^-a([a-z]*)(=.*)?$/.exec(arg);
    if (listing !== null) return [`--listing=${listing[1] || "ls"}${listing[2] ?? ""}`];
    const words = Object.hasOwn(machine, arg) ? machine[arg] : undefined;
    if (words !== undefined) return words;
    return arg.startsWith("-Wno-") ? ["--silence", arg.slice("-Wno-".length)] : [arg];
  });
}

/** `--cfg` alone means `--cfg=svg`: commander would take the file behind it for the format. */
export function withChoice(args: readonly string[]): string[] {
  const isBare = (i: number): boolean => /^--c(fg?)?$/.test(args[i]!) && args[i + 1] !== "svg" && args[i + 1] !== "dot";
  return args.map((each, i) => (isBare(i) ? "--cfg=svg" : each));
}
