/**
 * Pass: what objects declare must be what another one defines. Types that the merge found equal are not looked at again; the
 * others are compared as C sees them: layouts that differ are errors, meanings that differ are warnings.
 */
import {
  BtfKind,
  compareTypes,
  infoKind,
  infoVlen,
  readMapDefinitions,
  type Btf,
  type BtfMapDefinition,
  type TypeDifference,
} from "../btf/index.js";
import { BpfkitError, diagnostic, type Note } from "../diag/index.js";
import { globalNamed, type Context, type Global, type Input } from "./context.js";
import { declaration } from "./declare.js";
import { placeOfSymbol } from "./where.js";
import type { JoinedPart, Types } from "./type-merge.js";
import { typesOf } from "./type-read.js";

/** One side of a comparison: whose declaration, and its id in that input's types. */
interface Side {
  readonly input: Input;
  readonly id: number;
}

/** A row of the table that is shown: what differs, and how it is on both sides. */
interface Row {
  readonly what: string;
  readonly left: string;
  readonly right: string;
  readonly layout: boolean;
}

const words: Readonly<Record<string, string>> = {
  "member-count": "members",
  "member-name": "name of a member",
  "member-offset": "offset in bits",
  "bitfield-size": "width in bits",
  "array-length": "elements",
  params: "parameters",
};

function rowOf({ what, path, left, right, layout }: TypeDifference): Row {
  const named = words[what] ?? what;
  return { what: path === "" ? named : `${path}: ${named}`, left, right, layout };
}

/** An array of no stated length is any length. */
function matters({ what, left, right }: TypeDifference): boolean {
  return what !== "linkage" && !(what === "array-length" && (left === "0" || right === "0"));
}

export function checkTypes(context: Context): void {
  const { types, inputs } = context;
  if (types === undefined) return;
  const { declared } = types;
  const maps = new MapDefinitions();
  for (const input of inputs) {
    const own = types.byInput[input.number];
    if (own === undefined) continue;
    let sections: ReadonlyMap<number, string> | undefined;
    for (let i = own.from; i < own.end; i++) {
      const number = declared.names[i]!;
      const owner = inputs[declared.owners[number]!]!;
      if (owner === input) continue;
      const id = declared.own[i]!;
      sections ??= sectionsOf(own);
      const stands: Side = { input: owner, id: declared.ids[number]! };
      checkSection(context, declared.global(number), input, sections.get(id));
      if (isSame(types, stands, { input, id })) continue;
      const rows = sections.get(id) === ".maps" ? maps.compare(stands, { input, id }) : undefined;
      const found =
        rows ??
        compareTypes(typesOf(owner)!.btf, stands.id, typesOf(input)!.btf, id)
          .filter(matters)
          .map((each) => rowOf(each));
      if (found.length > 0) show(context, declared.text(number), stands, { input, id }, found);
    }
  }
}

/** The data sections of an input's variables. */
function sectionsOf({ variables }: JoinedPart): ReadonlyMap<number, string> {
  const sections = new Map<number, string>();
  for (const [name, list] of variables) for (const { id } of list) sections.set(id, name);
  return sections;
}

/** Did the merge find the two declarations to be of the same type? That of prototypes is the same whatever parameters are called. */
function isSame(types: Types, left: Side, right: Side): boolean {
  const { words, starts, ids, byInput } = types;
  const at = ({ input, id }: Side): number => starts[id + byInput[input.number]!.shift - 1]!;
  const [x, y] = [at(left), at(right)];
  if (infoKind(words[x + 1]!) !== infoKind(words[y + 1]!)) return false;
  // Variables and functions both: the third word is the type.
  const [one, other] = [ids[words[x + 2]!]!, ids[words[y + 2]!]!];
  return one === other || isSamePrototype(types.btf, one, other);
}

function isSamePrototype({ words, starts }: Btf, one: number, other: number): boolean {
  if (one === 0 || other === 0) return false;
  const [a, b] = [starts[one - 1]!, starts[other - 1]!];
  const info = words[a + 1]!;
  if (infoKind(info) !== BtfKind.BTF_KIND_FUNC_PROTO || words[b + 1] !== info || words[a + 2] !== words[b + 2])
    return false;
  for (let i = 0, at = 4; i < infoVlen(info); i++, at += 2) if (words[a + at] !== words[b + at]) return false;
  return true;
}

/** A declaration that names a section must name the definition's. */
function checkSection(context: Context, global: Global | undefined, input: Input, section: string | undefined): void {
  if (section === undefined) return;
  if (global === undefined || global.home < 0 || global.input === input.number) return;
  const owner = context.inputs[global.input]!;
  const found = owner.object.sections[global.home]!.name;
  if (found === section || section === ".ksyms" || section === ".kconfig") return;
  const facts = { name: global.name, section, file: input.object.file, found, other: owner.object.file };
  context.diagnostics.push(diagnostic("link-declared-section", facts, placeOfSymbol(owner, global.symbol)));
}

