/**
 * Options that hands and scripts have from GNU ld and lld: those that are ours in other words, those that say what is so here
 * anyway, and what to use instead of the others.
 */

/** Theirs in our words. */
const ours: ReadonlyMap<string, string> = new Map([
  ["-i", "-r"],
  ["-Ur", "-r"],
  ["-dc", "-d"],
  ["-dp", "-d"],
  ["-M", "--Map=-"],
  ["--print-map", "--Map=-"],
  ["-S", "--no-keep-debug"],
  ["--strip-debug", "--no-keep-debug"],
  ["--icf=all", "--icf"],
  ["--icf=safe", "--icf"],
  ["--icf=none", "--no-icf"],
  ["-zmuldefs", "--allow-multiple-definition"],
]);

/** What is so here anyway: no pages, no shared libraries, no end of errors. */
const usual: ReadonlySet<string> = new Set(
  (
    "-g -n -N -O -O0 -O1 -O2 -O3 -Bstatic -dn -melf64bpf -zdefs -znoexecstack -znorelro --nmagic --omagic --no-omagic --static " +
    "--non_shared --nostdlib --no-pie --no-undefined --error-unresolved-symbols --no-export-dynamic --strip-discarded --as-needed " +
    "--no-as-needed --demangle --no-demangle --color-diagnostics --threads --no-threads --check-sections --no-check-sections " +
    "--no-keep-memory --reduce-memory-overheads --warn-once --no-warn-mismatch --eh-frame-hdr"
  ).split(" "),
);
const usualWithValue =
  /^(?:-z(?:max|common)-page-size|--(?:threads|error-limit|hash-style|demangle|color-diagnostics|build-id=none$))/;

const noLoader = "BPF's loaders join no files: give all objects and archives to the link";
const byteOrder = "the linked object has the byte order of its inputs";
const names = "--export PATTERN makes all other definitions local, --localize PATTERN those that it names";
const open = "-r keeps undefined symbols for a later link, --defsym NAME=0 gives one a value";
const facts = "-Map says what came from where and what was dropped, -y NAME who defines a name and who uses it";
const order = "contributions stand in the order of the inputs";
const noAddresses = "code and data have no addresses before they are loaded";

const binary = "a file's bytes become an object by .incbin, in a section of a text for bpfkit as";

/** The others, by what is meant by them. */
export const instead: Readonly<Record<string, string>> = {
  "-T": "sections of one name are joined, without a script; -u NAME keeps what --gc-sections would drop",
  "--script": "sections of one name are joined, without a script; -u NAME keeps what --gc-sections would drop",
  "--section-start": noAddresses,
  "--image-base": noAddresses,
  "--version-script": names,
  "--dynamic-list": names,
  "--export-dynamic-symbol": names,
  "--export-dynamic-symbol-list": names,
  "-s": "loaders read the symbols; bpfkit strip takes out what they do not",
  "--strip-all": "loaders read the symbols; bpfkit strip takes out what they do not",
  "-x": "--retain-symbols-file keeps what its file names; bpfkit objcopy has -x",
  "-X": "--retain-symbols-file keeps what its file names; bpfkit objcopy has -X",
  "--discard-all": "--retain-symbols-file keeps what its file names; bpfkit objcopy has -x",
  "--discard-locals": "--retain-symbols-file keeps what its file names; bpfkit objcopy has -X",
  "-q": "the references that loaders resolve stay; -r keeps those that links resolve, too",
  "--emit-relocs": "the references that loaders resolve stay; -r keeps those that links resolve, too",
  "-R": "--defsym NAME=VALUE defines a symbol",
  "--just-symbols": "--defsym NAME=VALUE defines a symbol",
  "-E": noLoader,
  "-I": noLoader,
  "--export-dynamic": noLoader,
  "--shared": noLoader,
  "--pie": noLoader,
  "--soname": noLoader,
  "--rpath": noLoader,
  "--rpath-link": noLoader,
  "--dynamic-linker": noLoader,
  "-B": noLoader,
  "-EB": byteOrder,
  "-EL": byteOrder,
  "-b": binary,
  "--format": binary,
  "--oformat": byteOrder,
  "-m": "the only emulation is elf64bpf",
  "-z": "the keywords that mean something here are defs and muldefs",
  "--unresolved-symbols": open,
  "--warn-unresolved-symbols": open,
  "--ignore-unresolved-symbol": open,
  "--allow-undefined": open,
  "--noinhibit-exec": open,
  "-t": facts,
  "--trace": facts,
  "--cref": facts,
  "--why-extract": facts,
  "--warn-common": facts,
  "--print-icf-sections": facts,
  "--keep-unique": "--icf leaves functions as they are whose address something takes",
  "--build-id": "linked objects have no build id: the kernel knows programs by the tag of their code",
  "-v": "--version prints the version",
  "-V": "--version prints the version",
  "--verbose": facts,
  "--unique": order,
  "--sort-section": order,
  "--symbol-ordering-file": order,
  "--orphan-handling": order,
  "--plugin": "compile LLVM bitcode to objects first: llvm-link joins it, llc compiles it",
  "--plugin-opt": "compile LLVM bitcode to objects first: llvm-link joins it, llc compiles it",
  "--init": "programs run where loaders attach them",
  "--fini": "programs run where loaders attach them",
};

/** Options that their linkers have in the contrary as well. */
export const contraries: readonly string[] = [
  "--no-gc-sections",
  "--no-print-gc-sections",
  "--no-icf",
  "--no-relax",
  "--no-allow-multiple-definition",
  "--no-define-common",
  "--no-keep-debug",
  "--no-fatal-warnings",
];

/** Options whose keyword is part of the word here, and may be the next word there. */
const keyed: ReadonlySet<string> = new Set(["-z", "-m"]);

/** `words` in our words; `longs` are the long options. Values of options are left alone where they do not look like options. */
export function respelt(words: readonly string[], longs: readonly string[]): string[] {
  const long = new Set([...longs, ...usual, ...Object.keys(instead), ...ours.keys()]);
  const made: string[] = [];
  for (let i = 0; i < words.length; i++) {
    let word = words[i]!;
    if (!word.startsWith("-")) {
      made.push(word);
      continue;
    }
    if (word === "--") return [...made, ...words.slice(i)];
    if (keyed.has(word)) word += words[++i] ?? "";
    // Their long options may have one dash; -o takes what follows.
    const [name = ""] = word.split("=", 1);
    if (/^-[^-o]./.test(word) && long.has(`-${name}`)) word = `-${word}`;
    word = ours.get(word) ?? word;
    if (!usual.has(word) && !usualWithValue.test(word)) made.push(word);
  }
  return made;
}
