/** The records of .BTF.ext at the new places of their instructions, and stand-ins for functions that came without any. */
import type { BtfExtSection, BtfType, CoreRelo, FuncInfo, LineInfo } from "../btf/index.js";
import type { Context, Input } from "./context.js";
import { isFolded } from "./context.js";
import { typesOf } from "./type-read.js";

/** Records by output section, with ids and string offsets of the merged types. */
export interface MovedRecords {
  readonly funcs: FuncInfo[][];
  readonly lines: LineInfo[][];
  readonly relos: CoreRelo[][];
  /** Types to add, after those of `Reshape`: they are for functions that no input describes. */
  readonly added: BtfType[];
  /** The name of the file that stands for the source of such a function, by line record. */
  readonly files: Map<LineInfo, string>;
}

/** The output offset of an instruction of an input, or -1 where it was dropped or folded into equal code. */
export function placeOfInsn(input: Input, section: number, offset: number): number {
  const { map } = input.sections[section]!;
  return map === undefined || isFolded(input, section, offset) ? -1 : map.at(offset);
}

function move<Row extends { readonly insnOff: number }>(
  input: Input,
  tables: readonly BtfExtSection<Row>[],
  into: Row[][],
  convert: (row: Row) => Row,
): void {
  for (const { section: name, records } of tables) {
    input.object.sections.forEach((section, number) => {
      if (section.name !== name || !section.flags.exec) return;
      const { output } = input.sections[number]!;
      for (const row of records) {
        const insnOff = placeOfInsn(input, number, row.insnOff);
        if (insnOff >= 0) into[output]!.push({ ...convert(row), insnOff });
      }
    });
  }
}

export function moveRecords(context: Context, nextId: number): MovedRecords {
  const types = context.types!;
  const empty = <Row>(): Row[][] => context.outputs.map(() => []);
  const moved: MovedRecords = { funcs: empty(), lines: empty(), relos: empty(), added: [], files: new Map() };
  for (const input of context.inputs) {
    const ext = typesOf(input)?.ext;
    if (ext === undefined) continue;
    move(input, ext.funcInfo, moved.funcs, (row) => ({ ...row, typeId: types.id(input, row.typeId) }));
    move(input, ext.lineInfo, moved.lines, (row) => ({
      ...row,
      fileNameOff: types.string(input, row.fileNameOff),
      lineOff: types.string(input, row.lineOff),
    }));
    move(input, ext.coreRelos, moved.relos, (row) => ({
      ...row,
      typeId: types.id(input, row.typeId),
      accessStrOff: types.string(input, row.accessStrOff),
    }));
  }
  if (moved.funcs.some(({ length }) => length > 0)) describeOthers(context, moved, nextId);
  for (const tables of [moved.funcs, moved.lines, moved.relos]) {
    for (const table of tables) table.sort((a, b) => a.insnOff - b.insnOff);
  }
  return moved;
}

/**
 * Loaders want a description of every function or of none. A function of an object without types gets the declaration that
 * another object has of it, or that of a static function without parameters, which the verifier checks by its code alone.
 */
function describeOthers(context: Context, moved: MovedRecords, nextId: number): void {
  const types = context.types!;
  const described = moved.funcs.map((table) => new Set(table.map(({ insnOff }) => insnOff)));
  const located = moved.lines.map((table) => new Set(table.map(({ insnOff }) => insnOff)));
  const hasLines = moved.lines.some(({ length }) => length > 0);
  let proto = 0;
  const add = (type: BtfType): number => nextId + moved.added.push(type) - 1;
  for (const input of context.inputs) {
    for (const symbol of input.object.symbols) {
      const { home, type, binding, name } = symbol;
      if (home.kind !== "section" || (type !== "func" && (type !== "notype" || binding === "local"))) continue;
      if (!input.object.sections[home.section]!.flags.exec) continue;
      const at = placeOfInsn(input, home.section, home.offset);
      const { output } = input.sections[home.section]!;
      if (at < 0) continue;
      if (!described[output]!.has(at)) {
        described[output]!.add(at);
        const known = binding === "local" ? undefined : types.standing.get(name);
        if (known === undefined || types.btf.type(known).kind !== "func") {
          if (proto === 0) {
            const int = types.btf.findByName("int", "int");
            const made: BtfType = { kind: "int", name: "int", size: 4, encoding: 1, offset: 0, bits: 32 };
            proto = add({ kind: "func_proto", type: int ?? add(made), params: [] });
          }
          moved.funcs[output]!.push({ insnOff: at, typeId: add({ kind: "func", name, type: proto, linkage: 0 }) });
        } else moved.funcs[output]!.push({ insnOff: at, typeId: known });
      }
      if (hasLines && !located[output]!.has(at)) {
        located[output]!.add(at);
        const row: LineInfo = { insnOff: at, fileNameOff: 0, lineOff: 0, line: 0, column: 0 };
        moved.files.set(row, input.object.file);
        moved.lines[output]!.push(row);
      }
    }
  }
}
