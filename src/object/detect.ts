/**
 * Which dialect a file is in: an explicit mark where there is one, else the first dialect that gives every relocation a meaning.
 *
 * All dialects share machine number and format, and most reuse numbers. Source: docs/psabi.md "Telling the dialects apart".
 */
import { diagnostic, type Diagnostic } from "../diag/index.js";
import { elfTable, type ElfFile } from "../elf/index.js";
import type { RelocDialect } from "./dialects.js";
import { judgeFault, type FaultVerdict, type Reading } from "./gnu-fault.js";
import { placeOf } from "./reloc-faults.js";
import { plainOrigin } from "./read-plain.js";
import { matchRow } from "./reloc-match.js";
import { bfdTail, relocScene, writerOf, type RelocRecord, type RelocScene } from "./reloc-scene.js";
import type { RelocOrigin } from "./types.js";

/** What was found, and what stands against reading the file so. */
export interface Detection {
  readonly origin: RelocOrigin;
  /** The records of the scene as the dialect reads them, but for those whose symbol is missing; undefined where it does not. */
  readonly readings?: readonly Reading[];
  readonly problem?: Diagnostic;
}

const isaMask = 0xf;
/** Real toolchains first, the most frequent of them first of all. */
const ranking: readonly RelocDialect[] = [
  "llvm",
  "llvm-12",
  "gnu-2.40",
  "gnu",
  "llvm-3.9",
  "sbf",
  "mail-2017",
  "mail-2017-netdev",
];

/** The readings of all records in `dialect`, or the first record that has none. */
export function readIn(
  scene: RelocScene,
  dialect: RelocDialect,
  doubtful: boolean,
): { readonly readings: readonly Reading[] } | { readonly unread: RelocRecord } {
  const noted = scene.noted !== undefined;
  const readings: Reading[] = [];
  for (const record of scene.records) {
    const match = matchRow(dialect, record, { noted, doubtful });
    if ("misfit" in match) {
      // A number whose symbol the file does not have is still the dialect's.
      if (match.misfit === "symbol" && record.to === "none" && record.sym !== 0) continue;
      return { unread: record };
    }
    readings.push({ record, row: match.row, addend: match.addend });
  }
  return { readings };
}

type Spot = Pick<RelocRecord, "type" | "section" | "offset">;

function spot({ type, section, offset }: Spot): string {
  return `type ${type} at ${section.name}+0x${offset.toString(16)}`;
}

/** A record that the dialect reads and `other` does not: why it is not `other`. */
function difference(scene: RelocScene, readings: readonly Reading[], other: RelocDialect): string | undefined {
  const found = readIn(scene, other, false);
  if ("readings" in found) return undefined;
  return differenceWords(
    found.unread,
    readings.find(({ record }) => record === found.unread)?.row.name ?? "of the dialect",
    other,
  );
}

function differenceWords(record: Spot, name: string, other: RelocDialect): string {
  return `${spot(record)} is ${name}; in ${other} it has no meaning there`;
}

const sameEverywhere = "its relocations mean the same in every dialect in use";

function reasonFor(scene: RelocScene, dialect: RelocDialect, readings: readonly Reading[]): string {
  const others = dialect === "llvm" ? (["gnu-2.40"] as const) : (["llvm", "gnu-2.40"] as const);
  for (const other of others) {
    if (other === dialect) continue;
    const told = difference(scene, readings, other);
    if (told !== undefined) return told;
  }
  return sameEverywhere;
}

/** Numbers that all of LLVM and GNU up to 2.40 have: its fault tells GNU's assembler from LLVM. */
function sharedWithGnu(scene: RelocScene, readings: readonly Reading[]): Detection {
  // One clause that few ask for, and that costs a reading of the whole file.
  const right: RelocOrigin = {
    dialect: "llvm",
    get reason() {
      return reasonFor(scene, "llvm", readings);
    },
    repaired: false,
  };
  if (scene.records.length === 0) return { origin: { ...right, reason: "it has no relocations" }, readings };
  const writer = writerOf(scene);
  if (writer === "llvm") return { origin: right, readings };
  const gnu = readIn(scene, "gnu-2.40", false);
  if ("unread" in gnu) return { origin: right, readings };
  const verdict = judgeFault(scene, gnu.readings);
  if (verdict.kind === "faulty") return { origin: faultyOrigin(verdict.proof), readings: gnu.readings };
  if (writer !== "gnu") return { origin: right, readings };
  const origin = { dialect: "gnu-2.40", reason: "gas lays files out so", repaired: false } as const;
  if (verdict.kind === "open") return { origin, problem: undecided(scene, verdict) };
  return wideAddend(gnu.readings) ? { origin, readings: gnu.readings } : { origin: right, readings };
}

/** A 64-bit load whose second slot holds a part of the addend. */
function wideAddend(readings: readonly Reading[]): boolean {
  return readings.some(({ row, addend }) => row.insn === "lddw" && BigInt.asIntN(32, addend) !== addend);
}

function faultyOrigin(proof: RelocRecord): RelocOrigin {
  const reason = `the addend of ${spot(proof)} counts its symbol's value twice, as gas up to 2.40 does`;
  return { dialect: "gnu-2.40", reason, repaired: true };
}

