/** `bpfkit btf dump`: the types of a BTF in four formats. */
import { formatRawType, writeC, writeJson, writeRaw, writeTypeScript, type Btf } from "../btf/index.js";
import { failure, nearest } from "../diag/index.js";
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
  readonly format: Format;
  readonly rootIds: readonly string[];
}

const formats: readonly string[] = ["raw", "c", "ts", "json"];

/** What the words ask for: one file, or the grammar of bpftool. Undefined when it is neither. */
function request(words: readonly string[], options: Options): Request | undefined {
  const rest = words.length > 1 && words[0] === "file" ? words.slice(1) : [...words];
  const file = rest.shift()!;
  const rootIds = [...options.rootId];
  let format: string = options.format ?? (options.json === true ? "json" : "raw");
  while (rest.length > 0) {
    const word = rest.shift()!;
    if (word === "format" && formats.includes(rest[0] ?? "")) format = rest.shift()!;
    else if (word === "root_id" && rest.length > 0) rootIds.push(rest.shift()!);
    // Types are written in the order of their numbers in any case.
    else if (word !== "unsorted") return undefined;
  }
  return { file, format: format as Format, rootIds };
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
  const btf = await openBtf(asked.file, options.base);
  const roots = rootsOf(btf, options.type, asked.rootIds);
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
