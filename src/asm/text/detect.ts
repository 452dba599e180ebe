/**
 * Which spelling a text is in. The first statement that tells decides, in this order of questions:
 *
 * * `12: (bf) …`, `goto pc+5`: kernel;
 * * `rN =`, `rN +=`, `if …`, `goto …`, `*(…`, `lock *(…`: pseudo-C;
 * * a register with `%`: GNU, unless one of the first 64 KiB's statements has a word that only conformance texts have
 *   (`lock add`, `movsx832`, `be16 %r1`, `call local`, a jump to `exit`);
 * * any other instruction with operands: plain.
 *
 * A parameter of a macro (`\NAME`) counts as a register, and calls of the text's own macros do not count. A text that tells nothing is
 * plain, unless a file that it includes tells more.
 */
import { decodeUtf8 } from "../../bytes/index.js";
import { isRemark } from "./kernel-lines.js";
import type { Dialect } from "../../isa/index.js";

/** Bytes that are looked at. */
const window = 65_536;

const kernel = /^\d+:\s*\([0-9a-f]{2}\)|\b(goto|gotol|may_goto|call)\s+pc[+-]/;
const pseudoc =
  /^([rw]\d+\s*(s?[-+*/%&|^<>]{0,3}=)|if\s+[rw]\d|goto\b|gotol\b|may_goto\b|gotox\b|callx\b|ld_pseudo\b|(lock\s+)?\*\s*\(|store_release\s*\()/i;
const conformance =
  /^(lock\s+\w|movsx\d|(le|be|swap|bswap)(16|32|64)\s+%|call\s+(local|helper)\b|ja32\b)|^j\w+\s.*[\s,]exit$/;
const percent = /%(r\d+|fp)\b/i;

/** The text with its block comments blanked; one pass, whatever the text. */
function withoutBlocks(text: string): string {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf("/*", at);
    const close = open < 0 ? -1 : text.indexOf("*/", open + 2);
    if (close < 0) return parts.join(" ") + text.slice(at);
    parts.push(text.slice(at, open));
    at = close + 2;
  }
}

/** The spelling of `text`; undefined when it tells nothing. */
export function detectDialect(text: Uint8Array): Dialect | undefined {
  const head = withoutBlocks(decodeUtf8(text.subarray(0, window)));
  const macros = new Set(Array.from(head.matchAll(/^\s*\.macro[ \t]+([\w.$]+)/gim), ([, name]) => name!.toLowerCase()));
  let gnu = false;
  // Between .ctype and .endctype stands C.
  let foreign = false;
  for (const line of head.split("\n")) {
    if (/^\s*\.(?:end)?ctype\s*(?:[#;]|\/\/|$)/i.test(line)) foreign = !/^\s*\.end/i.test(line);
    if (foreign || isRemark(line)) continue;
    const statement = line
      .replace(/(#|\/\/|;).*/, "")
      .replace(/^\s*([\w.$\\@]+\s*:(?!\s*\())*/, "")
      .replace(/\\[A-Za-z_]\w*/g, "r1")
      .trim();
    const whole = line.trim();
    if (!gnu && kernel.test(whole)) return "kernel";
    if (statement === "" || (statement.startsWith(".") && !/^\.\s*=/.test(statement))) {
      const name = /^\.syntax\s+(plain|gnu|pseudoc|kernel|conformance)$/.exec(statement)?.[1];
      if (name !== undefined && !gnu) return name as Dialect;
      continue;
    }
    if (macros.size > 0 && macros.has(/^[\w.$]*/.exec(statement)![0].toLowerCase())) continue;
    if (conformance.test(statement) && (gnu || percent.test(statement) || /^call\s/.test(statement)))
      return "conformance";
    if (percent.test(statement)) gnu = true;
    if (gnu) continue;
    if (pseudoc.test(statement)) return "pseudoc";
    if (/^[a-z]\w*\s+(?![=\s])/i.test(statement) && !/^(call|ja)\s/i.test(statement)) return "plain";
  }
  return gnu ? "gnu" : undefined;
}
