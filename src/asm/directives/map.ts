/** `.map NAME, type=hash, key=u32, value=struct v, max_entries=256`: a map that loaders find by its type in .BTF. */
import { parseCType, cSize, mapVariableSize, type BtfMapDefinition } from "../../btf/index.js";
import { alignUp } from "../../bytes/index.js";
import { nearest } from "../../diag/index.js";
import { MapType } from "../../isa/index.js";
import { noFlags } from "../../object/index.js";
import { textOfTokens } from "../typed/c-text.js";
import { allowed, define } from "./typed.js";
import type { Run } from "../run.js";
import { comma } from "../text/scan.js";
import { reserve } from "../output/sections.js";
import { packed, Token } from "../text/tokens.js";
import type { MapContent, MapItem, MapStatement } from "../typed/typed.js";

const equals = packed("=");
const opens = packed("{");
const closes = packed("}");
const prefix = "BPF_MAP_TYPE_";

/** Other words for the options of libbpf's macros. */
const aliases: Readonly<Record<string, string>> = { flags: "map_flags", extra: "map_extra" };
const optionNames: readonly string[] =
  "type key value key_size value_size max_entries map_flags map_extra numa_node pinning inner values".split(" ");

/** Map flags by name (linux/bpf.h): what `flags=` may say besides numbers. */
const flagNames: Readonly<Record<string, number>> = {
  BPF_F_NO_PREALLOC: 1,
  BPF_F_NO_COMMON_LRU: 2,
  BPF_F_NUMA_NODE: 4,
  BPF_F_RDONLY: 8,
  BPF_F_WRONLY: 16,
  BPF_F_STACK_BUILD_ID: 32,
  BPF_F_ZERO_SEED: 64,
  BPF_F_RDONLY_PROG: 128,
  BPF_F_WRONLY_PROG: 256,
  BPF_F_CLONE: 512,
  BPF_F_MMAPABLE: 1024,
  BPF_F_PRESERVE_ELEMS: 2048,
  BPF_F_INNER_MAP: 4096,
  BPF_F_LINK: 8192,
};

/** An option as it stands: its name's token, and its value's tokens up to `end`. */
interface Option {
  readonly name: string;
  readonly at: number;
  readonly first: number;
  readonly end: number;
}

export function map(run: Run): void {
  const { tokens, sections, typed } = run;
  if (!allowed(run, ".map")) return;
  const name = run.name(1);
  if (name === undefined) return;
  if (!tokens.is(2, comma)) return run.expected("`,` and the options of the map", 2);
  const statement = readMap(run, name, 3, tokens.count, undefined);
  if (statement === undefined) return;
  sections.push(sections.open(".maps", { ...noFlags, alloc: true, write: true }, "progbits"));
  const section = sections.current;
  reserve(section, alignUp(section.size, 8) - section.size);
  const symbol = run.symbols.get(tokens.value[1]!, tokens.start[1]!);
  if (define(run, symbol, 1)) {
    const { values = [] } = statement;
    const members = mapVariableSize(definitionOf(statement, () => 1));
    const size = members + 8 * values.length;
    const start = reserve(section, size) + members;
    values.forEach(({ tree, at, end }, i) => {
      if (tree === undefined) return;
      section.fixups.push({ kind: "data64", offset: start + 8 * i, expression: tree, at, end });
    });
    section.align = Math.max(section.align, 8);
    symbol.type = "object";
    if (symbol.binding === "local" && !symbol.kept) symbol.binding = "global";
    symbol.size = { kind: "number", value: BigInt(size) };
    typed.maps.push({ ...statement, symbol });
    const missing = missingOf(statement);
    if (missing !== "") run.errorAt("asm-map-incomplete", { name, missing }, 1);
  }
  sections.pop();
}

/** What `statement` is in BTF; `idOf` gives the ids of types. */
export function definitionOf(
  statement: MapStatement,
  idOf: (type: Exclude<MapItem, number>) => number,
): BtfMapDefinition {
  const { name, type, key, value, maxEntries, flags, extra, numaNode, pinning, inner, values } = statement;
  const id = (item: MapItem): number => (typeof item === "number" ? 0 : idOf(item));
  const size = (item: MapItem): number => (typeof item === "number" ? item : cSize(item)!);
  return {
    name,
    offset: 0,
    size: 0,
    type,
    keySize: size(key),
    valueSize: size(value),
    maxEntries,
    flags,
    extra,
    pinning: pinning ? "by-name" : "none",
    numaNode,
    keyTypeId: id(key),
    valueTypeId: id(value),
    inner: inner === undefined ? undefined : definitionOf(inner, idOf),
    programs: inner === undefined && values !== undefined,
  };
}

