/** The records of .BTF.ext at the new places of their instructions, and stand-ins for functions that came without any. */
import { extPlaces, extTables, extWidths, fileNumbers, hasBit, setBit, type BtfType } from "../btf/index.js";
import { bindingOf, functionSymbol, homes, typeOf } from "../object/index.js";
import type { Context, Input } from "./context.js";
import { isFolded } from "./context.js";
import { RecordList } from "./record-list.js";

/** Records by output section, with ids and string offsets of the merged types. */
export interface MovedRecords {
  readonly funcs: readonly RecordList[];
  readonly lines: readonly RecordList[];
  readonly relos: readonly RecordList[];
  /** What the lists are in, each at its place in .BTF.ext, but for those that found no room there. */
  readonly room: Uint32Array;
  /** Types to add, after those of `Reshape`: they are for functions that no input describes. */
  readonly added: BtfType[];
  /** Files that stand for the sources of such functions. Their lines have, for the file, the number of one above `fileNumbers`. */
  readonly files: string[];
}

/** The output offset of an instruction or variable of an input, or -1 where it was dropped or folded into equal code. */
export function placeOfInsn(input: Input, section: number, offset: number): number {
  const { map } = input.sections[section]!;
  return map === undefined || isFolded(input, section, offset) ? -1 : map.at(offset);
}

/** Where the records of a row go: which section of an input they are of. */
interface Run {
  readonly row: number;
  readonly input: Input;
  readonly section: number;
}

function runsOf({ inputs, types }: Context): Run[] {
  const runs: Run[] = [];
  for (const input of inputs) {
    const { row, endRow } = types!.byInput[input.number] ?? { row: 0, endRow: 0 };
    if (row === endRow) continue;
    const { sections } = input.object;
    const code: number[] = [];
    for (let section = 0; section < sections.length; section++) {
      if (sections[section]!.flags.exec && input.sections[section]!.map !== undefined) code.push(section);
    }
    for (let each = row; each < endRow; each++) {
      const name = types!.records.section(each);
      for (const section of code) if (sections[section]!.name === name) runs.push({ row: each, input, section });
    }
  }
  return runs;
}

/** A list for each output section and table, with room for what all `runs` have, where it will stand in .BTF.ext. */
function listsFor(
  { outputs, types }: Context,
  runs: readonly Run[],
): Pick<MovedRecords, "room"> & { readonly lists: RecordList[][] } {
  const { records } = types!;
  const lengths = extTables.map(() => new Uint32Array(outputs.length));
  for (const { row, input, section } of runs) {
    const table = records.table(row);
    const { output } = input.sections[section]!;
    lengths[table]![output]! += records.count(row) * extWidths[extTables[table]!];
  }
  const { places, length } = extPlaces(lengths.map((table) => [...table].filter((each) => each > 0)));
  const room = records.room(length);
  const lists = extTables.map((table, t) => {
    let next = 0;
    return outputs.map((_, output) => {
      const own = lengths[t]![output]!;
      return new RecordList(extWidths[table], room, own === 0 ? 0 : places[t]![next++]!, own);
    });
  });
  return { room, lists };
}

function move({ types }: Context, { row, input, section }: Run, list: RecordList): void {
  const { records } = types!;
  const { map, pieces } = input.sections[section]!;
  const start = records.start(row);
  const count = records.count(row);
  // Most sections stay whole.
  const shift = pieces === undefined ? map!.shift : undefined;
  if (shift !== undefined) {
    const at = list.add(count);
    records.move(start, count, list.width, list.words, at, shift);
    return;
  }
  const { words } = records;
  for (let i = 0, at = start; i < count; i++, at += list.width) {
    const offset = placeOfInsn(input, section, words[at]!);
    if (offset >= 0) list.copy(words, at, offset);
  }
}

export function moveRecords(context: Context, nextId: number): MovedRecords {
  const runs = runsOf(context);
  const { room, lists } = listsFor(context, runs);
  for (const run of runs) {
    const { output } = run.input.sections[run.section]!;
    move(context, run, lists[context.types!.records.table(run.row)]![output]!);
  }
  const [funcs, lines, relos] = lists as [RecordList[], RecordList[], RecordList[]];
  const moved: MovedRecords = { funcs, lines, relos, room, added: [], files: [] };
  const places = lists.map((table) => table.map((list, output) => survey(context, list, output)));
  if (funcs.some(({ count }) => count > 0)) {
    const bits = places.map((table) => table.map((each) => each.bits));
    describeOthers(context, moved, nextId, bits[0]!, bits[1]!);
  }
  for (const [t, table] of lists.entries()) {
    for (const [output, list] of table.entries()) {
      const { isSorted, count } = places[t]![output]!;
      if (!isSorted || list.count !== count) list.sort();
    }
  }
  return moved;
}

/** Which instructions of an output section have a record, a bit each: asked for every function, of which there are very many. */
function survey({ outputs, types }: Context, list: RecordList, output: number) {
  const { records } = types!;
  const { first, size } = outputs[output]!;
  const bits = records.room(first.flags.exec ? (size >>> 8) + 1 : 0);
  return { bits, count: list.count, isSorted: records.survey(list.records, list.width, bits) };
}

/**
 * Loaders want a description of every function or of none. A function of an object without types gets the declaration that
 * another object has of it, or that of a static function without parameters, which the verifier checks by its code alone.
 */
function describeOthers(
  context: Context,
  moved: MovedRecords,
  nextId: number,
  described: readonly Uint32Array[],
  located: readonly Uint32Array[],
): void {
  const types = context.types!;
  const hasLines = moved.lines.some(({ count }) => count > 0);
  let proto = 0;
  const add = (type: BtfType): number => nextId + moved.added.push(type) - 1;
  for (const input of context.inputs) {
    const { symbols } = input;
    let section: number = homes.undefined;
    let isCode = false;
    for (let number = 0; number < symbols.count; number++) {
      const info = symbols.info(number);
      const isLocal = bindingOf(info) === 0;
      if (typeOf(info) !== functionSymbol && (typeOf(info) !== 0 || isLocal)) continue;
      const home = symbols.home(number);
      // Most symbols stand where the one before does.
      if (home !== section) {
        section = home;
        isCode = home >= 0 && input.object.sections[home]!.flags.exec;
      }
      if (!isCode) continue;
      const at = placeOfInsn(input, home, symbols.value(number));
      if (at < 0) continue;
      const { output } = input.sections[home]!;
      if (!hasBit(described[output]!, at)) {
        setBit(described[output]!, at);
        const name = isLocal ? 0 : (types.declared.byGlobal[input.globalOf[number]!] ?? 0);
        const known = name === 0 ? 0 : types.declared.standing[name - 1]!;
        if (known === 0 || types.btf.type(known).kind !== "func") {
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
