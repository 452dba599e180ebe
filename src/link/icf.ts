/**
 * Pass of `--icf`: functions with the same code, whose references lead to the same places, become one. Programs, functions whose
 * address is taken and, in a relocatable link, functions that other objects can see stay as they are.
 */
import { decodeSlot, newSlot, opcodes } from "../isa/index.js";
import { firstAt, patchesInsn } from "../object/index.js";
import { eachBranch, endsFlow } from "./branches.js";
import { isProgramSection } from "./common.js";
import { definition, pieceAt, type Context, type Input, type Piece, type PieceRef } from "./context.js";

interface Candidate {
  readonly input: Input;
  readonly ref: PieceRef;
  readonly piece: Piece;
}

const nameOf = ({ input, section, piece }: PieceRef): string => `${input}:${section}:${piece}`;

/** Chains of calls to functions that were folded in the round before; deeper ones stay apart. */
const rounds = 16;

class Folding {
  readonly #context: Context;
  /** The piece that stands for a folded one. */
  readonly #leaders = new Map<string, PieceRef>();

  constructor(context: Context) {
    this.#context = context;
  }

  run(): void {
    const candidates = this.#candidates();
    for (let round = 0; round < rounds; round++) {
      const known = new Map<string, Candidate>();
      let folded = false;
      for (const candidate of candidates) {
        if (candidate.piece.foldedInto !== undefined) continue;
        const key = this.#keyOf(candidate);
        const leader = known.get(key);
        if (leader === undefined) {
          known.set(key, candidate);
          continue;
        }
        candidate.piece.foldedInto = leader.ref;
        this.#leaders.set(nameOf(candidate.ref), leader.ref);
        folded = true;
      }
      if (!folded) break;
    }
    // What a piece was folded into may have been folded itself.
    for (const { piece } of candidates)
      if (piece.foldedInto !== undefined) piece.foldedInto = this.#leader(piece.foldedInto);
  }

  #leader(ref: PieceRef): PieceRef {
    let at = ref;
    for (let next = this.#leaders.get(nameOf(at)); next !== undefined; next = this.#leaders.get(nameOf(at))) at = next;
    return at;
  }

  #candidates(): Candidate[] {
    const { inputs, options } = this.#context;
    const pinned = this.#pinned();
    const candidates: Candidate[] = [];
    for (const input of inputs) {
      input.object.symbols.forEach(({ home, type, binding, visibility }, index) => {
        if (home.kind !== "section" || type !== "func") return;
        const global = input.globalOf[index]!;
        if (global >= 0 && this.#context.globals[global]!.input !== input.number) return;
        if (options.relocatable === true && binding !== "local" && visibility === "default") return;
        const { name, flags } = input.object.sections[home.section]!;
        const { pieces } = input.sections[home.section]!;
        if (pieces === undefined || isProgramSection(name, flags.exec)) return;
        const ref = { input: input.number, section: home.section, piece: pieceAt(pieces, home.offset) };
        const piece = pieces[ref.piece]!;
        // A piece with several names at several places is no single function.
        if (!piece.live || piece.start !== home.offset || pinned.has(nameOf(ref))) return;
        if (!this.#ends(input, home.section, piece)) return;
        pinned.add(nameOf(ref));
        candidates.push({ input, ref, piece });
      });
    }
    // Leaders come before those that are folded into them, as the layout wants it.
    return candidates.toSorted(
      (a, b) => a.ref.input - b.ref.input || a.ref.section - b.ref.section || a.ref.piece - b.ref.piece,
    );
  }

  /** Code that runs on into what follows is not the whole function. */
  #ends({ object }: Input, section: number, { start, end }: Piece): boolean {
    const { data } = object.sections[section]!;
    const last = end - opcodes.SLOT;
    return last >= start && end <= data.length && endsFlow(decodeSlot(data, last, object.endian, newSlot()));
  }

  /** Functions whose address something takes. */
  #pinned(): Set<string> {
    const pinned = new Set<string>();
    for (const input of this.#context.inputs) {
      input.object.sections.forEach(({ relocations, flags }) => {
        if (!flags.alloc) return;
        for (const { kind, symbol, addend } of relocations) {
          if (patchesInsn(kind) && kind.startsWith("call")) continue;
          const ref = this.#target(input, symbol, addend);
          if (typeof ref !== "string") pinned.add(nameOf(ref));
        }
      });
    }
    return pinned;
  }

  /** The piece that a relocation leads to, or words for what is none. */
  #target(input: Input, index: number, addend: bigint): PieceRef | string {
    const { input: owner, symbols, at } = definition(this.#context, input, index);
    const { home, name, type } = symbols.record(at);
    if (home.kind === "absolute") return `absolute ${home.value}`;
    if (home.kind !== "section") return `open ${name}`;
    const { pieces } = owner.sections[home.section]!;
    const offset = home.offset + (type === "section" ? Number(addend) : 0);
    const piece = pieces === undefined ? 0 : pieceAt(pieces, Math.max(0, offset));
    return { input: owner.number, section: home.section, piece };
  }

  /** A text that is equal for functions that do the same: code without its distances, and where those lead. */
  #keyOf({ input, ref, piece }: Candidate): string {
    const { data, relocations } = input.object.sections[ref.section]!;
    const { start, end } = piece;
    const code = data.slice(start, end);
    const parts: string[] = [];
    const pieces = input.sections[ref.section]!.pieces!;
    const lead = (at: number, what: string, to: PieceRef | string, offset: number | bigint): void => {
      const self = typeof to !== "string" && nameOf(to) === nameOf(ref);
      parts.push(
        `${at - start} ${what} ${self ? "self" : typeof to === "string" ? to : nameOf(this.#leader(to))} ${offset}`,
      );
    };
    for (let i = firstAt(relocations, start); i < relocations.length && relocations[i]!.offset < end; i++) {
      const { offset, kind, symbol, addend } = relocations[i]!;
      code.fill(0, offset - start + 4, offset - start + 8);
      if (kind.endsWith("imm64")) code.fill(0, offset - start + 12, offset - start + 16);
      const to = this.#target(input, symbol, addend);
      // Behind a section symbol the addend is where the target starts; what counts is the place in the target.
      const { input: owner, symbols, at } = definition(this.#context, input, symbol);
      const isPlaced = symbols.home(at) >= 0;
      const begin =
        typeof to === "string" || !isPlaced ? 0 : (owner.sections[to.section]!.pieces?.[to.piece]?.start ?? 0);
      const base = isPlaced ? symbols.value(at) : 0;
      lead(offset, kind, to, BigInt(base - begin) + addend);
    }
    eachBranch(input.object, ref.section, start, end, (at, target, field) => {
      if (target >= start && target < end) return;
      code.fill(0, at - start + (field === "off16" ? 2 : 4), at - start + (field === "off16" ? 4 : 8));
      const to = { input: ref.input, section: ref.section, piece: pieceAt(pieces, Math.max(0, target)) };
      lead(at, "branch", to, target - pieces[to.piece]!.start);
    });
    let bytes = "";
    for (let i = 0; i < code.length; i += 4096) bytes += String.fromCharCode(...code.subarray(i, i + 4096));
    return `${parts.join("\n")}\0${bytes}`;
  }
}

export function foldIdenticalCode(context: Context): void {
  new Folding(context).run();
}
