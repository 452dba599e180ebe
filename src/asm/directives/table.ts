/** The directives by name. Source: what gas and LLVM's assembler accept (reference section 4.9). */
import { nearest } from "../../diag/index.js";
import type { Dialect } from "../../isa/index.js";
import { equivalent, version, weakReference } from "./alias.js";
import { cfiDirectives } from "./cfi.js";
import { coreReloc } from "./core.js";
import { base64, numbers, strings } from "./data.js";
import { map } from "./map.js";
import { ctype, endFunc, func, license, program } from "./typed.js";
import { align, blocks, fill, nop, gap, leb128, org } from "./gaps.js";
import { file, loc, markLabels } from "./line.js";
import {
  attachToGroup,
  popSection,
  previous,
  pushSection,
  section,
  standard,
  structure,
  subsection,
} from "./section.js";
import { branches, openIf, otherwise, endIf, tests } from "./if.js";
import { end, include, incbin } from "./file.js";
import { alternate, define, exitMacro, purge } from "./macro.js";
import { err, error, fail, print, warning } from "./message.js";
import { floatBlocks, floats, octas, wideStrings } from "./number.js";
import { reloc } from "./reloc.js";
import { iterate, repeat } from "./repeat.js";
import {
  addressCounts,
  addressTable,
  bind,
  common,
  extern,
  ident,
  set,
  size,
  type,
  versionNote,
  visibility,
} from "./symbol.js";
import { collect, macroBlock, repeatBlock } from "../macros/body.js";
import type { Run } from "../run.js";
import { Token } from "../text/tokens.js";

type Directive = (run: Run) => void;

const dialectNames: readonly Dialect[] = ["plain", "gnu", "pseudoc", "kernel", "conformance"];

/** `.syntax NAME`: how the statements after it are spelt. */
function syntax(run: Run): void {
  const name = run.name(1);
  if (name === undefined || !run.ends(2)) return;
  const dialect = dialectNames.find((each) => each === name);
  if (dialect === undefined) run.expected(dialectNames.map((each) => `\`${each}\``).join(", "), 1);
  else run.use(dialect);
}

const byte: Directive = (run) => numbers(run, 1);
const short: Directive = (run) => numbers(run, 2);
const long: Directive = (run) => numbers(run, 4);
const quad: Directive = (run) => numbers(run, 8);
const global: Directive = (run) => bind(run, "global");
const zeroEnded: Directive = (run) => strings(run, 1);
const float: Directive = (run) => floats(run, 4);
const double: Directive = (run) => floats(run, 8);
const nothing: Directive = () => undefined;
const assignment: Directive = set;
const elseIf: Directive = (run) => otherwise(run, tests.get(".if"));
const eachValue: Directive = (run) => iterate(run, false);
const eachCharacter: Directive = (run) => iterate(run, true);
const unopened =
  (opening: string): Directive =>
  (run) =>
    run.errorAt("asm-unopened", { name: run.found(0).replaceAll("`", ""), opening }, 0);

