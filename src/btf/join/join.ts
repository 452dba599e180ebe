/**
 * The types of many files merged (`merge.ts`) and deduplicated (`dedup.ts`) in WebAssembly, with the records of their .BTF.ext:
 * a linker has a few hundred kilobytes of them, and is done before JavaScript is fast.
 */
import { alignUp, NameTable } from "../../bytes/index.js";
import type { WasmInstance } from "../../wasm/index.js";
import { madeBtf, type Btf } from "../btf.js";
import { extWidths } from "../ext.js";
import { rememberFinder, type StringFinder, type StringMover } from "../strings.js";
import { BtfKind, btfHeaderSize } from "../table.js";
import { Dedup } from "./dedup.js";
import { TypeGraph } from "./dedup-graph.js";
import { joinCode } from "./join-code.js";
import { Ask, inputBytes, InputRow, Room, State, tableBytes } from "./join-layout.js";
import { JoinedRecords } from "./records.js";
import { rememberPicker, type TypePicker } from "./reshape.js";

/** The sections of one file. */
export interface JoinInput {
  readonly btf: Uint8Array;
  readonly ext: Uint8Array | undefined;
}

/** What an input has, with ids of its own. */
export interface JoinedInput {
  /** What is added to its ids to have those of the merged types. */
  readonly shift: number;
  /** Variables and functions that are not static, and data sections: ascending. */
  readonly declared: Iterable<number> & ArrayLike<number>;
  readonly sections: Iterable<number>;
  /** The rows of its .BTF.ext among those of all inputs: the first one, and that behind the last. */
  readonly row: number;
  readonly endRow: number;
}

export interface JoinedTypes {
  /** What is left of the types. */
  readonly btf: Btf;
  /** The words of the merged types, of which only names, kinds and sizes are as they were, and where they start. */
  readonly words: Uint32Array;
  readonly starts: Uint32Array;
  /** The id in `btf` by that in the merged types. */
  readonly ids: Uint32Array;
  readonly inputs: readonly JoinedInput[];
  readonly records: JoinedRecords;
  /**
   * The number among the names that were asked for of that at an offset of the strings; negative where it is none of them. Nobody
   * knows after `reshapeBtf`.
   */
  readonly nameAt: ((offset: number) => number) | undefined;
}

/** More does not fit into the memory with all that belongs to it. */
const most = 1 << 27;

/** There is room for words of so many bytes that are added to the joined types. */
const mostAdded = 1 << 18;

/** Types are read in batches of at least so many bytes: they stay in the processor's cache. */
const leastBatch = 1 << 17;

/** Words of records are moved in pieces of at least so many bytes, where the stack was. */
const leastWork = 1 << 18;

function powerOfTwo(least: number): number {
  let power = 1024;
  while (power < least) power *= 2;
  return power;
}

