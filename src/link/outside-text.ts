/**
 * Warnings of what libbpf does not take: static functions outside of `.text`, and calls of functions there. It refuses both, but for
 * calls without a relocation, for which it looks at the same place of `.text`.
 */
import { diagnostic } from "../diag/index.js";
import { decodeSlot, newSlot, opcodes } from "../isa/index.js";
import { firstAt, isOutsideText } from "../object/index.js";
import { isFolded, type Context, type Input } from "./context.js";
import { pieceName } from "./gc.js";
import { placeIn, placeOfSymbol, siteNote } from "./where.js";

const { SLOT } = opcodes;

export class OutsideText {
  readonly #context: Context;
  /** By output section: does it hold programs alone? */
  readonly #programs: readonly boolean[];
  /** Functions that were spoken of. */
  readonly #said = new Set<string>();

  constructor(context: Context) {
    this.#context = context;
    this.#programs = context.outputs.map(({ name, first }) => isOutsideText({ name, flags: first.flags }));
    for (const input of context.inputs) this.#look(input);
  }

  /** A call of, or the address of, what stands `addend` bytes behind `start` of section `home` of `owner`. */
  refers(
    input: Input,
    section: number,
    offset: number,
    owner: Input,
    home: number,
    start: number,
    addend: bigint,
  ): void {
    const { output } = owner.sections[home]!;
    if (output < 0 || this.#programs[output] !== true) return;
    const target = start + Number(addend);
    const key = `${owner.number} ${home} ${target}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    const at = { start: target, end: target + 1, live: true, why: undefined, foldedInto: undefined };
    const facts = { name: pieceName(owner, home, at), section: this.#context.outputs[output]!.name };
    const notes = [siteNote(input, section, offset)];
    this.#context.diagnostics.push(diagnostic("link-call-outside", facts, placeIn(input, section, offset), notes));
  }

  #look(input: Input): void {
    const { object, sections } = input;
    const held = sections.map(({ output, map }) => map !== undefined && this.#programs[output] === true);
    if (!held.includes(true)) return;
    for (const symbol of object.symbols) {
      const { home, type, binding, name } = symbol;
      if (type !== "func" || binding !== "local" || home.kind !== "section" || held[home.section] !== true) continue;
      const { map, output } = sections[home.section]!;
      if (map!.at(home.offset) < 0 || isFolded(input, home.section, home.offset)) continue;
      const facts = { name, section: this.#context.outputs[output]!.name };
      this.#context.diagnostics.push(diagnostic("link-static-program", facts, placeOfSymbol(input, symbol)));
    }
    held.forEach((isHeld, section) => {
      if (isHeld) this.#calls(input, section);
    });
  }

  /** Calls that have no relocation. */
  #calls(input: Input, section: number): void {
    const { data, relocations } = input.object.sections[section]!;
    const { endian } = input.object;
    const slot = newSlot();
    for (let at = 0; at + SLOT <= data.length; at += SLOT) {
      if (data[at] === opcodes.LDDW) at += SLOT;
      else if (data[at] === opcodes.CALL) {
        decodeSlot(data, at, endian, slot);
        if (slot.src !== opcodes.BPF_PSEUDO_CALL || relocations[firstAt(relocations, at)]?.offset === at) continue;
        if (input.sections[section]!.map!.at(at) < 0) continue;
        this.refers(input, section, at, input, section, at + SLOT * (slot.imm + 1), 0n);
      }
    }
  }
}