function textOf(btf: Btf, id: number): string {
  return declaration(btf, id) ?? `type [${id}]`;
}

/** The difference as one diagnostic, its rows in two columns below. */
function show(context: Context, name: string, left: Side, right: Side, rows: readonly Row[]): void {
  const sides = [left, right].map(({ input, id }) => ({ input, text: textOf(typesOf(input)!.btf, id) }));
  const [mine, theirs] = sides as [(typeof sides)[0], (typeof sides)[0]];
  const lines: [string, string][] = [
    [`in ${mine.input.object.file}`, `in ${theirs.input.object.file}`],
    [mine.text, theirs.text],
    ...rows.map((row): [string, string] => [`${row.what} ${row.left}`, row.right]),
  ];
  const width = Math.min(60, Math.max(...lines.map(([text]) => text.length)));
  const global = globalNamed(context, name);
  const owner = global === undefined ? undefined : context.inputs[global.input];
  const place =
    global === undefined || owner === undefined || global.symbol.home.kind === "undefined"
      ? ({ kind: "binary", file: left.input.object.file, section: ".BTF", offset: 0 } as const)
      : placeOfSymbol(owner, global.symbol);
  const notes = lines.map(([a, b]): Note => ({ message: `${a.padEnd(width)} | ${b}` }));
  const facts = { name, first: left.input.object.file, file: right.input.object.file };
  const code = rows.some(({ layout }) => layout) ? "link-type-layout" : "link-type-meaning";
  context.diagnostics.push(diagnostic(code, facts, place, notes));
}

const fields = ["type", "keySize", "valueSize", "maxEntries", "flags", "numaNode", "pinning", "extra"] as const;
const fieldNames = {
  type: "type",
  keySize: "key_size",
  valueSize: "value_size",
  maxEntries: "max_entries",
  flags: "map_flags",
  numaNode: "numa_node",
  pinning: "pinning",
  extra: "map_extra",
} as const;

/** The map definitions of each input, read once; by the variable, as a static map of a linked input may have the name, too. */
class MapDefinitions {
  readonly #known = new Map<Input, ReadonlyMap<number, BtfMapDefinition>>();

  #of(input: Input): ReadonlyMap<number, BtfMapDefinition> {
    let known = this.#known.get(input);
    if (known === undefined) {
      const { btf, variables } = typesOf(input)!;
      const list = variables.get(".maps") ?? [];
      known = new Map(readMapDefinitions(btf).map((each, i) => [list[i]!.id, each]));
      this.#known.set(input, known);
    }
    return known;
  }

  /** Field by field; undefined where one side is no map definition, so that the types themselves are to be compared. */
  compare(left: Side, right: Side): Row[] | undefined {
    try {
      const mine = this.#of(left.input).get(left.id);
      const theirs = this.#of(right.input).get(right.id);
      if (mine === undefined || theirs === undefined) return undefined;
      return this.#rows(left, mine, right, theirs, "");
    } catch (error) {
      if (error instanceof BpfkitError) return undefined;
      throw error;
    }
  }

  #rows(left: Side, mine: BtfMapDefinition, right: Side, theirs: BtfMapDefinition, path: string): Row[] {
    const rows: Row[] = [];
    for (const field of fields) {
      if (mine[field] === theirs[field]) continue;
      const what = `${path}${fieldNames[field]}`;
      rows.push({ what, left: String(mine[field]), right: String(theirs[field]), layout: field !== "extra" });
    }
    for (const side of ["key", "value"] as const) {
      const [a, b] = [mine[`${side}TypeId`], theirs[`${side}TypeId`]];
      if (a === 0 || b === 0) {
        if (a === b) continue;
        const said = (id: number): string => (id === 0 ? "no type, a size" : "a type");
        rows.push({ what: `${path}${side}`, left: said(a), right: said(b), layout: false });
        continue;
      }
      const found = compareTypes(typesOf(left.input)!.btf, a, typesOf(right.input)!.btf, b).filter(matters);
      for (const each of found) {
        const row = rowOf(each);
        rows.push({ ...row, what: `${path}${side} ${row.what}` });
      }
    }
    if (mine.inner !== undefined && theirs.inner !== undefined) {
      rows.push(...this.#rows(left, mine.inner, right, theirs.inner, `${path}values.`));
    } else if (mine.inner !== theirs.inner) {
      const said = (map: BtfMapDefinition | undefined): string => (map === undefined ? "none" : "a map");
      rows.push({ what: `${path}values`, left: said(mine.inner), right: said(theirs.inner), layout: true });
    }
    return rows;
  }
}
