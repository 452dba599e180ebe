/**
 * Statements that people write who come from C or from another machine's assembler: what is wrong with them in a sentence, and what says
 * what was perhaps meant. Looked at only where a statement is no instruction.
 */
import type { Dialect } from "../../isa/index.js";

/** What the named groups of a pattern have found; `at` is where the caret goes. */
type Groups = Readonly<Record<string, string>>;

export interface Advice {
  readonly problem: string;
  readonly advice: string;
}

interface Mistake {
  readonly pattern: RegExp;
  /** Undefined: this is not what is wrong. */
  readonly advise: (found: Groups) => Advice | undefined;
}

const operation = String.raw`s?>>|<<|s?[/%]|[-+*&|^]`;
const cTypes = "int|unsigned|signed|char|short|long|void|bool|size_t|ssize_t|__[us]\\d+|u?int\\d+_t";
const sized: Readonly<Record<string, string>> = {
  char: "u8",
  bool: "u8",
  short: "u16",
  int: "u32",
  unsigned: "u32",
  signed: "u32",
};

function withWidth(register: string, like: string): string {
  return like[0]! + register.slice(1);
}

function inSteps(d: string, a: string, last: string): string {
  return d === a ? `write \`${last}\`` : `in two steps: \`${d} = ${a}\`, then \`${last}\``;
}

