/**
 * The sections .BTF and .BTF.ext of a run's types, functions, variables, maps and source lines.
 *
 * As compilers do, offsets inside of sections are left to relocations: loaders and linkers look there (libbpf fills in the sizes
 * of data sections, which are 0 here).
 */
import {
  addMapDefinition,
  BtfBuilder,
  BtfFuncLinkage,
  BtfVarLinkage,
  CEmitter,
  dedupBtf,
  parseCType,
  writeBtfExt,
  type Btf,
  type BtfExtSection,
  type BtfVarSecinfo,
  type CoreRelo,
  type FuncInfo,
  type LineInfo,
} from "../../btf/index.js";
import { BpfkitError } from "../../diag/index.js";
import { noFlags } from "../../object/index.js";
import { isSound, putTypeId } from "./core-emit.js";
import type { CoreRecord } from "./core.js";
import { definitionOf } from "../directives/map.js";
import { placeOf } from "../output/place.js";
import type { Run } from "../run.js";
import { reserve } from "../output/sections.js";
import { typedData, type TypedVariable } from "./data.js";
import { sameStart } from "./typed.js";
import type { AsmSection, AsmSymbol } from "../types.js";

/** A source line is cut after this many characters. */
const longestLine = 255;

/** Adds the two sections, once everything has its place. Says what is wrong; nothing to do where there are no types. */
export function emitTypes(run: Run): void {
  const { typed, core, sections, report } = run;
  if (!typed.used && core.records.length === 0) return;
  for (const name of [".BTF", ".BTF.ext"]) {
    const own = sections.find(name);
    if (own === undefined || own.size === 0) continue;
    const [start, end] = typed.first!;
    return report.add("asm-btf-twice", { section: name }, start, end);
  }
  try {
    new TypeEmitter(run).emit();
  } catch (error) {
    // What a declaration can say and BTF cannot hold.
    if (!(error instanceof BpfkitError)) throw error;
    report.include(error.diagnostics);
  }
}

/** Types of a data section's entries, with the symbols that say where they are. */
interface DataSection {
  readonly name: string;
  readonly vars: BtfVarSecinfo[];
  readonly symbols: (AsmSymbol | undefined)[];
}

class TypeEmitter {
  readonly #run: Run;
  readonly #builder: BtfBuilder = new BtfBuilder();
  readonly #emitter: CEmitter = new CEmitter(this.#builder);
  readonly #datas: Map<string, DataSection> = new Map();
  /** CO-RE records with their types' ids. */
  readonly #core: Map<CoreRecord, number> = new Map();
  readonly #functions: { readonly start: AsmSymbol; readonly typeId: number }[] = [];

  constructor(run: Run) {
    this.#run = run;
  }

