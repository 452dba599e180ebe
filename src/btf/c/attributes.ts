/** `__attribute__((…))` and the words of libbpf's headers that stand for them. */
import { constantC, type CMeanings } from "./constant.js";
import type { CCursor } from "./lex.js";

export interface CAttributes {
  packed: boolean;
  /** In bytes; 0 where nothing is asked for. */
  aligned: number;
  section: string | undefined;
  weak: boolean;
  declTags: string[];
  typeTags: string[];
}

/** They change neither a type nor a symbol here. */
const ignored: ReadonlySet<string> = new Set([
  "preserve_access_index",
  "preserve_static_offset",
  "unused",
  "used",
  "always_inline",
  "noinline",
  "const",
  "pure",
  "may_alias",
  "deprecated",
  "noreturn",
  "nonnull",
  "nocf_check",
  "hidden",
  "visibility",
  "format",
  "cold",
  "hot",
]);

const meant: readonly string[] = ["packed", "aligned", "section", "weak", "btf_decl_tag", "btf_type_tag"];

/** One word for an attribute: what bpf_helpers.h defines. */
const words: Readonly<Record<string, (attributes: CAttributes) => void>> = {
  __weak: (attributes) => (attributes.weak = true),
  __ksym: (attributes) => (attributes.section = ".ksyms"),
  __kconfig: (attributes) => (attributes.section = ".kconfig"),
  __kptr: (attributes) => attributes.typeTags.push("kptr"),
  __kptr_untrusted: (attributes) => attributes.typeTags.push("kptr_untrusted"),
  __percpu_kptr: (attributes) => attributes.typeTags.push("percpu_kptr"),
  __arg_ctx: (attributes) => attributes.declTags.push("arg:ctx"),
  __arg_nonnull: (attributes) => attributes.declTags.push("arg:nonnull"),
  __arg_nullable: (attributes) => attributes.declTags.push("arg:nullable"),
  __arg_trusted: (attributes) => attributes.declTags.push("arg:trusted"),
  __arg_arena: (attributes) => attributes.declTags.push("arg:arena"),
  __hidden: () => {},
  __always_inline: () => {},
  __noinline: () => {},
};

export function newAttributes(): CAttributes {
  return { packed: false, aligned: 0, section: undefined, weak: false, declTags: [], typeTags: [] };
}

/** Adds the attributes at the cursor to `to`, as many as stand there; false where there was none. */
export function attributesC(cursor: CCursor, meanings: CMeanings, to: CAttributes): boolean {
  for (let any = false; ; any = true) {
    const { token } = cursor;
    if (token.kind !== "word") return any;
    if (token.text === "SEC" && cursor.ahead(1).text === "(") {
      cursor.next();
      to.section = text(cursor);
    } else if (Object.hasOwn(words, token.text)) {
      cursor.next();
      words[token.text]!(to);
    } else if (token.text === "__attribute__" || token.text === "__attribute") {
      cursor.next();
      cursor.expect("(");
      cursor.expect("(");
      while (!cursor.is(")")) {
        one(cursor, meanings, to);
        if (!cursor.accept(",")) break;
      }
      cursor.expect(")");
      cursor.expect(")");
    } else {
      return any;
    }
  }
}

/** `("text")` */
function text(cursor: CCursor): string {
  cursor.expect("(");
  if (cursor.token.kind !== "string") cursor.expected("a string");
  const { text: found } = cursor.next();
  cursor.expect(")");
  return found;
}

function one(cursor: CCursor, meanings: CMeanings, to: CAttributes): void {
  const token = cursor.next();
  const name = token.text.replace(/^__(.*)__$/, "$1");
  switch (name) {
    case "packed":
      to.packed = true;
      return;
    case "weak":
      to.weak = true;
      return;
    case "section":
      to.section = text(cursor);
      return;
    case "btf_decl_tag":
      to.declTags.push(text(cursor));
      return;
    case "btf_type_tag":
      to.typeTags.push(text(cursor));
      return;
    case "aligned": {
      // Without a number: as much as any type of the target needs.
      let bytes = 16n;
      if (cursor.accept("(")) {
        const at = cursor.token;
        bytes = constantC(cursor, meanings);
        if (bytes < 1n || bytes > 1n << 28n || (bytes & (bytes - 1n)) !== 0n) {
          cursor.fail("ctype-alignment", { value: bytes }, at);
        }
        cursor.expect(")");
      }
      to.aligned = Math.max(to.aligned, Number(bytes));
      return;
    }
    default:
      if (!ignored.has(name)) cursor.fail("ctype-attribute", { name, known: meant.join(", ") }, token);
      if (cursor.accept("(")) {
        for (let depth = 1; depth > 0;) {
          if (cursor.done) cursor.expected("`)`");
          const { text: sign, kind } = cursor.next();
          if (kind === "sign" && sign === "(") depth++;
          else if (kind === "sign" && sign === ")") depth--;
        }
      }
  }
}