/** Of pseudo-C. */
const pseudoc = (): readonly Mistake[] => [
  {
    pattern: new RegExp(`^(?<d>[rw]\\d+)\\s*=\\s*(?<a>[rw]\\d+|-?\\w+)\\s*(?<at>${operation})\\s*(?<b>[^=\\s].*)$`),
    advise: ({ d, a, at, b }) =>
      /^[rw]\d+$/.test(a!) || /^[rw]\d+$/.test(b!)
        ? {
            problem: "an instruction computes with what is in its register",
            advice: inSteps(d!, a!, `${d} ${at}= ${b}`),
          }
        : undefined,
  },
  {
    pattern: /^if\s*(?<at>\()\s*(?<condition>[^()]*?)\s*\)\s*(?:\{\s*)?(?:goto\s+(?<label>[\w.$+]+))?/,
    advise: ({ condition, label }) => ({
      problem: "a condition has no parentheses",
      advice: `write \`if ${condition} goto ${label ?? "LABEL"}\``,
    }),
  },
  {
    pattern: /^if\b.*?(?<at>&&|\|\||\band\b|\bor\b)/,
    advise: () => ({ problem: "a jump has one comparison", advice: "write a jump for each of them" }),
  },
  {
    pattern: /^if\s+[rw]\d+\s*(?<at>===?=?|!==|=)(?!=)/,
    advise: ({ at }) =>
      at === "=="
        ? undefined
        : { problem: `\`${at}\` does not compare`, advice: `did you mean \`${at === "!==" ? "!=" : "=="}\`?` },
  },
  {
    pattern: /^if\s+(?<at>!)\s*(?<r>[rw]\d+)/,
    advise: ({ r }) => ({ problem: "a condition compares two values", advice: `write \`if ${r} == 0 goto …\`` }),
  },
  {
    pattern: /^if\s+(?<r>[rw]\d+)\s+(?<at>goto)\b/,
    advise: ({ r }) => ({ problem: "a condition compares two values", advice: `write \`if ${r} != 0 goto …\`` }),
  },
  {
    pattern: /^if\s+(?<a>[rw]\d+)\s*(?:s?[<>]=?|[=!]=|&)\s*(?<at>[rw]\d+)\b/,
    advise: ({ a, at }) =>
      a![0] === at![0]
        ? undefined
        : {
            problem: "both registers of a comparison have one width",
            advice: `compare \`${a}\` with \`${withWidth(at!, a!)}\``,
          },
  },
  {
    pattern: /^if\b.*?(?<at>\bthen\b|\{)/,
    advise: () => ({ problem: "a condition does nothing but jump", advice: "write `if r1 == 0 goto LABEL`" }),
  },
  {
    pattern: /^(?<d>[rw]\d+)\s*(?<at>\+\+|--)$/,
    advise: ({ d, at }) => ({ problem: `there is no \`${at}\``, advice: `write \`${d} ${at![0]}= 1\`` }),
  },
  {
    pattern: /^[rw]\d+\s*(?<at>==|:=|===)\s*\S/,
    advise: ({ at }) => ({ problem: `\`${at}\` does not assign`, advice: "did you mean `=`?" }),
  },
  {
    pattern: new RegExp(`^[rw]\\d+\\s*(?<at>${operation})\\s*[^=\\s<>+-]`),
    advise: ({ at }) => ({ problem: `\`${at}\` does not change a register`, advice: `did you mean \`${at}=\`?` }),
  },
  {
    pattern: /^(?<d>[rw]\d+)\s*=\s*(?<at>[~!])\s*(?<s>[rw]\d+)$/,
    advise: ({ d, at, s }) => ({
      problem: `there is no operator \`${at}\` for registers`,
      advice: at === "~" ? inSteps(d!, s!, `${d} ^= -1`) : `a jump asks for zero: \`if ${s} == 0 goto …\``,
    }),
  },
  {
    pattern: /^(?<d>[rw]\d+)\s*=\s*-\s*(?<at>[rw]\d+)$/,
    advise: ({ d, at }) => ({
      problem: "a register is negated in its place",
      advice: inSteps(d!, at!, `${d} = -${d}`),
    }),
  },
  {
    pattern: /^(?<d>[rw]\d+)\s*=\s*(?<swap>(?:be|le|bswap)(?:16|32|64))\s+(?<at>[rw]\d+)$/,
    advise: ({ d, swap, at }) => ({
      problem: "bytes are swapped in their register",
      advice: inSteps(d!, at!, `${d} = ${swap} ${d}`),
    }),
  },
  {
    pattern: /^[rw]\d+\s*=\s*(?<at>(?:be|le|b?swap|hto[nb]\w*|ntoh\w*)\d*)\s*\(?\s*[rw]\d+/,
    advise: ({ at }) => ({
      problem: `there is no byte swap \`${at}\``,
      advice: "they are be16, be32, be64, le16, le32, le64, bswap16, bswap32 and bswap64",
    }),
  },
  {
    pattern: new RegExp(`^(?<d>[rw]\\d+)\\s*(?<op>(?:${operation})?=)\\s*(?<at>[rw]\\d+)$`),
    advise: ({ d, op, at }) =>
      d![0] === at![0]
        ? undefined
        : {
            problem: "both registers have one width",
            advice: `write \`${d} ${op} ${withWidth(at!, d!)}\` or \`${withWidth(d!, at!)} ${op} ${at}\``,
          },
  },
  {
    pattern: new RegExp(`^(?<d>[rw]\\d+)\\s*=\\s*(?<at>\\(\\s*(?<type>[us]\\d+|${cTypes})\\s*\\))\\s*(?<s>[rw]\\d+)$`),
    advise: ({ d, at, type, s }) => {
      const problem = `there is no cast \`${at}\``;
      const plain = sized[type!] ?? type!;
      if (plain === "u8" || plain === "u16")
        return { problem, advice: inSteps(d!, s!, `${d} &= 0x${"f".repeat(plain === "u8" ? 2 : 4)}`) };
      if (plain === "u32")
        return { problem, advice: `a move of the lower halves does it: \`w${d!.slice(1)} = w${s!.slice(1)}\`` };
      return { problem, advice: "casts are (s8), (s16) and (s32)" };
    },
  },
  {
    pattern: /^(?<d>[rw]\d+)\s*=\s*(?<at>\(\s*(?<type>[us]\d+)\s*\*\s*\))/,
    advise: ({ d, type }) => ({ problem: "a load begins with `*`", advice: `write \`${d} = *(${type} *)(r2 + 0)\`` }),
  },
  {
    pattern: /^(?<d>[rw]\d+)\s*=\s*(?<s>r\d+)(?<at>\[)\s*(?<n>[^\]]*?)\s*\]/,
    advise: ({ d, s, n }) => ({
      problem: "registers have no elements",
      advice: `a load says its size: \`${d} = *(u64 *)(${s} + ${n})\``,
    }),
  },
  {
    pattern: /\(\s*(?<base>r\d+)\s*[-+]\s*(?<at>r\d+)\s*\)/,
    advise: ({ base, at }) => ({
      problem: "a displacement is a number",
      advice: `add the register before: \`${base} += ${at}\``,
    }),
  },
  {
    pattern: new RegExp(`\\*\\s*\\(\\s*(?<at>(?:${cTypes})\\b[^)*]*?)\\s*\\*?\\s*\\)`),
    advise: ({ at }) => {
      const meant = sized[at!.split(/\s/)[0]!];
      const like = /(\d+)/.exec(at!)?.[1];
      const guess = meant ?? (like === undefined ? "u64" : `u${like}`);
      return {
        problem: `\`${at}\` is no size of memory`,
        advice: `sizes are u8, u16, u32 and u64: did you mean \`${guess}\`?`,
      };
    },
  },
  {
    pattern: /^(?:(?<d>[rw]\d+)\s*=\s*)?call\s+(?<f>[\w.$]+)\s*(?<at>\()/,
    advise: ({ f }) => ({
      problem: "a call names its function, and nothing else",
      advice: `arguments are in r1 to r5, the result is in r0: \`call ${f}\``,
    }),
  },
  {
    pattern: /^[rw]\d+\s*=\s*(?<at>call)\b\s*(?<f>\S*)/,
    advise: ({ f }) => ({ problem: "a call has its result in r0", advice: `write \`call ${f}\`` }),
  },
  {
    pattern: /^[rw]\d+\s*=\s*(?<at>c?mpxchg|xchg)\s*\(/,
    advise: ({ at }) => ({
      problem: `\`${at}\` says how wide it is`,
      advice: `did you mean \`${at}_64\` or \`${at}32_32\`?`,
    }),
  },
  {
    pattern: /^(?:[rw]\d+\s*=\s*)?(?<at>(?!atomic|load_acq|store_rel|addr_space|c?mpxchg|xchg|if\b)[A-Za-z_]\w*)\s*\(/,
    advise: ({ at }) => ({
      problem: `\`${at}\` is not called this way`,
      advice: `arguments are in r1 to r5, the result is in r0: \`call ${at}\``,
    }),
  },
  {
    pattern: /^lock\s.*?(?<at>-=|\*=|\/=|%=|<<=|>>=)/,
    advise: ({ at }) => ({
      problem: `there is no atomic \`${at}\``,
      advice: at === "-=" ? "add the negated register: `+=`" : "atomic operations are +=, |=, &= and ^=",
    }),
  },
  {
    pattern: /^lock\s+\*\s*\(\s*(?<at>u8|u16)\b/,
    advise: () => ({ problem: "atomic operations have 32 or 64 bits", advice: "write `u32` or `u64`" }),
  },
  {
    pattern: /^(?<at>r[1-9]\d*|w\d+)\s*=\s*\*.*\bskb\s*\[/,
    advise: () => ({ problem: "a load from the packet has its result in r0", advice: "write `r0 = *(u8 *)skb[…]`" }),
  },
];

/** Of the spellings with mnemonics. */
const mnemonic = (): readonly Mistake[] => [
  {
    pattern: /^mov\w*\s+(?<d>%?\w+)\s*,\s*(?<at>\[)(?<m>[^\]]*)\]?/i,
    advise: ({ d, m }) => ({
      problem: "`mov` does not read memory",
      advice: `a load says its size: \`ldxdw ${d}, [${/[-+]/.test(m!) ? m : `${m}+0`}]\`, or ldxw, ldxh, ldxb`,
    }),
  },
  {
    pattern: /^mov\w*\s+(?<at>\[)(?<m>[^\]]*)\]\s*,\s*(?<s>\S+)/i,
    advise: ({ m, s }) => ({
      problem: "`mov` does not write memory",
      advice: `a store says its size: \`${/^%?r\d/i.test(s!) ? "stxdw" : "stdw"} [${/[-+]/.test(m!) ? m : `${m}+0`}], ${s}\``,
    }),
  },
  {
    pattern: /^st(?<size>b|h|w|dw)\s.*\]\s*,\s*(?<at>%?(?:r\d+|fp))$/i,
    advise: ({ size }) => ({
      problem: `\`st${size}\` stores a number`,
      advice: `registers are stored by \`stx${size}\``,
    }),
  },
  {
    pattern: /^stx(?<size>b|h|w|dw)\s.*\]\s*,\s*(?<at>-?\d\w*)$/i,
    advise: ({ size }) => ({
      problem: `\`stx${size}\` stores a register`,
      advice: `numbers are stored by \`st${size}\``,
    }),
  },
  {
    pattern: /^st(?<x>x?)(?<size>b|h|w|dw)\s+(?<at>(?<s>[^[\s,]+))\s*,\s*(?<m>\[[^\]]*\])/i,
    advise: ({ x, size, s, m }) => ({
      problem: "a store has its place first",
      advice: `write \`st${x}${size} ${m}, ${s}\``,
    }),
  },
  {
    pattern: /^(?<word>ldx\w+)\s+(?<at>(?<m>\[[^\]]*\]))\s*,\s*(?<d>%?\w+)/i,
    advise: ({ word, m, d }) => ({
      problem: "a load has its register first",
      advice: `write \`${word} ${d}, ${m}\``,
    }),
  },
  {
    pattern: /\[\s*(?<base>%?(?:r\d+|fp))\s*[-+]\s*(?<at>%?(?:r\d+|fp))\s*\]/i,
    advise: ({ base, at }) => ({
      problem: "a displacement is a number",
      advice: `add the register before: \`add ${base}, ${at}\``,
    }),
  },
  {
    pattern: /^(?:ldx|st)\w+\s.*?(?<at>(?<n>-?\w*)\(\s*(?<base>%?(?:r\d+|fp))\s*(?<more>[-+]\s*\w+)?\s*\))/i,
    advise: ({ n, base, more }) => ({
      problem: "memory is in brackets",
      advice: `write \`[${base}${more?.replace(/\s/g, "") ?? (n!.startsWith("-") ? n : `+${n === "" ? 0 : n}`)}]\``,
    }),
  },
  {
    pattern:
      /^(?<word>(?:add|sub|mul|div|sdiv|or|and|lsh|rsh|mod|smod|xor|arsh)(?:32|64)?)\s+(?<d>%?\w+)\s*,\s*(?<a>[^,\s]+)\s*(?<at>,)\s*(?<b>[^,]+)$/i,
    advise: ({ word, d, a, b }) => ({
      problem: `\`${word}\` has two operands`,
      advice:
        d === a ? `write \`${word} ${d}, ${b}\`` : `in two steps: \`mov ${d}, ${a}\`, then \`${word} ${d}, ${b}\``,
    }),
  },
  {
    pattern: /^(?<word>neg(?:32)?|[bl]e\d\d|bswap\d\d)\s+(?<d>%?\w+)\s*(?<at>,)\s*(?<s>%?\w+)$/i,
    advise: ({ word, d, s }) => ({
      problem: `\`${word}\` changes its register in place`,
      advice: d === s ? `write \`${word} ${d}\`` : `in two steps: \`mov ${d}, ${s}\`, then \`${word} ${d}\``,
    }),
  },
  {
    pattern: /[\s,](?<at>\$(?<n>-?\d\w*))/,
    advise: ({ n }) => ({ problem: "numbers have no `$` before them", advice: `write \`${n}\`` }),
  },
];

/** Of all of them. */
const any = (): readonly Mistake[] => [
  {
    pattern: /^(?<at>return)\b\s*(?<value>[^;]*)$/,
    advise: ({ value }) => ({
      problem: "there is no `return`",
      advice: value === "" ? "`exit` returns what is in r0" : `put ${value} into r0, then \`exit\` returns it`,
    }),
  },
  {
    pattern: /^(?<at>while|for|do|switch|else|elif|unless|until)\b/,
    advise: ({ at }) => ({
      problem: `there is no \`${at}\``,
      advice: "code goes on at labels: by conditional jumps and `ja`, `goto`",
    }),
  },
  {
    pattern: new RegExp(
      `^(?<at>(?:static|const|volatile|extern|struct|union|enum|typedef|inline|[us](?:8|16|32|64)|${cTypes})\\b)`,
    ),
    advise: () => ({
      problem: "declarations of C do not stand among instructions",
      advice: "types and variables go into .ctype, a function's prototype into .func",
    }),
  },
  {
    pattern: /^(?<at>[{}])/,
    advise: () => ({ problem: "there are no blocks in braces", advice: "labels and jumps say where code goes on" }),
  },
];

/** Made for the first error: most texts have none. */
const families: Map<boolean, readonly Mistake[]> = new Map();

function mistakesOf(dialect: Dialect): readonly Mistake[] {
  const isPseudoc = dialect === "pseudoc" || dialect === "kernel";
  let made = families.get(isPseudoc);
  if (made === undefined)
    families.set(isPseudoc, (made = isPseudoc ? [...any(), ...pseudoc()] : [...mnemonic(), ...any()]));
  return made;
}

/** What is wrong with the statement `text`, and where in it the caret goes; undefined where that is nothing known. */
export function findMistake(
  text: string,
  dialect: Dialect,
): (Advice & { readonly from: number; readonly to: number }) | undefined {
  for (const { pattern, advise } of mistakesOf(dialect)) {
    const found = new RegExp(pattern, `${pattern.flags}d`).exec(text);
    const advice = found === null ? undefined : advise(found.groups!);
    if (advice === undefined) continue;
    const [from, to] = found!.indices!.groups!["at"]!;
    return { ...advice, from, to };
  }
  return undefined;
}

/** Words of other machines: what is said here, with mnemonics and in pseudo-C. */
const words = (): Readonly<Record<string, readonly [mnemonic: string, pseudoc: string]>> => ({
  ret: ["`exit`", "`exit`"],
  hlt: ["`exit`", "`exit`"],
  halt: ["`exit`", "`exit`"],
  jmp: ["`ja LABEL`", "`goto LABEL`"],
  goto: ["`ja LABEL`", "`goto LABEL`"],
  br: ["`ja LABEL`", "`goto LABEL`"],
  b: ["`ja LABEL`", "`goto LABEL`"],
  je: ["`jeq r1, 0, LABEL`", "`if r1 == 0 goto LABEL`"],
  jz: ["`jeq r1, 0, LABEL`", "`if r1 == 0 goto LABEL`"],
  beq: ["`jeq r1, r2, LABEL`", "`if r1 == r2 goto LABEL`"],
  jnz: ["`jne r1, 0, LABEL`", "`if r1 != 0 goto LABEL`"],
  bne: ["`jne r1, r2, LABEL`", "`if r1 != r2 goto LABEL`"],
  blt: ["`jslt r1, r2, LABEL`", "`if r1 s< r2 goto LABEL`"],
  bge: ["`jsge r1, r2, LABEL`", "`if r1 s>= r2 goto LABEL`"],
  jl: ["`jslt r1, r2, LABEL` (signed), `jlt` (unsigned)", "`if r1 s< r2 goto LABEL`"],
  jg: ["`jsgt r1, r2, LABEL` (signed), `jgt` (unsigned)", "`if r1 s> r2 goto LABEL`"],
  jb: ["`jlt r1, r2, LABEL`", "`if r1 < r2 goto LABEL`"],
  jae: ["`jge r1, r2, LABEL`", "`if r1 >= r2 goto LABEL`"],
  jbe: ["`jle r1, r2, LABEL`", "`if r1 <= r2 goto LABEL`"],
  if: ["`jeq r1, r2, LABEL`", "`if r1 == r2 goto LABEL`"],
  cmp: ["a jump that compares: `jeq r1, r2, LABEL`", "a jump that compares: `if r1 == r2 goto LABEL`"],
  test: ["a jump that compares: `jset r1, 1, LABEL`", "a jump that compares: `if r1 & 1 goto LABEL`"],
  nop: ["`.nop`", "`.nop`"],
  push: [
    "a store below r10, `stxdw [r10-8], r1`: nothing moves the stack",
    "a store below r10, `*(u64 *)(r10 - 8) = r1`",
  ],
  pop: ["a load below r10, `ldxdw r1, [r10-8]`: nothing moves the stack", "a load below r10, `r1 = *(u64 *)(r10 - 8)`"],
  lea: ["`mov r1, r2`, then `add r1, 4`", "`r1 = r2`, then `r1 += 4`"],
  inc: ["`add r1, 1`", "`r1 += 1`"],
  dec: ["`sub r1, 1`", "`r1 -= 1`"],
  not: ["`xor r1, -1`", "`r1 ^= -1`"],
  shl: ["`lsh`", "`<<=`"],
  sll: ["`lsh`", "`<<=`"],
  shr: ["`rsh`", "`>>=`"],
  srl: ["`rsh`", "`>>=`"],
  sar: ["`arsh`", "`s>>=`"],
  sra: ["`arsh`", "`s>>=`"],
  rem: ["`mod`", "`%=`"],
  udiv: ["`div`", "`/=`"],
  idiv: ["`sdiv`", "`s/=`"],
  movq: ["`mov`", "`r1 = r2`"],
  movabs: ["`lddw r1, NUMBER`", "`r1 = NUMBER ll`"],
  li: ["`mov r1, NUMBER`, `lddw` for 64 bits", "`r1 = NUMBER`"],
  la: ["`lddw r1, SYMBOL`", "`r1 = SYMBOL ll`"],
  ld: ["`ldxdw r1, [r2+0]`", "`r1 = *(u64 *)(r2 + 0)`"],
  ldr: ["`ldxdw r1, [r2+0]`", "`r1 = *(u64 *)(r2 + 0)`"],
  ldx: ["`ldxdw r1, [r2+0]`", "`r1 = *(u64 *)(r2 + 0)`"],
  ldxq: ["`ldxdw r1, [r2+0]`", "`r1 = *(u64 *)(r2 + 0)`"],
  ldxd: ["`ldxdw r1, [r2+0]`", "`r1 = *(u64 *)(r2 + 0)`"],
  st: ["`stdw [r1+0], NUMBER`", "`*(u64 *)(r1 + 0) = NUMBER`"],
  stx: ["`stxdw [r1+0], r2`", "`*(u64 *)(r1 + 0) = r2`"],
  str: ["`stxdw [r1+0], r2`", "`*(u64 *)(r1 + 0) = r2`"],
  stxq: ["`stxdw [r1+0], r2`", "`*(u64 *)(r1 + 0) = r2`"],
  stxd: ["`stxdw [r1+0], r2`", "`*(u64 *)(r1 + 0) = r2`"],
  std: ["`stdw [r1+0], NUMBER`", "`*(u64 *)(r1 + 0) = NUMBER`"],
  xadd: ["`xadddw [r1+0], r2`, or `xaddw`", "`lock *(u64 *)(r1 + 0) += r2`"],
  syscall: ["`call HELPER`", "`call HELPER`"],
  svc: ["`call HELPER`", "`call HELPER`"],
  // LLVM 3.7 to 3.9, Solana's SBPF v2, bpf-as -mxbpf.
  ld_64: ["`lddw r1, NUMBER`", "`r1 = NUMBER ll`"],
  lmul: ["`mul`", "`*=`"],
  urem: ["`mod`", "`%=`"],
  srem: ["`smod`", "`s%=`"],
  uhmul: ["nothing: SBPF v2 alone multiplies so", "nothing: SBPF v2 alone multiplies so"],
  shmul: ["nothing: SBPF v2 alone multiplies so", "nothing: SBPF v2 alone multiplies so"],
  hor64: ["`lddw r1, NUMBER` for both halves at once", "`r1 = NUMBER ll` for both halves at once"],
  brkpt: ["nothing: a simulator alone has breakpoints", "nothing: a simulator alone has breakpoints"],
});

/** What says here what `word` says elsewhere; undefined where it says nothing. */
export function meaningOf(word: string, dialect: Dialect): string | undefined {
  const known = words();
  if (!Object.hasOwn(known, word)) return undefined;
  const [withMnemonic, inPseudoc] = known[word]!;
  const text = dialect === "pseudoc" || dialect === "kernel" ? inPseudoc : withMnemonic;
  return dialect === "gnu" || dialect === "conformance" ? text.replace(/\br(?=\d)/g, "%r") : text;
}
