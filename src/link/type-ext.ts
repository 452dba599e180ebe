/** The records of .BTF.ext at the new places of their instructions, and stand-ins for functions that came without any. */
import { extWidths, fileNumbers, type BtfExtWords, type BtfType } from "../btf/index.js";
import { bindingOf, functionSymbol, typeOf } from "../object/index.js";
import type { Context, Input } from "./context.js";
import { isFolded } from "./context.js";
import { RecordList } from "./record-list.js";

/** Records by output section, with ids and string offsets of the merged types. */
export interface MovedRecords {
  readonly funcs: readonly RecordList[];
  readonly lines: readonly RecordList[];
  readonly relos: readonly RecordList[];
  /** Types to add, after those of `Reshape`: they are for functions that no input describes. */
  readonly added: BtfType[];
  /** Files that stand for the sources of such functions. Their lines have, for the file, the number of one above `fileNumbers`. */
  readonly files: string[];
}

/** The output offset of an instruction of an input, or -1 where it was dropped or folded into equal code. */
export function placeOfInsn(input: Input, section: number, offset: number): number {
  const { map } = input.sections[section]!;
  return map === undefined || isFolded(input, section, offset) ? -1 : map.at(offset);
}

/** Moves the records of one table. */
function move(input: Input, tables: readonly BtfExtWords[], into: readonly RecordList[]): void {
  for (const { section: name, words } of tables) {
    const { sections } = input.object;
    for (let number = 0; number < sections.length; number++) {
      const section = sections[number]!;
      if (section.name !== name || !section.flags.exec) continue;
      const { output, map, pieces } = input.sections[number]!;
      if (map === undefined) continue;
      const list = into[output]!;
      const from = list.end;
      // Most sections stay whole.
      const shift = pieces === undefined && map.isWhole ? map.at(0) : -1;
      if (shift >= 0) {
        list.append(words);
        for (let at = from; at < list.end; at += list.width) list.words[at] = list.words[at]! + shift;
      } else {
        for (let at = 0; at < words.length; at += list.width) {
          const insnOff = placeOfInsn(input, number, words[at]!);
          if (insnOff < 0) continue;
          const made = list.copy(words, at);
          list.words[made] = insnOff;
        }
      }
    }
  }
}

export function moveRecords(context: Context, nextId: number): MovedRecords {
  const types = context.types!;
  const code = Math.max(1, context.outputs.filter(({ first }) => first.flags.exec).length);
  const lists = (table: keyof typeof extWidths): RecordList[] => {
    let words = 0;
    for (const own of types.byInput) for (const each of own?.ext[table] ?? []) words += each.words.length;
    return context.outputs.map(() => new RecordList(extWidths[table], Math.ceil(words / code)));
  };
  const moved: MovedRecords = {
    funcs: lists("funcInfo"),
    lines: lists("lineInfo"),
    relos: lists("coreRelos"),
    added: [],
    files: [],
  };
  for (const input of context.inputs) {
    const ext = types.byInput[input.number]?.ext;
    if (ext === undefined) continue;
    move(input, ext.funcInfo, moved.funcs);
    move(input, ext.lineInfo, moved.lines);
    move(input, ext.coreRelos, moved.relos);
  }
  if (moved.funcs.some(({ count }) => count > 0)) describeOthers(context, moved, nextId);
  for (const tables of [moved.funcs, moved.lines, moved.relos]) for (const list of tables) list.sort();
  return moved;
}

/** By output section, which bytes have a record, a bit each: asked for every function, of which there are very many. */
function places({ outputs }: Context, lists: readonly RecordList[]): readonly Uint8Array[] {
  return lists.map(({ words, width, end }, output) => {
    const has = new Uint8Array(outputs[output]!.first.flags.exec ? (outputs[output]!.size >>> 3) + 1 : 0);
    for (let at = 0; at < end; at += width) setBit(has, words[at]!);
    return has;
  });
}

function setBit(bits: Uint8Array, at: number): void {
  bits[at >>> 3] = bits[at >>> 3]! | (1 << (at & 7));
}

function hasBit(bits: Uint8Array, at: number): boolean {
  return ((bits[at >>> 3]! >>> (at & 7)) & 1) !== 0;
}

/**
 * Loaders want a description of every function or of none. A function of an object without types gets the declaration that
 * another object has of it, or that of a static function without parameters, which the verifier checks by its code alone.
 */
function describeOthers(context: Context, moved: MovedRecords, nextId: number): void {
  const types = context.types!;
  const described = places(context, moved.funcs);
  const located = places(context, moved.lines);
  const hasLines = moved.lines.some(({ count }) => count > 0);
  let proto = 0;
  const add = (type: BtfType): number => nextId + moved.added.push(type) - 1;
  for (const input of context.inputs) {
    const { symbols } = input;
    for (let number = 0; number < symbols.count; number++) {
      const home = symbols.home(number);
      const info = symbols.info(number);
      const isLocal = bindingOf(info) === 0;
      if (home < 0 || (typeOf(info) !== functionSymbol && (typeOf(info) !== 0 || isLocal))) continue;
      if (!input.object.sections[home]!.flags.exec) continue;
      const at = placeOfInsn(input, home, symbols.value(number));
      const { output } = input.sections[home]!;
      if (at < 0) continue;
      if (!hasBit(described[output]!, at)) {
        setBit(described[output]!, at);
        const known = isLocal ? undefined : types.byGlobal[input.globalOf[number]!]?.standing;
        if (known === undefined || types.btf.type(known).kind !== "func") {
          if (proto === 0) {
            const int = types.btf.findByName("int", "int");
            const made: BtfType = { kind: "int", name: "int", size: 4, encoding: 1, offset: 0, bits: 32 };
            proto = add({ kind: "func_proto", type: int ?? add(made), params: [] });
          }
          moved.funcs[output]!.push(at, add({ kind: "func", name: symbols.name(number), type: proto, linkage: 0 }));
        } else moved.funcs[output]!.push(at, known);
      }
      if (hasLines && !hasBit(located[output]!, at)) {
        setBit(located[output]!, at);
        moved.lines[output]!.push(at, fileNumbers + moved.files.push(input.object.file) - 1, 0, 0);
      }
    }
  }
}
