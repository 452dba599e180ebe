/** Where things stand in the memory that the raw printer shares with its WebAssembly code, in bytes. */
import { BtfKind } from "./table.js";

/** Words of 32 bits: what a run of the code is told, where it goes on, and where it stopped. */
export const State = {
  /** The address of the next type's words, or of the one that is being written; the code moves it. */
  type: 0,
  /** Behind the words of the last type that is there. */
  end: 4,
  /** The type's id. */
  id: 8,
  /** The element that comes next, or -1 before the head of the type. */
  element: 12,
  /** 1 if the name of the head or element is written already. */
  isNamed: 16,
  /** The offset of the name that made the code stop. */
  name: 20,
  /** The address of the strings and how many bytes they are. */
  strings: 24,
  stringsSize: 28,
  /** A `Stop`. */
  stop: 32,
} as const;

/** Why the code stopped. */
export const Stop = {
  /** All types that are there are written. */
  end: 0,
  /** The text has reached its limit. */
  full: 1,
  /** The name at offset `State.name` is not among the strings, or long. */
  name: 2,
  /** The code does not know the form of the type. */
  form: 3,
} as const;

/** Text waiting before it is handed on. */
export const chunk: number = 1 << 18;
/** Names from this length on are not written by the code, in bytes. */
export const longName = 4096;
/** Every head or element but for its name fits into that. */
const lineRoom = 512;

const kinds = 64;
const text: number = kinds + 20 * 32;

export const Layout = {
  /** The records of the kinds by number, 32 bytes each: sixteen for `] STRUCT '`, one for its length. */
  kinds: kinds as number,
  text: text as number,
  /** What belongs to a BTF: its strings, then zeros, then the words of some of its types. */
  data: (text + chunk + longName + lineRoom) as number,
} as const;

/** Zeros behind the strings. */
export const stringsRoom = 32;
/** Types are laid down a window at a time: memory that was used before costs less than fresh memory. In bytes. */
export const typesRoom: number = 1 << 18;

/** The kinds whose name is never shown. */
export const unnamed: readonly number[] = [
  BtfKind.BTF_KIND_PTR,
  BtfKind.BTF_KIND_ARRAY,
  BtfKind.BTF_KIND_FUNC_PROTO,
  BtfKind.BTF_KIND_VOLATILE,
  BtfKind.BTF_KIND_CONST,
  BtfKind.BTF_KIND_RESTRICT,
];