/** The number at `at` of a header, but not more than there are bytes. */
function sizeAt(bytes: Uint8Array, at: number): number {
  const size = (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  return Math.min(size, bytes.length);
}

/** The code with `inputs` read into its memory; undefined where that cannot be. */
function load(
  inputs: readonly JoinInput[],
  names: Uint8Array,
):
  | { readonly code: WasmInstance; readonly state: Uint32Array; readonly namesAt: number; readonly moved: Uint32Array }
  | undefined {
  let [blobs, largest, exts, types, strings, longest] = [0, leastBatch, 0, 0, names.length, 0];
  for (const { btf, ext } of inputs) {
    // An empty section is none that the code could tell from a missing one.
    if (btf.length < btfHeaderSize || ext?.length === 0) return undefined;
    blobs += btf.length;
    if (btf.length > largest) largest = btf.length;
    exts += ext === undefined ? 0 : alignUp(ext.length, 4);
    types += sizeAt(btf, 12);
    const own = sizeAt(btf, 20);
    strings += own;
    if (own > longest) longest = own;
  }
  if (blobs + exts + names.length > most) return undefined;
  const room = new Room();
  const count = Math.floor(types / 12) + 1;
  const rows = room.take(inputBytes * inputs.length);
  const batch = room.take(largest);
  const data = room.take(exts);
  const namesAt = room.take(names.length);
  const stringSlots = powerOfTwo(strings / 8);
  const typeSlots = powerOfTwo(2 * count);
  const places: Partial<Record<keyof typeof State, number>> = {
    inputs: rows,
    inputCount: inputs.length,
    words: room.take(types),
    starts: room.take(4 * count + 4),
    map: room.take(4 * count + 4),
    ids: room.take(4 * count + 4),
    declared: room.take(4 * count),
    sections: room.take(4 * count),
    tables: room.take((exts / 8) * tableBytes),
    known: room.take(4 * longest),
    stringSlots: room.take(4 * stringSlots),
    stringMask: 4 * (stringSlots - 1),
    stringsLeft: (stringSlots / 8) * 7,
    typeSlots: room.take(8 * typeSlots),
    // A reference each, and a type itself.
    // Or two types for each reference.
    stack: room.take(Math.max(leastWork, 4 * count + 2 * types)),
    graphSlots: room.take(8 * typeSlots),
    assumed: room.take(4 * count + 4),
    pairs: room.take(4 * count + 4),
    kept: room.take(types),
    keptStarts: room.take(4 * count + 4),
  };
  const stringsRoom = alignUp(2 * strings + (1 << 16), 8);
  const stringsAt = room.take(stringsRoom);
  places.offsets = room.take(stringsRoom / 2);
  // All of them again, and new ones.
  const keptTypes = alignUp(btfHeaderSize + types + mostAdded, 16);
  places.keptStrings = room.take(keptTypes + stringsRoom + (1 << 16)) + keptTypes;
  const movedLength = Math.ceil(1.25 * exts) + (1 << 16);
  const movedAt = room.take(movedLength);
  const code = joinCode(room.end);
  if (code === undefined) return undefined;
  const { memory } = code;
  const state = new Uint32Array(memory.buffer);
  for (const [field, value] of Object.entries(places)) state[State[field as keyof typeof State] / 4] = value;
  state[State.strings / 4] = stringsAt;
  state[State.stringsEnd / 4] = stringsAt + 8;
  state[State.stringsLimit / 4] = stringsAt + stringsRoom;
  // Types and strings are read as soon as some are there, at a place that is used again.
  let [first, row, place, at] = [rows, rows, batch, data];
  for (const { btf, ext } of inputs) {
    if (place + btf.length > batch + largest) {
      if (code.run(Ask.read, first, row) === 0) return undefined;
      [first, place] = [row, batch];
    }
    memory.set(btf, place);
    state[(row + InputRow.btf) / 4] = place;
    state[(row + InputRow.btfSize) / 4] = btf.length;
    place += alignUp(btf.length, 4);
    if (ext !== undefined) {
      memory.set(ext, at);
      state[(row + InputRow.ext) / 4] = at;
      state[(row + InputRow.extSize) / 4] = ext.length;
      at += alignUp(ext.length, 4);
    }
    row += inputBytes;
  }
  if (code.run(Ask.read, first, row) === 0) return undefined;
  memory.set(names, namesAt);
  return { code, state, namesAt, moved: state.subarray(movedAt / 4, (movedAt + movedLength) >>> 2) };
}

/**
 * Joins the types of `inputs`, little-endian files; `names` are such as their strings may be asked for. Undefined where the platform has no WebAssembly, and where anything
 * about them is unusual or wrong: whoever asks then goes the other way, which throws what there is to say.
 */
export function joinTypes(inputs: readonly JoinInput[], names: NameTable = new NameTable()): JoinedTypes | undefined {
  const text = names.bytes();
  const loaded = load(inputs, text);
  if (loaded === undefined) return undefined;
  const { code, state, namesAt, moved } = loaded;
  const { memory, run } = code;
  const get = (field: keyof typeof State): number => state[State[field] / 4]!;
  const view = (place: number, length: number): Uint32Array => new Uint32Array(memory.buffer, place, length);
  const count = get("count");
  state[State.typeMask / 4] = 8 * (powerOfTwo(1.5 * count) - 1);
  run(Ask.leaves, 0, 0);
  const words = view(get("words"), get("wordsEnd"));
  const starts = view(get("starts"), count + 1);
  const has = (...kinds: readonly number[]): boolean => kinds.some((kind) => (get("kinds") & (1 << kind)) !== 0);
  let made: Dedup | undefined;
  const dedup = (): Dedup => (made ??= new Dedup(new TypeGraph(words, starts, view(get("map"), count + 1))));
  if (has(0)) dedup().leaves();
  if (has(BtfKind.BTF_KIND_STRUCT, BtfKind.BTF_KIND_UNION, BtfKind.BTF_KIND_TYPEDEF)) {
    for (let isDone = run(Ask.graphs, 1, -1); isDone === 0;) {
      const [id, other, slot] = [get("askId"), get("askOther"), get("askSlot")];
      const { graph } = dedup();
      const isEqual = graph.equivalent(id, other);
      if (isEqual) graph.map[id] = other;
      isDone = isEqual ? run(Ask.graphs, id + 1, -1) : run(Ask.graphs, id, slot);
    }
    if (has(BtfKind.BTF_KIND_FWD)) dedup().forwards();
  }
  // Names with zeros in them are none that files have.
  if (run(Ask.name, namesAt, namesAt + text.length) !== names.count) return undefined;
  if (run(Ask.settle, 0, 0) === 0) return undefined;
  const strings = memory.subarray(get("strings"), get("stringsEnd"));
  const kept = view(get("kept"), get("keptEnd"));
  const btf = madeBtf("little", kept, view(get("keptStarts"), get("keptCount") + 1), strings);
  rememberFinder(strings, new JoinedStrings(code, state));
  rememberPicker(btf, pickerOf(code, state));
  const named = view(get("offsets"), strings.length / 8);
  return {
    btf,
    words,
    starts,
    ids: view(get("ids"), count + 1),
    inputs: inputsOf(state, inputs.length),
    records: new RecordsInMemory(code, state, moved, (section) => btf.string(section)),
    nameAt: (offset) => named[offset >>> 3]! - 1,
  };
}

/** Picks types once, to their place before the strings. */
function pickerOf({ memory, run }: WasmInstance, state: Uint32Array): TypePicker {
  const get = (field: keyof typeof State): number => state[State[field] / 4]!;
  let isAsked = false;
  return ({ stands, linkages, live, added, addedWords }) => {
    const count = stands.length;
    if (isAsked || added > count || 4 * addedWords > mostAdded) return undefined;
    isAsked = true;
    const at = get("typeSlots");
    const [idsAt, idsEnd] = [at + 4 * count, at + 8 * count + 4 * added];
    state.set(stands, at / 4);
    memory.set(linkages, idsEnd);
    if (live !== undefined) memory.set(live, idsEnd + count);
    const start = run(Ask.pickTypes, live === undefined ? 0 : 1, added, 4 * addedWords);
    const ids = state.subarray(idsAt / 4, idsEnd / 4);
    const starts = get("graphSlots") / 4;
    return {
      ids,
      words: state.subarray(start / 4, get("keptStrings") / 4),
      starts: state.subarray(starts, starts + get("pickedCount") + 1),
      hasRoom: true,
    };
  };
}

/** Finds and moves the strings of joined types. */
class JoinedStrings implements StringFinder {
  readonly #code: WasmInstance;
  readonly #state: Uint32Array;
  #isAsked = false;

  constructor(code: WasmInstance, state: Uint32Array) {
    this.#code = code;
    this.#state = state;
  }

  find(bytes: Uint8Array, start: number, end: number): number {
    const { memory, run } = this.#code;
    const at = this.#get("known");
    if (start === end) return 0;
    // No string of an input is so long.
    if (at + end - start >= this.#get("stringSlots")) return -1;
    memory.set(bytes.subarray(start, end), at);
    memory[at + end - start] = 0;
    return run(Ask.find, at, 0) || -1;
  }

  mover(): StringMover | undefined {
    if (this.#isAsked) return undefined;
    this.#isAsked = true;
    const { memory } = this.#code;
    const [strings, offsets, kept] = [this.#get("strings"), this.#get("offsets"), this.#get("keptStrings")];
    const known = this.#state.subarray(offsets / 4, kept / 4);
    known.fill(0, 0, (this.#get("stringsEnd") - strings) / 8);
    return {
      known,
      bytes: memory.subarray(kept, kept + this.#get("stringsLimit") - strings + (1 << 16)),
      types: (words, length) => this.#move(Ask.keepTypes, words, 0, length),
      lines: (words, length) => this.#move(Ask.keepLines, words, extWidths.lineInfo, length),
      relos: (words, length) => this.#move(Ask.keepRelos, words, extWidths.coreRelos, length),
    };
  }

  /** Moves the strings of `words`: in the memory, where they stand; others in pieces, of whole records where they are of one `width`. */
  #move(ask: number, words: Uint32Array, width: number, length: number): number {
    const state = this.#state;
    const from = this.#get("stack");
    const end = State.keptStringsEnd / 4;
    state[end] = this.#get("keptStrings") + length;
    if (words.buffer === state.buffer) {
      this.#code.run(ask, words.byteOffset, words.byteOffset + words.byteLength);
      return state[end]! - this.#get("keptStrings");
    }
    const most = width === 0 ? words.length : Math.floor(leastWork / 4 / width) * width;
    for (let at = 0; at < words.length; at += most) {
      const part = words.subarray(at, at + most);
      state.set(part, from / 4);
      this.#code.run(ask, from, from + 4 * part.length);
      part.set(state.subarray(from / 4, from / 4 + part.length));
    }
    return state[end]! - this.#get("keptStrings");
  }

  #get(field: keyof typeof State): number {
    return this.#state[State[field] / 4]!;
  }
}

/** Records that stand in the memory of the code, and go to another place there. */
class RecordsInMemory extends JoinedRecords {
  readonly #run: WasmInstance["run"];
  /** What is left of the room there. */
  #room: Uint32Array;

  constructor(code: WasmInstance, state: Uint32Array, room: Uint32Array, sectionName: (section: number) => string) {
    const rows = state[State.tables / 4]! / 4;
    super(state, state.subarray(rows, rows + (state[State.tableCount / 4]! * tableBytes) / 4), sectionName);
    this.#run = code.run;
    this.#room = room;
  }

  override room(length: number): Uint32Array {
    if (length > this.#room.length) return super.room(length);
    const given = this.#room.subarray(0, length);
    this.#room = this.#room.subarray(length);
    return given;
  }

  override move(from: number, count: number, width: number, into: Uint32Array, at: number, shift: number): void {
    if (into.buffer !== this.words.buffer) super.move(from, count, width, into, at, shift);
    else this.#run(Ask.moveRecords, 4 * from, 4 * (from + width * count), 4 * width, into.byteOffset + 4 * at, shift);
  }

  override survey(records: Uint32Array, width: number, bits: Uint32Array): boolean {
    const { buffer } = this.words;
    if (records.buffer !== buffer || bits.buffer !== buffer) return super.survey(records, width, bits);
    const [start, place] = [records.byteOffset, bits.byteOffset];
    const end = start + records.byteLength;
    return this.#run(Ask.surveyRecords, start, end, 4 * width, place, place + bits.byteLength) !== 0;
  }
}

/** What the code found out about each input. */
function inputsOf(state: Uint32Array, count: number): JoinedInput[] {
  const first = state[State.inputs / 4]! / 4;
  const [declared, sections] = [state[State.declared / 4]! / 4, state[State.sections / 4]! / 4];
  return Array.from({ length: count }, (_, i) => {
    const row = first + (i * inputBytes) / 4;
    /** Behind what belongs to this input in a list of all inputs. */
    const end = (field: number, total: number): number =>
      i + 1 < count ? state[row + (inputBytes + field) / 4]! : state[total / 4]!;
    const [d0, d1] = [state[row + InputRow.declared / 4]!, end(InputRow.declared, State.declaredCount)];
    const [s0, s1] = [state[row + InputRow.sections / 4]!, end(InputRow.sections, State.sectionCount)];
    return {
      shift: state[row + InputRow.shift / 4]!,
      declared: state.subarray(declared + d0, declared + d1),
      sections: state.subarray(sections + s0, sections + s1),
      row: state[row + InputRow.tables / 4]!,
      endRow: end(InputRow.tables, State.tableCount),
    };
  });
}