  emit(): void {
    const { typed, endian } = this.#run;
    const builder = this.#builder;
    for (const type of typed.scope.types) this.#emitter.id(type);
    for (const { symbol, declared } of typed.functions) {
      const linkage = declared.static ? BtfFuncLinkage.BTF_FUNC_STATIC : BtfFuncLinkage.BTF_FUNC_GLOBAL;
      const typeId = this.#emitter.func(declared.name, declared.type, linkage, declared.tags);
      this.#functions.push({ start: sameStart(symbol), typeId });
    }
    for (const each of typedData(this.#run)) this.#declared(each);
    this.#license();
    this.#untyped();
    for (const map of typed.maps) {
      const made = addMapDefinition(
        builder,
        definitionOf(map, (type) => this.#emitter.id(type)),
      );
      this.#entry(".maps", made.type, made.size + 8 * (map.values?.length ?? 0), map.symbol);
    }
    const datasecs: (readonly [id: number, data: DataSection])[] = [];
    for (const data of this.#datas.values()) {
      datasecs.push([builder.add({ kind: "datasec", name: data.name, size: 0, vars: data.vars }), data]);
    }
    // All strings first: the BTF has them, whoever refers to them.
    const [funcInfo, lineInfo, core] = [this.#funcInfo(), this.#lineInfo(), this.#coreRecords()];
    for (const table of [funcInfo, lineInfo, core]) for (const { section } of table) builder.string(section);
    // Declarations and maps number their types apart: what both need is there once.
    const { btf, ids } = dedupBtf(builder.build(endian));
    const renumbered = <Row extends { readonly typeId: number }>(tables: readonly BtfExtSection<Row>[]) =>
      tables.map(({ section, records }) => ({
        section,
        records: records.map((row) => ({ ...row, typeId: ids[row.typeId]! })),
      }));
    const tables = { funcInfo: renumbered(funcInfo), lineInfo, coreRelos: renumbered(core) };
    const ext = writeBtfExt(tables, (text) => builder.string(text), endian);
    for (const [record, id] of this.#core) if (record.access.value === undefined) putTypeId(record, ids[id]!, endian);
    const section = this.#section(".BTF", btf.bytes);
    for (const [id, { symbols }] of datasecs) {
      symbols.forEach((symbol, i) => {
        if (symbol?.section !== undefined) refer(section, entryOffset(btf, ids[id]!, i), symbol);
      });
    }
    type Started = { readonly start: AsmSymbol };
    const rowsOf: readonly (readonly Started[])[] = [this.#functions, typed.lines, [...this.#core.keys()]];
    const starts = rowsOf.flatMap((rows) => this.#bySection(rows)).flatMap(([, rows]) => rows);
    if (starts.length === 0) return;
    const extSection = this.#section(".BTF.ext", ext.bytes);
    ext.insnOffsets.forEach((offset, i) => refer(extSection, offset, starts[i]!.start));
  }

  #declared({ declared, symbol, size, section, type, external }: TypedVariable): void {
    if (type.kind === "func") {
      const { BTF_FUNC_EXTERN, BTF_FUNC_STATIC, BTF_FUNC_GLOBAL } = BtfFuncLinkage;
      const linkage = external ? BTF_FUNC_EXTERN : symbol.binding === "local" ? BTF_FUNC_STATIC : BTF_FUNC_GLOBAL;
      const id = this.#emitter.func(declared.name, type, linkage, declared.tags);
      if (external) this.#entry(section, id, 0, undefined);
      else this.#functions.push({ start: sameStart(symbol), typeId: id });
      return;
    }
    const { BTF_VAR_GLOBAL_EXTERN, BTF_VAR_STATIC, BTF_VAR_GLOBAL_ALLOCATED } = BtfVarLinkage;
    const linkage = external
      ? BTF_VAR_GLOBAL_EXTERN
      : symbol.binding === "local"
        ? BTF_VAR_STATIC
        : BTF_VAR_GLOBAL_ALLOCATED;
    const id = this.#emitter.variable(declared.name, type, linkage, declared.tags);
    this.#entry(section, id, size, external ? undefined : symbol);
  }

  #entry(section: string | undefined, type: number, size: number, symbol: AsmSymbol | undefined): void {
    if (section === undefined) return;
    let data = this.#datas.get(section);
    if (data === undefined) this.#datas.set(section, (data = { name: section, vars: [], symbols: [] }));
    data.vars.push({ type, offset: 0, size });
    data.symbols.push(symbol);
  }

  #bySection<Row extends { readonly start: AsmSymbol }>(rows: readonly Row[]): [name: string, rows: Row[]][] {
    const found = new Map<string, Row[]>();
    for (const row of rows) {
      const { name } = row.start.section!;
      const list = found.get(name);
      if (list === undefined) found.set(name, [row]);
      else list.push(row);
    }
    for (const list of found.values()) list.sort((a, b) => placeOf(a.start) - placeOf(b.start));
    return [...found];
  }

  #license(): void {
    const { typed, report } = this.#run;
    const { license, scope } = typed;
    if (license === undefined || scope.declared.has(license.symbol.name)) return;
    const { symbol, size } = license;
    const type = parseCType(`char [${size}]`, scope, (code, facts) => report.add(code, facts, symbol.at, symbol.at))!;
    const id = this.#emitter.variable(symbol.name, type, BtfVarLinkage.BTF_VAR_GLOBAL_ALLOCATED);
    this.#entry("license", id, size, symbol);
  }

  /** Warns of functions without a type that functions with one call: kernels take types of all or of none. */
  #untyped(): void {
    const { sections, report } = this.#run;
    const complained = new Set<AsmSymbol>();
    const known = new Map<AsmSection, Set<number>>();
    for (const { start } of this.#functions) {
      const places = known.get(start.section!);
      if (places === undefined) known.set(start.section!, new Set([placeOf(start)]));
      else places.add(placeOf(start));
    }
    for (const [name, lines] of this.#bySection(this.#run.typed.lines)) {
      const typed = new Set(lines.map(({ start }) => placeOf(start)));
      for (const { kind, offset, expression, at, end } of sections.find(name)!.fixups) {
        if ((kind !== "call" && kind !== "call_name") || expression.kind !== "symbol" || !typed.has(offset)) continue;
        const { symbol } = expression;
        const home = symbol.section;
        if (home?.flags.exec !== true || complained.has(symbol) || known.get(home)?.has(placeOf(symbol))) continue;
        complained.add(symbol);
        report.add("asm-func-missing", { name: symbol.name }, at, end);
      }
    }
  }

  #funcInfo(): BtfExtSection<FuncInfo>[] {
    return this.#bySection(this.#functions).map(([section, rows]) => ({
      section,
      records: rows.map(({ start, typeId }) => ({ insnOff: placeOf(start), typeId })),
    }));
  }

  #lineInfo(): BtfExtSection<LineInfo>[] {
    const string = (text: string): number => this.#builder.string(text.replaceAll("\0", " ").slice(0, longestLine));
    return this.#bySection(this.#run.typed.lines).map(([section, rows]) => ({
      section,
      records: rows.map(({ start, place: { file, line, column, source } }) => ({
        insnOff: placeOf(start),
        fileNameOff: string(file),
        lineOff: string(source),
        line,
        column,
      })),
    }));
  }

  #coreRecords(): BtfExtSection<CoreRelo>[] {
    const { core, endian, report } = this.#run;
    const sound = core.records.flatMap((record) =>
      isSound(record, endian, report) ? [{ ...record, start: sameStart(record.start) }] : [],
    );
    return this.#bySection(sound).map(([section, rows]) => ({
      section,
      records: rows.map((record) => {
        const typeId = this.#emitter.id(record.type);
        this.#core.set(record, typeId);
        const { start, kind, access } = record;
        return { insnOff: placeOf(start), typeId, accessStrOff: this.#builder.string(access.text), kind };
      }),
    }));
  }

  #section(name: string, bytes: Uint8Array): AsmSection {
    const section = this.#run.sections.open(name, noFlags, "progbits");
    const at = reserve(section, bytes.length);
    section.data.set(bytes, at);
    section.align = Math.max(section.align, 4);
    return section;
  }
}

/** The offset in the section .BTF of the offset of entry `number` of data section `id`. */
function entryOffset(btf: Btf, id: number, number: number): number {
  const header = btf.bytes.length - btf.strings.length - 4 * btf.words.length;
  return header + 4 * (btf.starts[id - btf.firstId]! + 3 + 3 * number + 1);
}

/** A relocation for the 32-bit field at `offset`: the place of `symbol`. */
function refer(section: AsmSection, offset: number, symbol: AsmSymbol): void {
  const { at } = symbol;
  section.fixups.push({ kind: "data32", offset, expression: { kind: "symbol", symbol, at }, at, end: at });
}