/** Splits the options between the tokens `from` and `to`; undefined after an error. */
function split(run: Run, from: number, to: number): Option[] | undefined {
  const { tokens } = run;
  const options: Option[] = [];
  for (let at = from; at < to;) {
    const word = run.name(at);
    if (word === undefined) return undefined;
    const name = aliases[word] ?? word;
    if (!optionNames.includes(name)) {
      const guess = nearest(name, optionNames);
      if (guess === undefined) run.errorAt("asm-map-option", { name, known: optionNames.join(", ") }, at);
      else run.errorAt("asm-map-option-near", { name, guess }, at);
      return undefined;
    }
    // `key` and `key_size` are two ways to say one thing.
    const same = options.find((each) => each.name.replace("_size", "") === name.replace("_size", ""));
    if (same !== undefined) {
      run.errorAt("asm-map-option-twice", { name }, at);
      return undefined;
    }
    if (!tokens.is(at + 1, equals)) {
      run.expected("`=`", at + 1);
      return undefined;
    }
    let end = at + 2;
    for (let depth = 0; end < to && (depth > 0 || !tokens.is(end, comma)); end++) {
      if (tokens.is(end, opens) || tokens.is(end, packed("("))) depth++;
      else if (tokens.is(end, closes) || tokens.is(end, packed(")"))) depth--;
    }
    if (end === at + 2) {
      run.expected("a value", end);
      return undefined;
    }
    options.push({ name, at, first: at + 2, end });
    at = end + 1;
    if (end < to && at >= to) {
      run.expected("an option of the map", at);
      return undefined;
    }
  }
  return options;
}

function readMap(
  run: Run,
  name: string,
  from: number,
  to: number,
  outer: string | undefined,
): MapStatement | undefined {
  const options = split(run, from, to);
  if (options === undefined) return undefined;
  const find = (option: string): Option | undefined => options.find((each) => each.name === option);
  const type = mapType(run, name, find("type"));
  const key = item(run, find("key") ?? find("key_size"));
  const value = item(run, find("value") ?? find("value_size"));
  const number = (option: string): number | undefined => {
    const found = find(option);
    return found === undefined ? 0 : constant(run, found, option === "map_flags");
  };
  const maxEntries = number("max_entries");
  const flags = number("map_flags");
  const extra = number("map_extra");
  const numaNode = number("numa_node");
  const pinning = pinned(run, find("pinning"));
  const known = type !== undefined && key !== undefined && value !== undefined && pinning !== undefined;
  if (!known || maxEntries === undefined || flags === undefined || extra === undefined || numaNode === undefined) {
    return undefined;
  }
  const contents = find("values");
  const programs = contents !== undefined && type === MapType.BPF_MAP_TYPE_PROG_ARRAY;
  const values = contents === undefined ? undefined : readValues(run, contents);
  if (contents !== undefined && values === undefined) return undefined;
  if (contents !== undefined && !programs && find("inner") === undefined) {
    run.errorAt("asm-map-inner", { option: "values", type }, contents.at);
    return undefined;
  }
  const given = find("inner");
  let inner: MapStatement | undefined;
  if (given !== undefined) {
    const maps = type === MapType.BPF_MAP_TYPE_ARRAY_OF_MAPS || type === MapType.BPF_MAP_TYPE_HASH_OF_MAPS;
    if (outer !== undefined || !maps) {
      run.errorAt("asm-map-inner", { option: "inner", type }, given.at);
      return undefined;
    }
    if (!run.tokens.is(given.first, opens) || !run.tokens.is(given.end - 1, closes)) {
      run.expected("`{` and the options of the inner maps", given.first);
      return undefined;
    }
    inner = readMap(run, `${name}.inner`, given.first + 1, given.end - 1, name);
    if (inner === undefined) return undefined;
  }
  return {
    name,
    type,
    key,
    // A map of maps holds their ids.
    value: inner === undefined && !programs ? value : 4,
    maxEntries,
    flags: numaNode === 0 ? flags : flags | flagNames["BPF_F_NUMA_NODE"]!,
    extra: BigInt(extra),
    numaNode,
    pinning,
    inner,
    values,
  };
}

/** Maps of entries with keys and values: the kernel makes them with nothing less. */
const keyed: ReadonlySet<number> = new Set([
  MapType.BPF_MAP_TYPE_HASH,
  MapType.BPF_MAP_TYPE_ARRAY,
  MapType.BPF_MAP_TYPE_PERCPU_HASH,
  MapType.BPF_MAP_TYPE_PERCPU_ARRAY,
  MapType.BPF_MAP_TYPE_LRU_HASH,
  MapType.BPF_MAP_TYPE_LRU_PERCPU_HASH,
  MapType.BPF_MAP_TYPE_LPM_TRIE,
]);

