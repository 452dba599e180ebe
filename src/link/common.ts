/** Passes that bring definitions of the linker's own: tentative definitions get room, `--defsym` gives values. */
import { alignUp } from "../bytes/index.js";
import { diagnostic, nearest } from "../diag/index.js";
import {
  functionSymbol,
  homes,
  isMapSection,
  isMetadataSection,
  noFlags,
  rowOfSymbol,
  typeOf,
  type ObjectFile,
  type ObjectSymbol,
  type Section,
} from "../object/index.js";
import { globalNamed, matcher, type Context } from "./context.js";
import { addObject } from "./symbols.js";
import { placeOfSymbol } from "./where.js";

function own(context: Context, file: string, sections: Section[], symbols: ObjectSymbol[]): ObjectFile {
  const { endian } = context.inputs[0]!.object;
  return { file, endian, flags: 0, sections, symbols, groups: [] };
}

/** Tentative definitions that nobody replaced get room in `.bss`, at the end. */
export function placeCommons(context: Context): void {
  if (context.options.relocatable === true && context.options.defineCommon !== true) return;
  let size = 0;
  let align = 1;
  const symbols: ObjectSymbol[] = [];
  for (const global of context.globals) {
    if (global.home !== homes.common) continue;
    const { symbol } = global;
    if (symbol.home.kind !== "common") continue;
    const offset = alignUp(size, symbol.home.align);
    align = Math.max(align, symbol.home.align);
    size = offset + symbol.size;
    const type = symbol.type === "common" ? "object" : symbol.type;
    symbols.push({ ...symbol, type, home: { kind: "section", section: 0, offset } });
  }
  if (symbols.length === 0) return;
  const flags = { ...noFlags, alloc: true, write: true };
  const data = new Uint8Array(0);
  const section: Section = {
    name: ".bss",
    type: "nobits",
    flags,
    align,
    entsize: 0,
    size,
    data,
    relocations: [],
    group: -1,
    linkedTo: -1,
  };
  addObject(context, own(context, "<common>", [section], symbols), false);
}

/** `--defsym`: a name gets a number, or the place of another one. It replaces what inputs define. */
export function defineSymbols(context: Context): void {
  for (const { name, base, value } of context.options.defsym ?? []) {
    let symbol: ObjectSymbol = {
      name,
      home: { kind: "absolute", value },
      size: 0,
      binding: "global",
      type: "notype",
      visibility: "default",
    };
    let from = -1;
    if (base !== undefined) {
      const found = globalNamed(context, base);
      if (found === undefined || found.symbol.home.kind === "undefined" || found.symbol.home.kind === "common") {
        const meant = nearest(
          base,
          context.globals.slice(0, 100_000).map(({ name }) => name),
        );
        const advice = meant === undefined ? "name a symbol that an input defines" : `did you mean ${meant}?`;
        context.diagnostics.push(diagnostic("link-defsym", { name, base, advice }));
        continue;
      }
      const { home } = found.symbol;
      from = found.input;
      // At a distance it is a label: the other one's size would reach beyond its end.
      const as = value === 0n ? found.symbol : { ...found.symbol, type: "notype" as const, size: 0 };
      symbol =
        home.kind === "section"
          ? { ...as, name, home: { ...home, offset: home.offset + Number(value) } }
          : { ...symbol, home: { kind: "absolute", value: (home.kind === "absolute" ? home.value : 0n) + value } };
    }
    const known = globalNamed(context, name);
    if (known === undefined || from < 0) {
      // A place in another input's section is none of its own.
      const home: ObjectSymbol["home"] = from < 0 ? symbol.home : { kind: "undefined" };
      addObject(context, own(context, "<command line>", [], [{ ...symbol, home, binding: "weak" }]), false);
    }
    const global = globalNamed(context, name)!;
    global.win(from < 0 ? context.inputs.length - 1 : from, rowOfSymbol(symbol), 0);
  }
}

/** `--require-defined` and `-e`: names that the link must define. */
export function checkRequired(context: Context): void {
  const { requireDefined = [], entry } = context.options;
  for (const name of entry === undefined ? requireDefined : [...requireDefined, entry]) {
    const kind = globalNamed(context, name)?.symbol.home.kind ?? "undefined";
    if (kind === "undefined") context.diagnostics.push(diagnostic("link-required", { name }));
  }
}

/** `--localize` makes local what it names. `--export` does so with what it does not name, and is neither a program nor a map. */
export function chooseLocals(context: Context): void {
  const { exports = [], localize = [] } = context.options;
  if (exports.length + localize.length === 0) return;
  const isExported = exports.length === 0 ? (): boolean => true : matcher(exports);
  const isLocalized = matcher(localize);
  for (const global of context.globals) {
    const { name, home } = global;
    if (home === homes.undefined) continue;
    const input = context.inputs[global.input]!;
    const section = home < 0 ? undefined : input.object.sections[home]!;
    const isProgram = section !== undefined && isProgramSection(section.name, section.flags.exec);
    if (isLocalized(name)) {
      global.localized = true;
      // It is what was asked for, but hardly what was meant by a pattern.
      if (section?.name === ".maps") {
        context.diagnostics.push(diagnostic("link-static-map", { name }, placeOfSymbol(input, global.symbol)));
      }
      if (isProgram && typeOf(global.symbols.info(global.at)) === functionSymbol) {
        const place = placeOfSymbol(input, global.symbol);
        context.diagnostics.push(diagnostic("link-local-program", { name, section: section.name }, place));
      }
    } else if (!isExported(name)) {
      const isFound = section !== undefined && (isMapSection(section.name) || isMetadataSection(section.name));
      global.localized = !isProgram && !isFound;
    }
  }
}

/** Do global functions of the section start programs? */
export function isProgramSection(name: string, exec: boolean): boolean {
  return exec && name !== ".text" && !name.startsWith(".text.");
}
