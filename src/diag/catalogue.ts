/**
 * The catalogue: every message bpfkit can give, by code. One table per room, joined here.
 *
 * A code is stable: users silence warnings and scripts match errors by it.
 */
import type { Catalogue } from "./catalogue/entry.js";
import { asmMessages } from "./catalogue/asm.js";
import { asmTypedMessages } from "./catalogue/asm-typed.js";
import { btfMessages } from "./catalogue/btf.js";
import { builderMessages } from "./catalogue/builder.js";
import { bytesMessages } from "./catalogue/bytes.js";
import { cliMessages } from "./catalogue/cli.js";
import { copyMessages } from "./catalogue/copy.js";
import { ctypeMessages } from "./catalogue/ctype.js";
import { disasmMessages } from "./catalogue/disasm.js";
import { elfMessages } from "./catalogue/elf.js";
import { kernelMessages } from "./catalogue/kernel.js";
import { linkMessages } from "./catalogue/link.js";
import { objectMessages } from "./catalogue/object.js";
import { vmMessages } from "./catalogue/vm.js";

type Joined = typeof bytesMessages &
  typeof elfMessages &
  typeof btfMessages &
  typeof ctypeMessages &
  typeof objectMessages &
  typeof asmMessages &
  typeof asmTypedMessages &
  typeof builderMessages &
  typeof linkMessages &
  typeof vmMessages &
  typeof kernelMessages &
  typeof copyMessages &
  typeof disasmMessages &
  typeof cliMessages;

export type DiagnosticCode = keyof Joined;

let joined: (Joined & Catalogue) | undefined;

/** All messages by code, joined when somebody first has something to say. */
export function catalogue(): Joined & Catalogue {
  joined ??= {
    ...bytesMessages,
    ...elfMessages,
    ...btfMessages,
    ...ctypeMessages,
    ...objectMessages,
    ...asmMessages,
    ...asmTypedMessages,
    ...builderMessages,
    ...linkMessages,
    ...vmMessages,
    ...kernelMessages,
    ...copyMessages,
    ...disasmMessages,
    ...cliMessages,
  };
  return joined;
}

/** The names between braces in a template: the facts a diagnostic of that code must be given. */
type Holes<Template extends string> = Template extends `${string}{${infer Hole}}${infer Rest}`
  ? Hole | Holes<Rest>
  : never;

type HelpOf<Code extends DiagnosticCode> = Joined[Code] extends { readonly help: infer Help extends string }
  ? Help
  : "";

/** The facts that fill the message and the advice of `Code`. */
export type DiagnosticFacts<Code extends DiagnosticCode> = {
  readonly [Hole in Holes<Joined[Code]["message"]> | Holes<HelpOf<Code>>]: string | number | bigint;
};