/** The options without which the kernel does not make the map. */
function missingOf({ type, key, value, maxEntries }: MapStatement): string {
  const entries = maxEntries === 0 ? ["`max_entries`"] : [];
  if (type === MapType.BPF_MAP_TYPE_RINGBUF) return entries.join("");
  if (!keyed.has(type)) return "";
  return [...(key === 0 ? ["`key`"] : []), ...(value === 0 ? ["`value`"] : []), ...entries].join(", ");
}

/** `{ first, 0, third }`: names of maps or programs. */
function readValues(run: Run, { first, end }: Option): MapContent[] | undefined {
  const { tokens, expressions } = run;
  if (!tokens.is(first, opens) || !tokens.is(end - 1, closes)) {
    run.expected("`{` and the maps or programs that are in the map", first);
    return undefined;
  }
  const values: MapContent[] = [];
  for (let at = first + 1; at < end - 1;) {
    const next = run.expression(at);
    if (next < 0) return undefined;
    if (expressions.tree === undefined && expressions.number !== 0) {
      run.expected("a map, a program or 0", at);
      return undefined;
    }
    values.push({ tree: expressions.tree, at: tokens.start[at]!, end: tokens.end[next - 1]! });
    if (next < end - 1 && !tokens.is(next, comma)) {
      run.expected("`,` or `}`", next);
      return undefined;
    }
    at = next + 1;
  }
  return values;
}

/** `hash`, `BPF_MAP_TYPE_HASH` or a number. */
function mapType(run: Run, name: string, option: Option | undefined): number | undefined {
  if (option === undefined) {
    run.errorAt("asm-map-missing", { name, option: "type" }, 1);
    return undefined;
  }
  const { tokens } = run;
  if (tokens.kind[option.first] !== Token.word) return constant(run, option, false);
  const word = run.name(option.first)!;
  if (!run.ends(option.end === option.first + 1 ? tokens.count : option.first + 1)) return undefined;
  const upper = word.toUpperCase();
  const full = upper.startsWith(prefix) ? upper : prefix + upper;
  if (Object.hasOwn(MapType, full)) return MapType[full as keyof typeof MapType];
  const guess = nearest(
    full.slice(prefix.length).toLowerCase(),
    Object.keys(MapType).map((each) => each.slice(prefix.length).toLowerCase()),
  );
  if (guess === undefined) run.errorAt("asm-map-type", { type: word }, option.first);
  else run.errorAt("asm-map-type-near", { type: word, guess }, option.first);
  return undefined;
}

/** A size in bytes or a C type; 0 where it is not given. */
function item(run: Run, option: Option | undefined): MapItem | undefined {
  if (option === undefined) return 0;
  const { tokens, typed } = run;
  const { first, end } = option;
  const kind = tokens.kind[first];
  const constantWord = kind === Token.word && end === first + 1 && typed.constant(run.name(first)!) !== undefined;
  if ((kind !== Token.word && kind !== Token.string) || constantWord) return constant(run, option, false);
  const text = textOfTokens(run, first, end);
  if (text === undefined) return undefined;
  const report = text.report(run);
  const type = parseCType(text.text, typed.scope, report);
  if (type === undefined) return undefined;
  const size = cSize(type);
  if (size !== undefined && size > 0) return type;
  report("ctype-incomplete", { what: `the map's ${option.name}` }, 0, text.text.trimEnd().length);
  return undefined;
}

function constant(run: Run, { first, end }: Option, flags: boolean): number | undefined {
  if (flags && run.tokens.kind[first] === Token.word) return flagBits(run, first, end);
  const { value, next } = run.constant(first, "an option of a map", 0, 0xffff_ffff);
  if (Number.isNaN(value)) return undefined;
  if (next < end) {
    run.expected("`,`", next);
    return undefined;
  }
  return value;
}

/** `BPF_F_NO_PREALLOC | BPF_F_MMAPABLE` */
function flagBits(run: Run, first: number, end: number): number | undefined {
  let bits = 0;
  for (let at = first; at < end; at += 2) {
    const word = run.name(at);
    if (word === undefined) return undefined;
    const bit = Object.hasOwn(flagNames, word) ? flagNames[word] : run.typed.constant(word);
    if (bit === undefined) {
      run.expected(Object.keys(flagNames).slice(0, 4).join(", ") + " …", at);
      return undefined;
    }
    bits |= Number(bit);
    if (at + 1 < end && !run.tokens.is(at + 1, packed("|"))) {
      run.expected("`|` or `,`", at + 1);
      return undefined;
    }
  }
  return bits >>> 0;
}

/** `by_name` or `none`; libbpf's names of the two, too. */
function pinned(run: Run, option: Option | undefined): boolean | undefined {
  if (option === undefined) return false;
  const word = run.tokens.kind[option.first] === Token.word ? run.name(option.first)!.toLowerCase() : "";
  const bare = word.replace(/^libbpf_pin_/, "");
  if (bare === "by_name" || bare === "none") return bare === "by_name";
  run.expected("`by_name` or `none`", option.first);
  return undefined;
}
