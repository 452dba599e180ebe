/**
 * Types as a C header that compiles: what `vmlinux.h` is. Written from our own rules; the frame of macros is the one
 * programs know from `bpftool btf dump … format c`.
 */
import type { Btf } from "../btf.js";
import { visitTypeIds } from "../join/refs.js";
import { BtfKind, infoKind } from "../table.js";
import type { BtfType } from "../types.js";
import { Budget } from "./budget.js";
import { Declarer } from "./c-declare.js";
import { Layouts } from "./c-layout.js";
import { CNames, identifier, standIn } from "./c-names.js";
import { Order, type Declaration } from "./c-order.js";

export interface CHeaderOptions {
  /** The types to declare, with all they need; all of the BTF's own unless given. */
  readonly roots?: readonly number[] | undefined;
}

const head = `#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

`;

const tail = `#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

`;

const kfuncHead = `#ifndef BPF_NO_KFUNC_PROTOTYPES
#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#ifndef __bpf_fastcall
#if __has_attribute(bpf_fastcall)
#define __bpf_fastcall __attribute__((bpf_fastcall))
#else
#define __bpf_fastcall
#endif
#endif

`;

/** The C names of types in the header that `writeC` makes: a second type of one name has `___2` behind it. */
export function cTypeNames(btf: Btf): (id: number) => string {
  const names = new CNames(btf);
  return (id) => names.of(id);
}

/** `bool`, `true` and `false` are words of C since C23: whoever compiles as such has them already. */
function isC23(type: BtfType): boolean {
  if (type.kind === "typedef" || type.kind === "int") return type.name === "bool";
  return type.kind === "enum" && type.name === "" && type.values.some(({ name }) => name === "true");
}

/** The types that others of `btf`'s own refer to. Read from the words: most types need no record. */
function referredTo(btf: Btf): Uint8Array {
  const seen = new Uint8Array(btf.typeCount);
  const { words, starts } = btf;
  const see = (index: number): void => {
    if (words[index]! < seen.length) seen[words[index]!] = 1;
  };
  for (let own = 0; own < starts.length - 1; own++) visitTypeIds(words, starts[own]!, see);
  return seen;
}

/** What C declares of its own accord: not pointers and the like, and enums without a name only where nothing holds them. */
function defaultRoots(btf: Btf): number[] {
  const { words, starts, firstId } = btf;
  const held = referredTo(btf);
  const roots: number[] = [];
  for (let own = 0; own < starts.length - 1; own++) {
    const id = own + firstId;
    switch (infoKind(words[starts[own]! + 1]!)) {
      case BtfKind.BTF_KIND_STRUCT:
      case BtfKind.BTF_KIND_UNION:
      case BtfKind.BTF_KIND_TYPEDEF:
        if (btf.hasName(id)) roots.push(id);
        break;
      case BtfKind.BTF_KIND_FWD:
        roots.push(id);
        break;
      case BtfKind.BTF_KIND_ENUM:
      case BtfKind.BTF_KIND_ENUM64:
        if (held[id] === 0 || btf.hasName(id)) roots.push(id);
        break;
      default:
    }
  }
  return roots;
}

interface Kfunc {
  readonly id: number;
  readonly fast: boolean;
}

/** The kernel's functions for BPF programs, by the tags on them. */
function kfuncs(btf: Btf): Kfunc[] {
  const tagged = new Map<number, boolean>();
  const fast = new Set<number>();
  const { words, starts } = btf;
  for (let own = 0; own < starts.length - 1; own++) {
    if (infoKind(words[starts[own]! + 1]!) !== BtfKind.BTF_KIND_DECL_TAG) continue;
    const type = btf.type(own + btf.firstId);
    if (type.kind !== "decl_tag" || type.componentIdx !== -1) continue;
    if (type.name === "bpf_kfunc") tagged.set(type.type, true);
    if (type.name === "bpf_fastcall") fast.add(type.type);
  }
  return [...tagged.keys()].map((id) => ({ id, fast: fast.has(id) }));
}

class Header {
  readonly #btf: Btf;
  readonly #names: CNames;
  readonly #declarer: Declarer;
  readonly #order: Order;
  readonly #write: (text: string) => void;

  constructor(btf: Btf, write: (text: string) => void) {
    const budget = new Budget(btf);
    this.#btf = btf;
    this.#names = new CNames(btf);
    this.#declarer = new Declarer(btf, this.#names, new Layouts(btf, budget), budget);
    this.#order = new Order(btf, this.#names, budget, (declaration) => this.#declare(declaration));
    this.#write = write;
  }

  #declare({ what, id }: Declaration): void {
    const type = this.#btf.record(id);
    const text = what === "forward" ? this.#forward(id, type) : this.#definition(id, type);
    if (text === "") return;
    this.#write(isC23(type) ? `#if __STDC_VERSION__ < 202311L\n${text};\n#endif\n\n` : `${text};\n\n`);
  }

  #forward(id: number, type: BtfType): string {
    const kind = type.kind === "fwd" ? type.of : type.kind;
    return `${kind} ${this.#names.of(id)}`;
  }

  #definition(id: number, type: BtfType): string {
    switch (type.kind) {
      case "struct":
      case "union":
        return this.#declarer.body(type, this.#names.of(id), 0);
      case "enum":
      case "enum64":
        return this.#declarer.enumBody(type, this.#names.of(id), 0);
      case "typedef":
        return `typedef ${this.#declarer.declare(type.type, this.#names.of(id))}`;
      case "int":
      case "float":
        return `typedef ${standIn(type)} ${this.#names.of(id)}`;
      default:
        return "";
    }
  }

  print(roots: readonly number[], withKfuncs: boolean): void {
    this.#write(head);
    for (const id of roots) this.#order.add(id);
    const functions = withKfuncs ? kfuncs(this.#btf) : [];
    const protos = functions.map(({ id }) => this.#btf.type(id)).filter(({ kind }) => kind === "func");
    for (const type of protos) if (type.kind === "func") this.#order.addPrototype(type.type);
    if (protos.length > 0) this.#write(kfuncHead);
    for (const { id, fast } of functions) {
      const type = this.#btf.type(id);
      if (type.kind !== "func") continue;
      const name = this.#names.ordinary.unique(identifier(type.name));
      const prefix = fast ? "__bpf_fastcall " : "";
      this.#write(`extern ${prefix}${this.#declarer.declare(type.type, name)} __weak __ksym;\n`);
    }
    if (protos.length > 0) this.#write("#endif\n\n");
    this.#write(`${tail}#endif /* __VMLINUX_H__ */\n`);
  }
}

/**
 * Writes a C header with the types of `btf`, piece by piece. Types that C cannot lay out are shown as bytes. Throws
 * `btf-loop`, `btf-depth`, `btf-output` for corrupt BTF.
 */
export function writeC(btf: Btf, options: CHeaderOptions, write: (text: string) => void): void {
  const header = new Header(btf, write);
  header.print(options.roots ?? defaultRoots(btf), options.roots === undefined);
}
