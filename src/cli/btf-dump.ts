/** `bpfkit btf dump`: the types of a BTF in four formats. */
import { formatRawType, writeC, writeJson, writeRaw, writeTypeScript, type Btf } from "../btf/index.js";
import { failure, nearest } from "../diag/index.js";
import type { LoadedName } from "../kernel/index.js";
import { openBtf } from "./btf-open.js";
import { put } from "./output.js";
import { usage } from "./report.js";

type Format = "raw" | "c" | "ts" | "json";

interface Options {
  readonly format?: Format;
  readonly base?: string;
  readonly type: readonly string[];
  readonly rootId: readonly string[];
  readonly json?: boolean;
}

interface Request {
  readonly file: string;
  /** Instead of a file, what the kernel holds. */
  readonly loaded: LoadedName | undefined;
  /** Of a map, the types of its keys or values alone. */
  readonly part: string;
  readonly format: Format;
  readonly rootIds: readonly string[];
}

const formats: readonly string[] = ["raw", "c", "ts", "json"];

const selectors: Readonly<Record<string, readonly string[]>> = {
  prog: ["id", "name", "pinned", "tag"],
  map: ["id", "name", "pinned"],
};
const mapParts = ["key", "value", "kv", "all"];

/** `id N`, `prog id N`, `map pinned FILE` and the like, taken off `rest`; undefined where the words name a file. */
function loadedName(rest: string[]): LoadedName | undefined {
  const [first = "", second = ""] = rest;
  // A number is asked for by its digits: there may be a file of that name.
  if (first === "id" && /^\d+$/.test(second)) return { of: "btf", by: "id", value: rest.splice(0, 2)[1]! };
  if (rest.length < 3 || selectors[first]?.includes(second) !== true) return undefined;
  const [of, by, value] = rest.splice(0, 3) as [LoadedName["of"], LoadedName["by"], string];
  return { of, by, value };
}

/** What the words ask for: one file, or the grammar of bpftool. Undefined when it is neither. */
function request(words: readonly string[], options: Options): Request | undefined {
  const rest = words.length > 1 && words[0] === "file" ? words.slice(1) : [...words];
  const loaded = words[0] === "file" ? undefined : loadedName(rest);
  const file = loaded === undefined ? rest.shift()! : "";
  const part = loaded?.of === "map" && mapParts.includes(rest[0] ?? "") ? rest.shift()! : "kv";
  const rootIds = [...options.rootId];
  let format: string = options.format ?? (options.json === true ? "json" : "raw");
  while (rest.length > 0) {
    const word = rest.shift()!;
    if (word === "format" && formats.includes(rest[0] ?? "")) format = rest.shift()!;
    else if (word === "root_id" && rest.length > 0) rootIds.push(rest.shift()!);
    // Types are written in the order of their numbers in any case.
    else if (word !== "unsorted") return undefined;
  }
  return { file, loaded, part, format: format as Format, rootIds };
}

/** The numbers of the types asked for; undefined for all. Throws `btf-not-found`, `btf-type-id`. */
function rootsOf(btf: Btf, names: readonly string[], ids: readonly string[]): number[] | undefined {
  if (names.length + ids.length === 0) return undefined;
  const roots: number[] = [];
  for (const text of ids) {
    const id = /^\d{1,10}$/.test(text) ? Number(text) : -1;
    btf.owner(id, "--root-id");
    roots.push(id);
  }
  for (const name of names) {
    const found = [...btf.findAll(name)];
    if (found.length === 0) {
      const all = Array.from({ length: btf.typeCount - 1 }, (_, i) => btf.name(i + 1));
      const near = nearest(name, new Set(all));
      throw failure("btf-not-found", { name, suggestion: near === undefined ? "" : `; did you mean ${near}?` });
    }
    roots.push(...found);
  }
  return roots;
}

/** The BTF that is asked for; of a map, the types of its keys and values, too. */
async function openAsked({ file, loaded: name, part }: Request, base: string | undefined) {
  if (name === undefined) return { btf: await openBtf(file, base), mapTypes: [] };
  const { openLoaded } = await import("./btf-loaded.js");
  const { btf, loaded } = await openLoaded(name, base);
  const keys = part === "key" || part === "kv" ? loaded.keyTypes : [];
  const values = part === "value" || part === "kv" ? loaded.valueTypes : [];
  return { btf, mapTypes: [...keys, ...values] };
}

/** Text is handed on in large pieces: a write of each line would cost more than making it. */
function joined(write: (text: string) => void): { readonly put: (text: string) => void; readonly end: () => void } {
  let parts: string[] = [];
  let size = 0;
  const end = (): void => {
    write(parts.join(""));
    parts = [];
    size = 0;
  };
  return {
    put(text) {
      parts.push(text);
      size += text.length;
      if (size > 1 << 16) end();
    },
    end,
  };
}

export async function run(words: readonly string[], given: object): Promise<void> {
  const options = given as Options;
  const asked = request(words, options);
  if (asked === undefined) {
    return usage(`these words are not understood: ${words.join(" ")}`, "bpfkit btf dump --help shows the grammar");
  }
  const { btf, mapTypes } = await openAsked(asked, options.base);
  const roots = rootsOf(btf, options.type, [...asked.rootIds, ...mapTypes.map(String)]);
  if (asked.format === "raw" && roots === undefined) {
    writeRaw(btf, put);
    return;
  }
  const out = joined(put);
  switch (asked.format) {
    case "raw":
      for (const id of roots!) out.put(`${formatRawType(btf, id)}\n`);
      break;
    case "json":
      writeJson(btf, roots, out.put);
      break;
    case "c":
      writeC(btf, { roots }, out.put);
      break;
    case "ts":
      writeTypeScript(btf, { roots }, out.put);
      break;
  }
  out.end();
}