function undecided(scene: RelocScene, { record, both }: FaultVerdict & { readonly kind: "open" }): Diagnostic {
  const reading = both
    ? "it can be right or faulty"
    : "neither as it stands nor repaired does it stay within its symbol";
  return diagnostic("object-gas-fault", { name: record.symbol!.name, reading }, placeOf(scene, record));
}

/** The dialect of GNU up to 2.40, with its fault looked for; `asked` when the caller says that gas made the file. */
function gnu240(scene: RelocScene, readings: readonly Reading[], reason: string, asked: boolean): Detection {
  const verdict = judgeFault(scene, readings);
  const repaired = verdict.kind === "faulty" || (verdict.kind === "open" && verdict.both && asked);
  const origin = { dialect: "gnu-2.40", reason, repaired } as const;
  // The writers of the note have neither of gas's faults.
  if (scene.noted !== undefined) return { origin: { ...origin, repaired: false }, readings };
  return verdict.kind === "open" && !repaired ? { origin, problem: undecided(scene, verdict) } : { origin, readings };
}

const sttFile = 4;

/** bpf-ld -r leaves the addends of section symbols as they were in the input: nothing tells what they were. */
function joinedPlace(scene: RelocScene): Diagnostic | undefined {
  if (scene.noted !== undefined || !bfdTail(scene.elf)) return undefined;
  if (scene.symbols.filter(({ type }) => type === sttFile).length < 2) return undefined;
  const record = scene.records.find(({ to, addend }) => to === "section" && addend === undefined);
  return record && diagnostic("object-gas-joined", { section: record.section.name }, placeOf(scene, record));
}

/** The dialect of the file with these records, `given` or found, and what stands against reading it. */
export function originOf(scene: RelocScene, given?: RelocDialect): Detection {
  const found = detect(scene, given);
  if (found.problem !== undefined || given !== undefined) return found;
  const joined = joinedPlace(scene);
  return joined === undefined ? found : { ...found, problem: joined };
}

function detect(scene: RelocScene, given: RelocDialect | undefined): Detection {
  const { header } = scene.elf;
  const settled = (dialect: RelocDialect, reason: string, asked = false): Detection => {
    const found = readIn(scene, dialect, true);
    if (dialect === "gnu-2.40" && "readings" in found) return gnu240(scene, found.readings, reason, asked);
    const origin = { dialect, reason, repaired: false };
    return "readings" in found ? { origin, readings: found.readings } : { origin };
  };
  if (given !== undefined) return settled(given, "it was asked for", true);
  if (scene.noted !== undefined) return settled(scene.noted, "its psABI note says so");
  if (header.machine === elfTable.Machine.EM_SBF) return settled("sbf", `e_machine is ${header.machine}`);
  const isa = header.flags & isaMask;
  if (isa !== 0 && writerOf(scene) !== "llvm" && "readings" in readIn(scene, "gnu", true)) {
    return settled("gnu", `e_flags says ISA version ${isa}, as only GNU 2.41 and later do`);
  }
  const order = header.machine === elfTable.EM_NONE ? ["llvm-3.9" as const, ...ranking] : ranking;
  for (const doubtful of [false, true]) {
    for (const dialect of order) {
      const found = readIn(scene, dialect, doubtful);
      if ("unread" in found) continue;
      if (dialect === "llvm") return llvmOf(scene, found.readings);
      const reason = reasonFor(scene, dialect, found.readings);
      if (dialect === "gnu-2.40") return gnu240(scene, found.readings, reason, false);
      return { origin: { dialect, reason, repaired: false }, readings: found.readings };
    }
  }
  return { origin: nearest(scene) };
}

/** LLVM's numbers: of which LLVM? */
function llvmOf(scene: RelocScene, readings: readonly Reading[]): Detection {
  const old = readings.find(({ row }) => row.readOnly === true);
  if (old === undefined) return sharedWithGnu(scene, readings);
  const reason = `${spot(old.record)} is data's, as LLVM up to 12 numbered it`;
  const only = "readings" in readIn(scene, "llvm-12", false);
  return { origin: { dialect: only ? "llvm-12" : "llvm", reason, repaired: false }, readings };
}

/** No dialect reads all: the one that reads the most, whose complaints are then the file's faults. */
function nearest(scene: RelocScene): RelocOrigin {
  const options = { noted: scene.noted !== undefined, doubtful: true };
  const reads = (dialect: RelocDialect): number =>
    scene.records.filter((record) => !("misfit" in matchRow(dialect, record, options))).length;
  let [dialect, most] = ["llvm" as RelocDialect, reads("llvm")];
  for (const other of ranking.slice(1)) {
    const read = reads(other);
    if (read > most) [dialect, most] = [other, read];
  }
  const reason = `no dialect has a meaning for every relocation; this one has for ${most} of ${scene.records.length}`;
  return { dialect, reason, repaired: false };
}

/** The dialect of `elf`, for those who print; the best guess where it cannot be told. */
export function detectDialect(elf: ElfFile): RelocOrigin {
  const plain = plainOrigin(elf);
  if (plain === undefined) return originOf(relocScene(elf)).origin;
  const { differs } = plain;
  const reason = differs === undefined ? sameEverywhere : differenceWords(differs, differs.row.name, "gnu-2.40");
  return { dialect: "llvm", reason, repaired: false };
}
