/**
 * Warnings of what libbpf does not take: static maps, static functions outside of `.text`, and calls of functions there. It refuses them, but for
 * calls without a relocation, for which it looks at the same place of `.text`.
 */
import { diagnostic } from "../diag/index.js";
import { decodeSlot, newSlot, opcodes } from "../isa/index.js";
import { bindingOf, firstAt, functionSymbol, isOutsideText, sectionSymbol, typeOf } from "../object/index.js";
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

  /** Does the output section hold programs alone? */
  holds(output: number): boolean {
    return this.#programs[output] === true;
  }

  /** A call of, or the address of, what stands at byte `target` of section `home` of `owner`. */
  refers(input: Input, section: number, offset: number, owner: Input, home: number, target: number): void {
    const { output } = owner.sections[home]!;
    if (output < 0 || !this.holds(output)) return;
    const key = `${owner.number} ${home} ${target}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    const at = { start: target, end: target + 1, live: true, why: undefined, foldedInto: undefined };
    const facts = { name: pieceName(owner, home, at), section: this.#context.outputs[output]!.name };
    const notes = [siteNote(input, section, offset)];
    this.#context.diagnostics.push(diagnostic("link-call-outside", facts, placeIn(input, section, offset), notes));
  }

  #look(input: Input): void {
    const { sections, symbols } = input;
    const held = sections.map(({ output, map }) => map !== undefined && this.#programs[output] === true);
    const maps = input.object.sections.findIndex(({ name }) => name === ".maps");
    if (!held.includes(true) && maps < 0) return;
    for (let at = 0; at < symbols.count; at++) {
      const home = symbols.home(at);
      const info = symbols.info(at);
      if (home < 0 || bindingOf(info) !== 0) continue;
      const isMap = home === maps && typeOf(info) !== sectionSymbol;
      if (!isMap && (typeOf(info) !== functionSymbol || held[home] !== true)) continue;
      const { map, output } = sections[home]!;
      const offset = symbols.value(at);
      if (map === undefined || map.at(offset) < 0 || isFolded(input, home, offset)) continue;
      const name = symbols.name(at);
      const place = placeOfSymbol(input, symbols.record(at));
      const { diagnostics, outputs } = this.#context;
      if (isMap) diagnostics.push(diagnostic("link-static-map", { name }, place));
      else diagnostics.push(diagnostic("link-static-program", { name, section: outputs[output]!.name }, place));
    }
    held.forEach((isHeld, section) => {
      if (isHeld) this.#calls(input, section);
    });
  }

  /** Calls that have no relocation. */
  #calls(input: Input, section: number): void {
    const { data } = input.object.sections[section]!;
    const { endian } = input.object;
    const slot = newSlot();
    for (let at = 0; at + SLOT <= data.length; at += SLOT) {
      if (data[at] === opcodes.LDDW) at += SLOT;
      else if (data[at] === opcodes.CALL) {
        decodeSlot(data, at, endian, slot);
        if (slot.src !== opcodes.BPF_PSEUDO_CALL) continue;
        const { relocations } = input.object.sections[section]!;
        if (relocations[firstAt(relocations, at)]?.offset === at) continue;
        if (input.sections[section]!.map!.at(at) < 0) continue;
        this.refers(input, section, at, input, section, at + SLOT * (slot.imm + 1));
      }
    }
  }
}
