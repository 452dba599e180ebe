/** The two peers' syntaxes for generated files: llvm-mc's pseudo-C and bpf-as 2.40's. Source: reference sections 4.1 and 4.2. */
import { insnTable, type InsnRow } from "../../src/isa/index.js";
import { inSomeBase, number32, offset16, ownTemplates, type Flavour, type Names } from "./asm-generate.js";
import type { Random } from "./random.js";

/** ` + 8`, `-8` and the like, by LLVM's rules: the sign stands, a number follows. */
function signedOffset(random: Random): string {
  const value = offset16(random);
  const size = inSomeBase(random, Math.abs(value));
  const sign = value < 0 ? "-" : "+";
  return random.pick([` ${sign} ${size}`, `${sign}${size}`, ` ${sign}${size}`]);
}

function symbolPlus(random: Random, name: string): string {
  if (random.chance(1, 2)) return name;
  return `${name} ${random.pick(["+", "-"])} ${random.below(64)}`;
}

/** Data directives that both peers have. */
function commonDatum(random: Random, names: Names, floats: boolean): string {
  switch (random.below(18)) {
    case 0:
      return `.byte ${random.between(-128, 255)}, 0${random.below(8)}, 0x${random.below(256).toString(16)}`;
    case 1:
      return `${random.pick([".short", ".2byte"])} ${random.between(-32768, 65535)}, ${random.below(9)}`;
    case 2:
      return `${random.pick([".long", ".4byte", ".int"])} ${number32(random)}`;
    case 3:
      return `${random.pick([".quad", ".8byte"])} 0x${random.u64().toString(16)}, -${random.below(1000)}`;
    case 4:
      return `.quad (1 << ${random.below(40)}) + 3*4 - ~7 % 5 | ${random.below(99)} & 0xff ^ 3`;
    case 5:
      return `.asciz "text ${random.u32()}\\n\\t\\"\\101\\x41"`;
    case 6:
      return `${random.pick([".ascii", ".string"])} "${random.u32()}"`;
    case 7:
      return `${random.pick([".zero", ".skip", ".space"])} ${random.below(20)}`;
    case 8:
      return `.p2align ${random.below(5)}`;
    case 9:
      return `.balign ${random.pick([1, 2, 4, 8, 16])}`;
    case 10:
      return `.long ${names.shared} - ${names.datum}`;
    case 11:
      return `.fill ${random.below(4)}, ${random.pick([1, 2, 4])}, ${random.below(256)}`;
    case 12:
      return `.octa 0x${random.u64().toString(16)}${random.u64().toString(16).padStart(16, "0")}`;
    case 13:
      // bpf-as -EB stores the 16-bit words of floating-point numbers in little-endian order.
      if (!floats) return ".byte 1";
      return `${random.pick([".float", ".single", ".double"])} ${random.between(-999, 999) / 8}`;
    case 14:
      return `.uleb128 ${random.u32()}, ${names.shared} - ${names.datum}`;
    case 15:
      return `.sleb128 ${random.u32() | 0}, -${random.below(200)}`;
    case 16:
      return `.skip ${random.below(9)}, ${random.below(256)}`;
    default:
      return `.byte ${names.constant} & 127`;
  }
}

/** bpfkit's own spellings among pseudo-C's, and one that clang prints, which llvm-mc has no words for. */
const notLlvm =
  /^(call kfunc|callx_imm|call local|nospec|\*.*\+= )|^ld_pseudo .*\{h\}|^\{d\} = \{ws\}$|__percpu|\(u64 \*\)skb/;

export const llvm: Flavour = {
  syntax: "pseudoc",
  sign: "",
  comment: "#",
  templates: (row) =>
    ownTemplates(row, llvm)
      .filter((text) => !notLlvm.test(text))
      // llvm-mc has no displacement there.
      .map((text) => text.replace("{s}{O}", "{s}")),
  displacement: (random) => signedOffset(random),
  immediate: (random, names) =>
    random.pick([names.constant, `${names.constant} + 1`, `1 + 2*${random.below(99)}`, "5 - (3 | 8)", "'a'"]),
  jump: (random, names) => {
    const number = offset16(random);
    const signed = number < 0 ? String(number) : `+${number}`;
    // Not to the global label: llvm-mc writes R_BPF_64_64 against it, which no reader of a jump understands.
    return random.pick([names.local, names.hidden, "1b", "1f", signed, String(number), names.constant]);
  },
  longJump: (random, names) => {
    // llvm-mc refuses numbers beyond 16 bits here, too.
    const number = offset16(random);
    return random.pick([names.local, names.hidden, "1b", "1f", number < 0 ? String(number) : `+${number}`]);
  },
  call: (random, names) =>
    random.pick([
      names.local,
      names.entry,
      names.far,
      names.farWeak,
      names.outside,
      names.outsideWeak,
      String(random.below(300)),
      `${names.outside}+8`,
      `${names.far} + 8`,
      `${names.far} - 8`,
    ]),
  wide: (random, names) => {
    const { local, entry, far, datum, shared, fixed, outside, outsideWeak, common, constant, table, sharedTable } =
      names;
    const name = random.pick([
      local,
      entry,
      far,
      datum,
      shared,
      fixed,
      outside,
      outsideWeak,
      common,
      constant,
      table,
      sharedTable,
    ]);
    return symbolPlus(random, name);
  },
  datum: (random, names) => {
    const { local, entry, far, farWeak, outside, outsideWeak, datum, shared, fixed, hidden } = names;
    const name = random.pick([local, entry, far, farWeak, outside, outsideWeak, datum, shared, fixed, hidden]);
    if (random.chance(1, 2)) return commonDatum(random, names, true);
    return `${random.pick([".quad", ".8byte", ".long", ".4byte"])} ${symbolPlus(random, name)}`;
  },
};

