/** The types of the output while inputs are added: words one behind the other, strings in the order in which they come. */
import { BtfKind, infoKind, infoVlen, MovedStrings, StringTable, visitStrings, type Btf } from "../../btf/index.js";
import { BtfFuncLinkage, BtfVarLinkage } from "../../btf/index.js";

const K = BtfKind;

/** How many types of types a size is looked for behind: more is a loop. */
const sizeDepth = 64;

export class MergedTypes {
  words: Uint32Array = new Uint32Array(1024);
  /** Index of the first word of each type, and the end. */
  readonly starts: number[] = [0];
  readonly strings: StringTable = new StringTable();
  readonly #moved = new Map<Btf, MovedStrings>();

  /** The id that the next type gets. */
  get next(): number {
    return this.starts.length;
  }

  at(id: number): number {
    return this.starts[id - 1]!;
  }
  kind(id: number): number {
    return id === 0 ? 0 : infoKind(this.words[this.at(id) + 1]!);
  }

  /** The offset of a string of an input. */
  string(btf: Btf, offset: number): number {
    let moved = this.#moved.get(btf);
    if (moved === undefined)
      this.#moved.set(btf, (moved = new MovedStrings(btf, this.strings, new Uint32Array(btf.strings.length))));
    return moved.take(offset);
  }

  /** Adds type `id` of an input; what it refers to keeps its number there. */
  add(btf: Btf, id: number): number {
    const made = this.#push(btf.words.subarray(btf.starts[id - 1], btf.starts[id]));
    visitStrings(this.words, this.at(made), (index) => {
      this.words[index] = this.string(btf, this.words[index]!);
    });
    return made;
  }

  addDatasec(name: string, size: number, variables: readonly number[]): void {
    const info = (K.BTF_KIND_DATASEC << 24) | (variables.length / 3);
    this.#push([this.strings.intern(name), info, size, ...variables]);
  }

  #push(words: ArrayLike<number>): number {
    const start = this.starts.at(-1)!;
    const end = start + words.length;
    if (end > this.words.length) {
      const grown = new Uint32Array(Math.max(end, 2 * this.words.length));
      grown.set(this.words);
      this.words = grown;
    }
    this.words.set(words, start);
    return this.starts.push(end) - 1;
  }

  /** Variable or function `id`, so far declared, is defined by `theirs` of an input: it becomes one, with names of parameters. */
  define(id: number, btf: Btf, theirs: number): void {
    const { words } = this;
    const at = this.at(id);
    if (this.kind(id) === K.BTF_KIND_VAR) {
      words[at + 3] = BtfVarLinkage.BTF_VAR_GLOBAL_ALLOCATED;
      return;
    }
    words[at + 1] = (K.BTF_KIND_FUNC << 24) | BtfFuncLinkage.BTF_FUNC_GLOBAL;
    const proto = this.at(words[at + 2]!);
    const source = btf.starts[btf.words[btf.starts[theirs - 1]! + 2]! - 1];
    if (this.kind(words[at + 2]!) !== K.BTF_KIND_FUNC_PROTO || source === undefined) return;
    const count = Math.min(infoVlen(words[proto + 1]!), infoVlen(btf.words[source + 1]!));
    for (let i = 0; i < count; i++) {
      const name = btf.words[source + 3 + 2 * i]!;
      if (name !== 0) words[proto + 3 + 2 * i] = this.string(btf, name);
    }
  }

  /** The size in bytes of type `id`; undefined where it has none. */
  size(id: number): number | undefined {
    let count = 1;
    let type = id;
    for (let depth = 0; depth < sizeDepth; depth++) {
      const at = this.at(type);
      switch (this.kind(type)) {
        case K.BTF_KIND_INT:
        case K.BTF_KIND_STRUCT:
        case K.BTF_KIND_UNION:
        case K.BTF_KIND_ENUM:
        case K.BTF_KIND_ENUM64:
        case K.BTF_KIND_DATASEC:
        case K.BTF_KIND_FLOAT:
          return count * this.words[at + 2]!;
        case K.BTF_KIND_PTR:
          return count * 8;
        case K.BTF_KIND_TYPEDEF:
        case K.BTF_KIND_VOLATILE:
        case K.BTF_KIND_CONST:
        case K.BTF_KIND_RESTRICT:
        case K.BTF_KIND_VAR:
        case K.BTF_KIND_DECL_TAG:
        case K.BTF_KIND_TYPE_TAG:
          type = this.words[at + 2]!;
          break;
        case K.BTF_KIND_ARRAY:
          count *= this.words[at + 5]!;
          type = this.words[at + 3]!;
          break;
        default:
          return undefined;
      }
    }
    return undefined;
  }
}