const table: Readonly<Record<string, Directive>> = {
  // Without a prototype it is a dictionary to V8 at once, where it takes milliseconds to find a layout for so many properties.
  __proto__: null as never,
  text: (run) => standard(run, ".text"),
  data: (run) => standard(run, ".data"),
  bss: (run) => standard(run, ".bss"),
  section,
  pushsection: pushSection,
  popsection: popSection,
  previous,
  subsection,
  struct: structure,
  offset: structure,
  attach_to_group: attachToGroup,
  rodata: (run) => standard(run, ".rodata"),
  tdata: (run) => standard(run, ".tdata"),
  tbss: (run) => standard(run, ".tbss"),
  eh_frame: (run) => standard(run, ".eh_frame"),
  globl: global,
  global,
  local: (run) => bind(run, "local"),
  weak: (run) => bind(run, "weak"),
  hidden: (run) => visibility(run, "hidden"),
  protected: (run) => visibility(run, "protected"),
  internal: (run) => visibility(run, "internal"),
  extern,
  type,
  size,
  set: assignment,
  equ: assignment,
  equiv: (run) => equivalent(run, false),
  eqv: (run) => equivalent(run, true),
  weakref: weakReference,
  symver: version,
  reloc,
  comm: (run) => common(run, false),
  lcomm: (run) => common(run, true),
  file,
  loc,
  loc_mark_labels: markLabels,
  ident,
  version: versionNote,
  byte,
  short,
  "2byte": short,
  half: short,
  hword: short,
  long,
  int: long,
  "4byte": long,
  word: long,
  quad,
  "8byte": quad,
  dword: quad,
  ascii: (run) => strings(run, 0),
  asciz: zeroEnded,
  string: zeroEnded,
  string8: zeroEnded,
  base64,
  string16: (run) => wideStrings(run, 2),
  string32: (run) => wideStrings(run, 4),
  string64: (run) => wideStrings(run, 8),
  octa: octas,
  float,
  single: float,
  double,
  "dc.s": float,
  "dc.d": double,
  "dcb.s": (run) => floatBlocks(run, 4),
  "dcb.d": (run) => floatBlocks(run, 8),
  zero: (run) => gap(run),
  skip: (run) => gap(run),
  space: (run) => gap(run),
  ds: (run) => gap(run, 2),
  "ds.b": (run) => gap(run),
  "ds.w": (run) => gap(run, 2),
  "ds.l": (run) => gap(run, 4),
  "ds.s": (run) => gap(run, 4),
  "ds.d": (run) => gap(run, 8),
  "ds.p": (run) => gap(run, 12),
  "ds.x": (run) => gap(run, 12),
  dcb: (run) => blocks(run, 2),
  "dcb.b": (run) => blocks(run, 1),
  "dcb.w": (run) => blocks(run, 2),
  "dcb.l": (run) => blocks(run, 4),
  fill,
  nop,
  org: (run) => org(run, 1),
  uleb128: (run) => leb128(run, false),
  sleb128: (run) => leb128(run, true),
  dc: short,
  "dc.b": byte,
  "dc.w": short,
  "dc.l": long,
  "dc.a": quad,
  balign: (run) => align(run, false),
  balignw: (run) => align(run, false, 2),
  balignl: (run) => align(run, false, 4),
  p2align: (run) => align(run, true),
  p2alignw: (run) => align(run, true, 2),
  p2alignl: (run) => align(run, true, 4),
  // Bytes for LLVM, a power of two for gas.
  align: (run) => align(run, run.dialect === "gnu"),
  syntax,
  map,
  ctype,
  func,
  endfunc: endFunc,
  program,
  license,
  core_reloc: coreReloc,
  else: (run) => otherwise(run, undefined),
  elseif: elseIf,
  elsif: elseIf,
  endif: endIf,
  // MRI's names, which gas reads everywhere.
  elsec: (run) => otherwise(run, undefined),
  endc: endIf,
  macro: define,
  endm: unopened(".macro"),
  endmacro: unopened(".macro"),
  purgem: purge,
  exitm: exitMacro,
  altmacro: (run) => alternate(run, true),
  noaltmacro: (run) => alternate(run, false),
  rept: repeat,
  rep: repeat,
  irp: eachValue,
  irep: eachValue,
  irpc: eachCharacter,
  irepc: eachCharacter,
  endr: unopened(".rept, .irp or .irpc"),
  include,
  incbin,
  end,
  error,
  err,
  warning,
  print,
  fail,
  abort,
  linkonce: linkOnce,
  // There is no listing.
  eject: nothing,
  list: nothing,
  nolist: nothing,
  lflags: nothing,
  psize: nothing,
  sbttl: nothing,
  title: nothing,
  addrsig: addressTable,
  addrsig_sym: addressCounts,
  ...cfiDirectives,
};