/** What binutils 2.40 has no mnemonic for. */
function newerThanGnu(row: InsnRow): boolean {
  if (row.version === 4) return true;
  if (row.op.startsWith("atomic_")) return row.op !== "atomic_add";
  return row.name === "call_kfunc";
}

/** Spellings of GNU text that came after 2.40, or are bpfkit's own. */
const notGnu240 = /^(aadd|aadd32|ld_pseudo|call local)\b/;

export const gnu: Flavour = {
  syntax: "gnu",
  sign: "%",
  comment: ";",
  templates: (row) => (newerThanGnu(row) ? [] : ownTemplates(row, gnu).filter((text) => !notGnu240.test(text))),
  displacement: (random, names) => {
    // 2.40 wants a plus sign, before a negative number too.
    const number = `+${inSomeBase(random, offset16(random))}`;
    return random.pick([number, number, `+${names.constant}`, `+${names.datum}`, `+${names.outside}`, "+(1 << 4) - 2"]);
  },
  immediate: (random, names) => {
    const { constant, outside, datum, far, local, hidden } = names;
    return random.pick([
      constant,
      `${constant} + 1`,
      "(1 << 4) + 2 * 3",
      "'a'",
      "~5",
      "5 - (3 | 8)",
      outside,
      symbolPlus(random, datum),
      far,
      `${hidden} - ${local}`,
    ]);
  },
  jump: (random, names) => {
    const { local, entry, hidden, far, outside, outsideWeak } = names;
    return random.pick([
      local,
      entry,
      hidden,
      "1b",
      "1f",
      String(offset16(random)),
      ".+16",
      ".-8",
      ".",
      far,
      outside,
      outsideWeak,
      `${outside}+8`,
      `${outside}-16`,
      `${local}+8`,
    ]);
  },
  longJump: () => "1b",
  call: (random, names) => {
    const { local, entry, hidden, far, farWeak, outside, outsideWeak } = names;
    return random.pick([
      local,
      entry,
      hidden,
      far,
      farWeak,
      outside,
      outsideWeak,
      String(random.below(300)),
      `${outside}+8`,
      `${far}+8`,
      ".+16",
      ".-8",
    ]);
  },
  wide: (random, names) => {
    const { local, entry, far, datum, shared, fixed, outside, common, constant, hidden, table, sharedTable } = names;
    const name = random.pick([
      local,
      entry,
      far,
      datum,
      shared,
      fixed,
      outside,
      common,
      constant,
      hidden,
      table,
      sharedTable,
    ]);
    return random.chance(1, 8) ? `${hidden} - ${local}` : symbolPlus(random, name);
  },
  datum: (random, names) => {
    if (random.chance(1, 2)) return commonDatum(random, names, false);
    const { local, entry, far, outside, datum, shared, fixed, hidden } = names;
    const name = random.pick([local, entry, far, outside, datum, shared, fixed, hidden]);
    const wide = random.pick([".quad", ".8byte", ".dword", ".long", ".4byte", ".word"]);
    return random.pick([
      `${wide} ${symbolPlus(random, name)}`,
      `${wide} ${symbolPlus(random, name)}`,
      `${random.pick([".half", ".short", ".2byte", ".byte"])} ${random.pick([names.outside, names.datum])}`,
      `.word ${names.outside} - .`,
      `.half ${random.between(-32768, 65535)}`,
      `.dword 0x${random.u64().toString(16)}`,
      `.align ${random.below(4)}`,
    ]);
  },
};

/** Rows that the peer of `flavour` cannot write at all, by name. */
export function rowsWithout(flavour: Flavour): readonly string[] {
  return insnTable.filter((row) => flavour.templates(row).length === 0).map(({ name }) => name);
}
