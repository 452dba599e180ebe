/** Where things stand in the memory that the line writer shares with its WebAssembly code. In bytes, unless said otherwise. */

/** Words of 32 bits at the start of the memory: what a run of the code is told, and what it tells. */
export const State = {
  /** Told by the code: the slot it stopped at. */
  slot: 0,
  /** The address of slot 0's bytes; of the slots only those of the window are there. */
  code: 4,
  /** 1 if the code is big-endian. */
  isBig: 8,
  /** 1 if a line shows its bytes. */
  showsBytes: 12,
  /** Jumps from slot `near` to before `far` are told from the place `base`, in bytes from the section's start. */
  near: 16,
  far: 20,
  base: 24,
  /** Bytes of ` # <name` at `Layout.head`. */
  head: 28,
  /** The four bytes that close a target's comment, and how many of them count. */
  tail: 32,
  tailLength: 36,
} as const;

/** Columns of a line's number, and the first one that takes more. */
export const columns = 8;
export const wide: number = 10 ** columns;

const headRoom = 1024;
/** Slots that are copied into the memory at once. */
export const windowSlots = 4096;
/** Text waiting before it is handed on. */
export const chunk: number = 1 << 16;
/** Most bytes of a line, and of what stores write behind it. */
export const lineRoom = 2048;

/** Bits of the size of a record, and how many there are: more than opcodes, registers and fixed fields can make of known rows. */
export const recordBits = 7;
export const records: number = 1 << 15;

const window = 64 + headRoom;
const text = window + 8 * windowSlots;
const heads = text + chunk + lineRoom;
const shapes = heads + 2 * 65_536;

export const Layout = {
  head: 64,
  window: window as number,
  text: text as number,
  /** The number of the first shape by the two bytes of opcode and registers as a little-endian number, 16 bits each. */
  heads: heads as number,
  /** The shapes. Number 0 fits every instruction and means that there is none. */
  shapes: shapes as number,
  end: (shapes + (records << recordBits)) as number,
} as const;

/** The longest head that has room. */
export const longestHead: number = headRoom - 16;

/** Where the words of a record stand. */
export const Word = {
  /** The address of the next shape of the same opcode and registers, or of number 0. */
  next: 0,
  /** A fixed offset field; the mask is -1 where there is one, else 0. */
  off: 4,
  offMask: 8,
  /** The same of the immediate. */
  imm: 12,
  immMask: 16,
  /** The field with a jump's distance, a `Source`. */
  jump: 20,
  /** Lengths of the pieces: before, between and behind the numbers. */
  before: 24,
  between: 28,
  behind: 32,
  /** The first number: its `Source`, and the signs before it when it is not negative and when it is. */
  first: 36,
  firstPlus: 40,
  firstMinus: 44,
  second: 48,
  secondPlus: 52,
  secondMinus: 56,
} as const;

/** The field a number stands in. `immHex` is the immediate in hex, unsigned. */
export const Source = { none: 0, off: 1, imm: 2, immHex: 3 } as const;

/** Where the pieces of a record stand. */
export const Piece = { before: 60, between: 104, behind: 112, end: 128 } as const;
