/** What a run gathers about types: declarations, maps, functions and their source lines. The BTF is made of it at the end. */
import { CScope, type CDeclaredFunction, type CType } from "../../btf/index.js";
import type { TextPlace } from "../../diag/index.js";
import type { Run } from "../run.js";
import { newSymbol, placeSymbol } from "../output/symbols.js";
import type { AsmSection, AsmSymbol, Expression } from "../types.js";

/** A size, or a type that has it. */
export type MapItem = number | CType;

/** What a slot of a map holds at first. */
export interface MapContent {
  readonly tree: Expression | undefined;
  /** Byte offsets in the text. */
  readonly at: number;
  readonly end: number;
}

export interface MapStatement {
  readonly name: string;
  readonly type: number;
  /** 0 where the map has none. */
  readonly key: MapItem;
  readonly value: MapItem;
  readonly maxEntries: number;
  readonly flags: number;
  readonly extra: bigint;
  readonly numaNode: number;
  readonly pinning: boolean;
  readonly inner: MapStatement | undefined;
  /** Initial contents: maps or programs, 0 for none. Undefined where the map cannot have any. */
  readonly values: readonly MapContent[] | undefined;
}

export interface TypedFunction {
  readonly symbol: AsmSymbol;
  readonly declared: CDeclaredFunction;
}

/** The source line of one instruction. */
export interface TypedLine {
  readonly start: AsmSymbol;
  readonly place: TextPlace;
}

export class Typed {
  readonly scope: CScope;
  readonly maps: (MapStatement & { readonly symbol: AsmSymbol })[] = [];
  readonly functions: TypedFunction[] = [];
  readonly lines: TypedLine[] = [];
  /** The function between `.func` and `.endfunc`. */
  open: TypedFunction | undefined;
  /** Between gas's own `.func NAME` and `.endfunc`. */
  plain = false;
  /** The function that `.program` began, while its end is not known. */
  program: AsmSymbol | undefined;
  /** Of each declared name, the offset of its declaration in the file. */
  readonly places: Map<string, readonly [start: number, end: number]> = new Map();

  /** The variable of `.license`: linkers want types of all global symbols where there are types at all. */
  license: { readonly symbol: AsmSymbol; readonly size: number } | undefined;
  /** The first directive of this kind. */
  first: readonly [start: number, end: number] | undefined;
  readonly #constant: (name: string) => bigint | undefined;

  /** `constant` gives the values of the assembler's own names. */
  constructor(constant: (name: string) => bigint | undefined) {
    this.#constant = constant;
    this.scope = new CScope({ constant });
  }

  /** The value of a name: what `.set` gave it, or an enumerator's. */
  constant(name: string): bigint | undefined {
    return this.scope.enumerators.get(name) ?? this.#constant(name);
  }

  /** Is there anything to make BTF of? */
  get used(): boolean {
    const { scope, maps, functions } = this;
    return maps.length > 0 || functions.length > 0 || scope.types.length > 0 || scope.declared.size > 0;
  }

  /** Remembers the source line of the instruction that starts at token `first` and is put next. */
  line({ sections, source, tokens }: Run, first: number): void {
    const at = tokens.start[first]!;
    this.lines.push({
      start: placeSymbol(sections.current, at),
      place: source.place(at, tokens.end[tokens.count - 1]!),
    });
  }

  /** At the end of the text. */
  close({ report, scanner }: Run): void {
    this.endProgram(scanner.at);
    const { open } = this;
    if (open === undefined) return;
    const [start, end] = this.places.get(open.symbol.name)!;
    report.add("asm-func-open", { name: open.symbol.name }, start, end);
  }

  /** Ends the function of `.program` where its section ends by now. */
  endProgram(at: number): void {
    const { program } = this;
    this.program = undefined;
    if (program?.section !== undefined && program.size === undefined)
      program.size = upToHere(program, program.section, at);
  }
}

/** Bytes from `symbol` to the end of what `section` has by now. */
export function upToHere(symbol: AsmSymbol, section: AsmSection, at: number): Expression {
  const end: Expression = { kind: "symbol", symbol: placeSymbol(section, at), at };
  return { kind: "binary", operator: "-", left: end, right: { kind: "symbol", symbol, at }, at };
}

/** A temporary symbol at the start of `symbol`, which later changes of its binding do not touch. */
export function sameStart(symbol: AsmSymbol): AsmSymbol {
  const made = newSymbol("", symbol.at, true);
  made.section = symbol.section;
  made.offset = symbol.offset;
  made.after = symbol.after;
  return made;
}
