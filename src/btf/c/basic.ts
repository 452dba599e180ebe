/**
 * The types C has by itself on the BPF target, by the words that name them; and the typedefs that BPF programs take for granted.
 *
 * Names and encodings are those of clang's BTF (with GCC's two spellings of the 128-bit integers).
 */
import { BtfIntEncoding } from "../table.js";
import { cVoid, type CFloat, type CInt, type CQualifier, type CType } from "./types.js";

const { BTF_INT_SIGNED: signed, BTF_INT_BOOL: bool } = BtfIntEncoding;

const int = (name: string, size: number, encoding = 0): CInt => ({ kind: "int", name, size, align: size, encoding });
const float = (name: string, size: number): CFloat => ({ kind: "float", name, size, align: size });

const basic: Readonly<Record<string, CType>> = {
  void: cVoid,
  char: int("char", 1, signed),
  schar: int("signed char", 1, signed),
  uchar: int("unsigned char", 1),
  short: int("short", 2, signed),
  ushort: int("unsigned short", 2),
  int: int("int", 4, signed),
  uint: int("unsigned int", 4),
  long: int("long", 8, signed),
  ulong: int("unsigned long", 8),
  llong: int("long long", 8, signed),
  ullong: int("unsigned long long", 8),
  int128: int("__int128", 16, signed),
  uint128: int("unsigned __int128", 16),
  bool: int("_Bool", 1, bool),
  float: float("float", 4),
  double: float("double", 8),
  ldouble: float("long double", 8),
};

/** The index type of every array, which clang names so. */
export const arrayIndex: CInt = int("__ARRAY_SIZE_TYPE__", 4);

/** The words that specifiers are made of. */
export const typeWords: ReadonlySet<string> = new Set(
  "void char short int long signed __signed__ unsigned _Bool float double __int128".split(" "),
);

/** The type that these words name together, in any order; undefined where they name none. */
export function basicType(words: readonly string[]): CType | undefined {
  const count = new Map<string, number>();
  for (const each of words) {
    const word = each === "__signed__" ? "signed" : each;
    count.set(word, (count.get(word) ?? 0) + 1);
  }
  const has = (word: string): boolean => count.has(word);
  for (const [word, times] of count) if (times > (word === "long" ? 2 : 1)) return undefined;
  if (has("signed") && has("unsigned")) return undefined;
  const sign = has("unsigned") ? "u" : has("signed") ? "s" : "";
  const rest = [...count.keys()].filter((word) => word !== "signed" && word !== "unsigned");
  const long = count.get("long") ?? 0;
  const [key] = rest;
  const u = sign === "u" ? "u" : "";
  if (rest.length === 0) return basic[`${u}int`];
  const only = (...allowed: string[]): boolean => rest.every((word) => allowed.includes(word));
  if (has("double"))
    return sign === "" && only("double", "long") && long < 2 ? basic[long ? "ldouble" : "double"] : undefined;
  if (long > 0) return only("long", "int") ? basic[`${u}${long === 2 ? "llong" : "long"}`] : undefined;
  if (has("short")) return only("short", "int") ? basic[`${u}short`] : undefined;
  if (rest.length > 1) return undefined;
  if (key === "char") return basic[`${sign}char`];
  if (key === "int") return basic[`${u}int`];
  if (key === "__int128") return basic[`${u}int128`];
  if (sign !== "") return undefined;
  return basic[key === "_Bool" ? "bool" : key!];
}

/** Typedefs that need not be declared: those of linux/types.h and vmlinux.h, and <stdint.h>'s; by the type they stand for. */
const usual: Readonly<Record<string, string>> = {
  __u8: "unsigned char",
  __u16: "unsigned short",
  __u32: "unsigned int",
  __u64: "unsigned long long",
  __s8: "signed char",
  __s16: "short",
  __s32: "int",
  __s64: "long long",
  u8: "__u8",
  u16: "__u16",
  u32: "__u32",
  u64: "__u64",
  s8: "__s8",
  s16: "__s16",
  s32: "__s32",
  s64: "__s64",
  uint8_t: "__u8",
  uint16_t: "__u16",
  uint32_t: "__u32",
  uint64_t: "__u64",
  int8_t: "__s8",
  int16_t: "__s16",
  int32_t: "__s32",
  int64_t: "__s64",
  __be16: "__u16",
  __be32: "__u32",
  __be64: "__u64",
  __le16: "__u16",
  __le32: "__u32",
  __le64: "__u64",
  __sum16: "__u16",
  __wsum: "__u32",
  bool: "_Bool",
  size_t: "unsigned long",
};

export const usualTypedefs: readonly string[] = Object.keys(usual);

/** What the usual typedef `name` stands for: another one, or words of `basicType`. */
export function usualTypedef(name: string): string | undefined {
  return Object.hasOwn(usual, name) ? usual[name] : undefined;
}

const qualifiers: Readonly<Record<string, CQualifier>> = {
  const: "const",
  __const: "const",
  volatile: "volatile",
  __volatile__: "volatile",
  restrict: "restrict",
  __restrict: "restrict",
  __restrict__: "restrict",
};

export function qualifierOf(word: string): CQualifier | undefined {
  return Object.hasOwn(qualifiers, word) ? qualifiers[word] : undefined;
}
