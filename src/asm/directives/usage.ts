/** How directives are written, for those who are about to find out. */
import type { Run } from "../run.js";

const usages = (): Readonly<Record<string, string>> => ({
  ".ascii": '.ascii "TEXT"',
  ".asciz": '.asciz "TEXT"',
  ".string": '.string "TEXT"',
  ".comm": ".comm NAME, BYTES, ALIGNMENT",
  ".lcomm": ".lcomm NAME, BYTES, ALIGNMENT",
  ".core_reloc": ".core_reloc PLACE, KIND, TYPE, PATH",
  ".equ": ".equ NAME, EXPRESSION",
  ".equiv": ".equiv NAME, EXPRESSION",
  ".eqv": ".eqv NAME, EXPRESSION",
  ".fill": ".fill COUNT, SIZE, VALUE",
  ".globl": ".globl NAME, …",
  ".global": ".global NAME, …",
  ".ifc": ".ifc TEXT, TEXT",
  ".incbin": '.incbin "FILE", SKIP, COUNT',
  ".include": '.include "FILE"',
  ".irp": ".irp NAME, VALUE, …",
  ".irpc": ".irpc NAME, CHARACTERS",
  ".license": '.license "GPL"',
  ".loc": ".loc FILE LINE COLUMN",
  ".local": ".local NAME, …",
  ".macro": ".macro NAME PARAMETER, …",
  ".map": ".map NAME, type=hash, key=u32, value=u64, max_entries=256",
  ".program": ".program SECTION, NAME",
  ".reloc": ".reloc PLACE, TYPE, SYMBOL + NUMBER",
  ".rept": ".rept COUNT",
  ".section": '.section NAME, "FLAGS", @TYPE',
  ".set": ".set NAME, EXPRESSION",
  ".size": ".size NAME, EXPRESSION",
  ".symver": ".symver NAME, NAME@VERSION",
  ".syntax": ".syntax NAME",
  ".type": ".type NAME, @function",
  ".weak": ".weak NAME, …",
  ".weakref": ".weakref ALIAS, TARGET",
});

/** Of the statement, where it is a directive. */
export function directiveUsage({ interner, tokens }: Run): string | undefined {
  const name = interner.names[interner.folded(tokens.value[0]!)] ?? "";
  const known = usages();
  return Object.hasOwn(known, name) ? `it is written \`${known[name]!}\`` : undefined;
}
