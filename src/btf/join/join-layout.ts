/** Where things stand in the memory that joining types shares with its WebAssembly code, in bytes. */
import { alignUp } from "../../bytes/index.js";
import { elementName, elementType, elementWords, thirdIsType } from "./refs.js";
import { BtfKind, btfKinds } from "../table.js";
import { rowWords } from "./records.js";

/** Words of 32 bits at the start of the memory. */
export const State = {
  /** Types so far, and the index behind their words. */
  count: 0,
  wordsEnd: 4,
  /** Not 0: something is not as the code takes it. */
  failed: 8,
  /** The strings so far: from where, to where, as far as there is room. */
  strings: 12,
  stringsEnd: 16,
  stringsLimit: 20,
  /** Slots by the hash of a string: an eighth of its offset and six bits of the hash, 0 in a free one. In bytes of them, less one slot. */
  stringSlots: 24,
  stringMask: 28,
  /** Strings that there are slots for. */
  stringsLeft: 32,
  /** By offset in the strings of one input: the offset + 1 among all strings; 0 for those not met yet. */
  known: 36,
  /** The strings of that input. */
  own: 40,
  ownSize: 44,
  words: 48,
  starts: 52,
  /** By id: the type that stands for it, as in `TypeGraph`. */
  map: 56,
  /** Ids that all inputs declare, then ids of their data sections; each by the number in its own input. */
  declared: 60,
  declaredCount: 64,
  sections: 68,
  sectionCount: 72,
  /** Tables of .BTF.ext, see `Table`. */
  tables: 76,
  tableCount: 80,
  /** A bit for each kind that there is, and the lowest one where there is an enum without values. */
  kinds: 84,
  /** Slots by the hash of a type: the hash, and the id. Then what types are picked by (`pickTypesFunction`). */
  typeSlots: 88,
  typeMask: 92,
  /** Ids of types whose references are being followed. */
  stack: 96,
  /** New id by old id. */
  ids: 100,
  /** The types that stay. */
  kept: 104,
  keptStarts: 108,
  keptCount: 112,
  keptEnd: 116,
  inputs: 120,
  inputCount: 124,
  /** The strings that are still used, behind the picked types. */
  keptStringsEnd: 128,
  keptStrings: 132,
  /** By an eighth of the offset of a string: the number + 1 of the name that was asked for, then its offset among the kept strings + 1; 0 for the others. */
  offsets: 136,
  /** Like `typeSlots`, of types that are compared by their graphs. Then where the words of the picked types start. */
  graphSlots: 144,
  /** Types of graphs that are taken to be equal: by the one of the first graph, the one of the other + 1; and a list of the former. */
  assumed: 148,
  pairs: 152,
  pairCount: 156,
  /** Two types that have to be compared by others, and the slot behind the second. */
  askId: 160,
  askOther: 164,
  askSlot: 168,
  /** Types that were picked, and added ones. */
  pickedCount: 172,
} as const;

/** An input: where its sections are and their size (0 where there is no .BTF.ext), then what the code found there. */
export const InputRow = {
  btf: 0,
  btfSize: 4,
  ext: 8,
  extSize: 12,
  shift: 16,
  declared: 20,
  sections: 24,
  tables: 28,
} as const;
export const inputBytes = 32;

/** A row of `JoinedRecords`: its table, the section's name, where the records are in words, how many. */
export const Table = { table: 0, section: 4, at: 8, count: 12 } as const;
export const tableBytes: number = 4 * rowWords;

/** What is known of a kind, a byte each: where its type ids are in a type, and what its elements are. */
export const KindFact = { ids: 0, step: 1, fixed: 2, each: 3, element: 4, more: 5, hasNames: 6 } as const;
export const kindFacts = 256;

/** Bytes of a type before its elements. */
export const headBytes = 12;

/** The facts of all kinds, 8 bytes each. */
export function kindBytes(): Uint8Array {
  const bytes = new Uint8Array(8 * btfKinds.length);
  for (const [kind, { fixed }] of btfKinds.entries()) {
    const row = bytes.subarray(8 * kind);
    const element = 4 * elementWords[kind]!;
    row[KindFact.element] = element;
    row[KindFact.more] = 4 * fixed;
    row[KindFact.hasNames] = elementName[kind]! >= 0 ? 1 : 0;
    row[KindFact.step] = element === 0 ? 4 : element;
    if (kind === BtfKind.BTF_KIND_ARRAY) {
      row[KindFact.ids] = headBytes;
      row[KindFact.fixed] = 2;
    } else if (elementType[kind]! >= 0) {
      row[KindFact.each] = 1;
      // A prototype's own type stands as far before that of its first parameter as parameters do.
      row[KindFact.fixed] = thirdIsType[kind]!;
      row[KindFact.ids] = headBytes + 4 * elementType[kind]! - element * thirdIsType[kind]!;
    } else {
      row[KindFact.ids] = 8;
      row[KindFact.fixed] = thirdIsType[kind]!;
    }
  }
  return bytes;
}

/** Code may read and write so many bytes behind a thing. */
export const slack = 32;

/** Gives out places in the memory, one behind the other. */
export class Room {
  end = 512;

  take(bytes: number): number {
    const at = this.end;
    this.end = alignUp(at + bytes + slack, 16);
    return at;
  }
}

/** What the code is asked for. */
export const Ask = {
  read: 0,
  settle: 1,
  find: 2,
  keepTypes: 3,
  keepLines: 4,
  keepRelos: 5,
  name: 6,
  graphs: 7,
  moveRecords: 8,
  surveyRecords: 9,
  leaves: 10,
  pickTypes: 11,
} as const;
