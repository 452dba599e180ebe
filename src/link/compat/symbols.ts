/**
 * Symbols in the order in which they come, local ones among the others; a name that is not local is decided where it comes
 * up again: a definition replaces a declaration, a strong one a weak one.
 */
import { SymbolBind, SymbolKind, type ElfSymbol } from "../../elf/index.js";
import { refusal, type Global, type Output, type SourceFile, type SourceSection, type TargetSection } from "./model.js";

const { STB_LOCAL, STB_GLOBAL, STB_WEAK } = SymbolBind;
const { STT_SECTION } = SymbolKind;

export function appendSymbols(output: Output, source: SourceFile): void {
  source.symbols.forEach((symbol, number) => {
    if (number > 0) source.symbolMap[number] = take(output, source, symbol);
  });
}

/** The number that the symbol has in the output; 0 where it is dropped. */
function take(output: Output, file: SourceFile, symbol: ElfSymbol): number {
  const { name, shndx, reserved, bind, type } = symbol;
  const isExtern = !reserved && shndx === 0;
  const section = isExtern ? declaredIn(file, symbol) : reserved ? undefined : file.sections[shndx]!;
  if (section?.skipped === true) return 0;
  if (section !== undefined && section.target === undefined) {
    throw refusal(file.file, `symbol ${name} is in ${section.name}, which holds no code or data`);
  }
  if (type === STT_SECTION && section !== undefined && section.target!.symbol !== 0) return section.target!.symbol;
  const known = bind === STB_LOCAL ? undefined : output.globals.get(name);
  if (known !== undefined) {
    resolve(output, file, symbol, known, section);
    return known.symbol;
  }
  const target = section?.target;
  const added = add(output, symbol, section, target);
  if (type === STT_SECTION && target !== undefined) target.symbol = added;
  if (bind !== STB_LOCAL) {
    const isWeak = bind === STB_WEAK;
    const global: Global = { symbol: added, section: target, isExtern, isWeak, type: 0, refers: 0, variable: -1 };
    output.globals.set(name, global);
  }
  return added;
}

/** The section that the types of an input give to what it only declares; undefined for one like any other. */
function declaredIn({ file, declared, btf, byName }: SourceFile, { name }: ElfSymbol): SourceSection | undefined {
  const { datasec = 0, ambiguous = false } = declared.get(name) ?? {};
  if (ambiguous) throw refusal(file, `the types declare ${name} twice`, ".BTF");
  const sectionName = datasec === 0 ? ".extern" : btf!.name(datasec);
  return sectionName === ".extern" ? undefined : byName.get(sectionName);
}

function add(
  { names, symbols }: Output,
  symbol: ElfSymbol,
  section: SourceSection | undefined,
  target: TargetSection | undefined,
): number {
  const { name, size, bind, type, other, shndx } = symbol;
  const value = type === STT_SECTION ? 0n : symbol.value + BigInt(section?.offset ?? 0);
  const made = { name, nameOffset: names.add(name), value, size, bind, type, other, shndx: target?.index ?? shndx };
  return symbols.push(made) - 1;
}

/** What another symbol of a known name changes. */
function resolve(
  output: Output,
  file: SourceFile,
  symbol: ElfSymbol,
  global: Global,
  section: SourceSection | undefined,
): void {
  const { name, bind, other, shndx, reserved } = symbol;
  const isExtern = !reserved && shndx === 0;
  if (!isExtern && !global.isExtern && !global.isWeak && bind !== STB_WEAK) {
    throw refusal(file.file, `${name} is defined again, and the definition before counts as a strong one`);
  }
  const own = output.symbols[global.symbol]!;
  if (bind === STB_GLOBAL) {
    own.bind = STB_GLOBAL;
    global.isWeak = false;
  }
  if ((other & 3) > (own.other & 3)) own.other = (own.other & ~3) | (other & 3);
  if (isExtern || (!global.isExtern && bind === STB_WEAK)) return;
  own.type = symbol.type;
  own.shndx = section?.target?.index ?? shndx;
  own.value = symbol.value + BigInt(section?.offset ?? 0);
  own.size = symbol.size;
  global.section = section?.target;
  global.isExtern = false;
  const id = file.declared.get(name)?.id ?? 0;
  if (global.type !== 0 && id !== 0) output.types.define(global.type, file.btf!, id);
  global.refers = 0;
}