/** The directive called `name`, which begins with a dot. */
function find(name: string): Directive | undefined {
  const bare = name.slice(1);
  if (Object.hasOwn(table, bare)) return table[bare];
  const test = tests.get(name);
  return test === undefined ? undefined : (run) => openIf(run, test);
}

/** Directives whose operands are raw text: what is no token there is no mistake. */
export const rawDirectives: ReadonlySet<string> = new Set([
  ".macro",
  ".irp",
  ".irpc",
  ".irep",
  ".irepc",
  ".ifb",
  ".ifnb",
  ".ifc",
  ".ifnc",
]);

/** Directives that gas or LLVM have, for other machines or formats: why there are none here. */
const foreign: Readonly<Record<string, string>> = {
  bundle_align_mode: "bundles are for machines whose instructions differ in size",
  bundle_lock: "bundles are for machines whose instructions differ in size",
  bundle_unlock: "bundles are for machines whose instructions differ in size",
  nops: "`.nop` is one instruction that does nothing; repeat it with `.rept`",
  stabs: "debugging data are DWARF: `.file`, `.loc`",
  stabn: "debugging data are DWARF: `.file`, `.loc`",
  stabd: "debugging data are DWARF: `.file`, `.loc`",
  gnu_attribute: "BPF objects have no attributes",
  mri: "there is no MRI mode",
  vtable_inherit: "there are no virtual tables to be collected",
  vtable_entry: "there are no virtual tables to be collected",
  cv_file: "debugging data are DWARF: `.file`, `.loc`",
  cv_loc: "debugging data are DWARF: `.file`, `.loc`",
  intel_syntax: "`.syntax` chooses a spelling: plain, gnu, pseudoc, kernel or conformance",
  att_syntax: "`.syntax` chooses a spelling: plain, gnu, pseudoc, kernel or conformance",
};

/** `.linkonce`: gas reads it everywhere, and says that it has no effect in ELF. */
function linkOnce(run: Run): void {
  run.errorAt("asm-linkonce", {}, 0);
}

/** `.abort` */
function abort(run: Run): void {
  run.report.halt("asm-abort", {}, run.tokens.start[0]!, run.tokens.end[0]!);
}

/** Is the statement the condition of a branch behind one that was taken? */
export function isPassedOver({ tokens, interner, conditions }: Run): boolean {
  if (tokens.kind[0] !== Token.word || tokens.count === 0) return false;
  return conditions.innermost?.taken === true && branches.has(interner.names[interner.folded(tokens.value[0]!)]!);
}

/** Passes over what a statement opens that could not be read, so that what closes it is nothing odd. */
export function passBlock(run: Run): void {
  const { tokens, interner } = run;
  if (tokens.kind[0] !== Token.word || tokens.count === 0) return;
  const name = interner.names[interner.folded(tokens.value[0]!)]!;
  if (tests.has(name)) return openIf(run, () => undefined);
  if (branches.has(name)) return otherwise(run, () => undefined);
  const block = [macroBlock, repeatBlock].find(({ opening }) => opening.has(name));
  if (block !== undefined) collect(run, block);
}

export function isDirective(name: string): boolean {
  return find(name) !== undefined;
}

export function directive(run: Run): void {
  const { tokens, interner } = run;
  const name = interner.names[interner.folded(tokens.value[0]!)]!;
  const found = find(name);
  if (found !== undefined) return found(run);
  const bare = name.slice(1);
  if (Object.hasOwn(foreign, bare)) return run.errorAt("asm-directive-foreign", { name, reason: foreign[bare]! }, 0);
  const guess = nearest(name, [
    ...Object.keys(table).map((each) => `.${each}`),
    ...tests.keys(),
    ...run.macros.names(),
  ]);
  if (guess === undefined) run.errorAt("asm-directive", { name }, 0);
  else run.errorAt("asm-directive-near", { name, guess }, 0);
}
