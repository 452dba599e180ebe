/** Pass: the inputs in command-line order, members of archives where they are needed. */
import { diagnostic, failure } from "../diag/index.js";
import { homes, isDebugSection, readObject, rowOfSymbol, type ObjectFile, type RelocDialect } from "../object/index.js";
import { Global, globalNamed, type Context } from "./context.js";
import { addObject } from "./symbols.js";
import type { ArchiveInput, LinkInput } from "./types.js";

/** Sections whose relocations a link does not look at: it drops DWARF, and what .BTF.ext says stands in its fields. */
const unneeded = (name: string): boolean => isDebugSection(name) || name === ".BTF.ext";

/** How an object is read for a link. */
export interface ReadForLink {
  readonly file?: string;
  readonly dialect?: RelocDialect | undefined;
  /** As the link's option. */
  readonly keepDebug?: boolean | undefined;
  /** The bytes will change: makes the copies of what the Object keeps of them, for which DWARF has data only to be kept. */
  readonly keep?: ((bytes: Uint8Array) => Uint8Array) | undefined;
}

const none = new Uint8Array(0);

/** Reads an object for a link, which is faster than reading all of it. */
export function readForLink(
  bytes: Uint8Array,
  { file, dialect, keepDebug = false, keep }: ReadForLink = {},
): ObjectFile {
  const kept = (data: Uint8Array, name: string): Uint8Array => (isDebugSection(name) ? none : keep!(data));
  return readObject(bytes, {
    file,
    dialect,
    without: keepDebug ? undefined : unneeded,
    keep: keepDebug || keep === undefined ? keep : kept,
  });
}

/** Makes a symbol undefined, as if an input referred to it: archives are searched for it. */
export function requestSymbols(context: Context): void {
  const { options } = context;
  const names = [...(options.undefined ?? []), ...(options.requireDefined ?? [])];
  if (options.entry !== undefined) names.push(options.entry);
  for (const name of names) {
    if (globalNamed(context, name) !== undefined) continue;
    const symbol = {
      name,
      home: { kind: "undefined" },
      size: 0,
      binding: "global",
      type: "notype",
      visibility: "default",
    } as const;
    context.globals.push(new Global(context.names, context.names.add(name), 0, rowOfSymbol(symbol), 0));
  }
}

/** Takes all inputs in. Byte orders do not mix. */
export function gatherInputs(context: Context, given: readonly LinkInput[]): void {
  for (const each of given) {
    if (!("kind" in each)) take(context, each);
    else if (each.kind === "archive") searchAll(context, [new Search(each)]);
    else takeGroup(context, each.inputs);
  }
  const { inputs, diagnostics } = context;
  if (inputs.length > 0 || diagnostics.length > 0) return;
  diagnostics.push(diagnostic(given.length === 0 ? "link-no-input" : "link-no-member", {}));
}

function takeGroup(context: Context, inputs: readonly (ObjectFile | ArchiveInput)[]): void {
  const searches: Search[] = [];
  for (const each of inputs) {
    if ("kind" in each) searches.push(new Search(each));
    else take(context, each);
  }
  searchAll(context, searches);
}

function take(context: Context, object: ObjectFile): void {
  const first = context.inputs[0]?.object;
  if (first !== undefined && first.endian !== object.endian) {
    const facts = { file: object.file, endian: object.endian, first: first.file, other: first.endian };
    context.diagnostics.push(diagnostic("link-endian", facts));
    return;
  }
  addObject(context, object);
}

/** Searches the archives in turn until none of them has anything more that is needed. */
function searchAll(context: Context, searches: readonly Search[]): void {
  context.archives.push(...searches.map((search) => (name: string) => search.outside(name)));
  for (let found = true; found;) {
    found = false;
    for (const search of searches) if (search.run(context)) found = true;
    if (searches.length === 1) break;
  }
}

/** An archive that is being searched: which members are still outside of the link. */
class Search {
  readonly #archive: ArchiveInput;
  readonly #objects: (ObjectFile | undefined)[];
  readonly #taken: boolean[];
  #index: ReadonlyMap<string, readonly number[]> | undefined;
  #whole: boolean;

  constructor(archive: ArchiveInput) {
    this.#archive = archive;
    this.#objects = archive.members.map(() => undefined);
    this.#taken = archive.members.map(() => false);
    this.#whole = archive.whole ?? false;
  }

  /** Takes the members that define what is undefined now, and what those need in turn. Says whether there were any. */
  run(context: Context): boolean {
    if (this.#whole) {
      this.#whole = false;
      this.#archive.members.forEach((_, member) => this.#take(context, member));
      return this.#taken.length > 0;
    }
    const index = (this.#index ??= this.#readIndex());
    let found = false;
    // Members add globals at the end of the list, so that one walk sees the new needs, too; a walk after it sees the
    // globals that stood before and became needed by a strong reference.
    for (let again = true; again;) {
      again = false;
      for (let number = 0; number < context.globals.length; number++) {
        const global = context.globals[number]!;
        const { name, home } = global;
        const isWeak = global.symbols.isWeak(global.at);
        if (home !== homes.common && (home !== homes.undefined || isWeak)) continue;
        const member = index.get(name)?.find((each) => !this.#taken[each] && this.#defines(each, name));
        if (member === undefined) continue;
        this.#take(context, member);
        again = true;
      }
      found ||= again;
    }
    return found;
  }

  /** The member that defines `name`, by what the index says, and is not in the link. */
  outside(name: string): string | undefined {
    const member = this.#index?.get(name)?.find((each) => !this.#taken[each]);
    return member === undefined ? undefined : this.#shown(member);
  }

  #shown(member: number): string {
    const { file, members } = this.#archive;
    const { name } = members[member]!;
    return file === "" ? name : `${file}(${name})`;
  }

  #object(member: number): ObjectFile {
    const { dialect, keepDebug, members } = this.#archive;
    const { data } = members[member]!;
    if (data === undefined) throw failure("link-thin-member", { member: this.#shown(member) });
    const options = { file: this.#shown(member), dialect, keepDebug };
    return (this.#objects[member] ??= readForLink(data, options));
  }

  #take(context: Context, member: number): void {
    if (this.#taken[member] === true) return;
    this.#taken[member] = true;
    take(context, this.#object(member));
  }

  /** The index is somebody else's word, and lists tentative definitions, which are no reason to take a member. */
  #defines(member: number, name: string): boolean {
    return this.#object(member).symbols.some(
      (symbol) =>
        symbol.name === name &&
        symbol.binding !== "local" &&
        symbol.home.kind !== "undefined" &&
        symbol.home.kind !== "common",
    );
  }

  #readIndex(): Map<string, number[]> {
    const index = new Map<string, number[]>();
    const add = (name: string, member: number): void => {
      const list = index.get(name);
      if (list === undefined) index.set(name, [member]);
      else list.push(member);
    };
    if (this.#archive.symbols !== undefined) {
      for (const { name, member } of this.#archive.symbols) if (member < this.#objects.length) add(name, member);
      return index;
    }
    this.#archive.members.forEach((_, member) => {
      for (const { name, binding, home } of this.#object(member).symbols) {
        if (binding !== "local" && home.kind !== "undefined") add(name, member);
      }
    });
    return index;
  }
}
