import { expect, test } from "vitest";
import { demangled } from "../../src/disasm/index.js";
import { Random } from "../support/random.js";
import { runTool, toolMissing } from "../support/tools.js";

/** What clang++ makes of classes, templates, operators, lambdas, local statics, packs, pointers to members and the rest. */
const names = [
  "_Z2dtIiEDTplfp_Li1EET_",
  "_Z2rqPiDsDiDu",
  "_Z3extPv",
  "_Z4arr1PA5_iOA3_A4_iPVPKPKcPFviPFvcEEMN1a1SEFicE",
  "_Z4callIZN1a3useEiE3$_1EiT_",
  "_Z4callIZN1a3useEiE3$_2EiT_",
  "_Z4cplxPCd",
  "_Z4globRSt6vectorIiSaIiEESsPS_ISsSaISsEESt4pairIiS6_IiiEERKSs",
  "_Z4varvIN1a1SEE",
  "_Z4varvIiE",
  "_Z7ext_vecPDv4_i",
  "_ZN1V1fEv",
  "_ZN1VD0Ev",
  "_ZN1VD1Ev",
  "_ZN1a12_GLOBAL__N_16hiddenEi",
  "_ZN1a1S1tILi7EEEiv",
  "_ZN1a1S1tILin5EEEiv",
  "_ZN1a1S1uIPKcEET_S4_PS4_RKS4_",
  "_ZN1a1S1uIlEET_S2_PS2_RKS2_",
  "_ZN1a1SC1Ei",
  "_ZN1a1SC2Ei",
  "_ZN1a1SD1Ev",
  "_ZN1a1SD2Ev",
  "_ZN1a1SaSERKS0_",
  "_ZN1a1SclEiz",
  "_ZN1a1SppEv",
  "_ZN1a2tbILb1EEEiv",
  "_ZN1a2tcILc120EEEiv",
  "_ZN1a2teILNS_1EE0EEEiv",
  "_ZN1a2ttISaEEiT_IiE",
  "_ZN1a3ArrINS0_IiLi2EEELi3EE2atEi",
  "_ZN1a3ArrIPNS_1SELi4EE2atEi",
  "_ZN1a3tfpIXadL_Z2ggiEEEEiv",
  "_ZN1a3tulILm12EEEiv",
  "_ZN1a3useEi",
  "_ZN1a3varIJEEEiDpT_",
  "_ZN1a3varIJicPNS_1SEEEEiDpT_",
  "_ZN2v14tag2B3barB3fooEv",
  "_ZN2v16taggedENS_1TB3cxxE",
  "_ZNK1a1ScviEv",
  "_ZNK1a1SplERKS0_",
  "_ZNO1a1S1fEv",
  "_ZNR1a1S1fEv",
  "_ZNSt6vectorIiSaIiEE9push_backEOi",
  "_ZNSt6vectorIiSaIiEEixEm",
  "_ZNVK1a1SeqERKS0_",
  "_ZTI1V",
  "_ZTS1V",
  "_ZTV1V",
  "_ZTVN10__cxxabiv117__class_type_infoE",
  "_ZZN1a3useEiE3cnt",
  "_ZZN1a3useEiENK3$_1clEi",
  "_ZZN1a3useEiENK3$_2clEi",
  "_Zli3_kmy",
  "_ZNSt8_Rb_treeIN1k4KindESt4pairIKS1_MNS0_4TypeEKFbvEESaIS6_EE5eraseEPS6_",
  "_ZNSdC1Ev",
  "_ZNSsC1Ev",
  "_ZN1k10checkedSubIiEENSt9enable_ifIXsr3stdE11is_signed_vIT_EESt8optionalIS2_EE4typeES2_S2_",
  "_ZN1k7yamlizeI5SwiftEENSt9enable_ifIXsr16has_ScalarTraitsIT_EE5valueEvE4typeERKS2_",
  "_ZN1k5fixedILm21EEEvRAT__Kc",
  "_Z1fv.cold",
  "_Z3fooi.llvm.123",
  "_ZThn16_N1a1fEv",
  "_ZTv0_n24_N1a1fEv",
  "_ZGVN1k3keyE",
  "_ZTSN1a1SE",
  "_ZN1k3mapIZNS_3runEiEUliE_EEvT_",
  "_ZZ4mainEs_0",
  "_ZN1k3popB5cxx11Ev",
  "_ZNK1kclEv",
  "_Z1fIJiPcEEvDpRKT_",
  "_Z1fIiEDTclL_Z1gvEEET_",
  "_Z1fILb0ELc97ELDn0EEvv",
] as const;

test("names of C++ as their source has them", () => {
  const pairs = {
    _ZN1a1SC1Ei: "a::S::S(int)",
    _ZN1a1SD0Ev: "a::S::~S()",
    _ZNK1a1SplERKS0_: "a::S::operator+(a::S const&) const",
    _ZNSt6vectorIiSaIiEE9push_backEOi: "std::vector<int, std::allocator<int>>::push_back(int&&)",
    _ZN1a3varIJicPNS_1SEEEEiDpT_: "int a::var<int, char, a::S*>(int, char, a::S*)",
    _Z4callPFviPFvcEEMN1a1SEFicE: "call(void (*)(int, void (*)(char)), int (a::S::*)(char))",
    _ZTV1V: "vtable for V",
    "_Z3fooi.cold": "foo(int) (.cold)",
  };
  for (const [mangled, name] of Object.entries(pairs)) expect(demangled(mangled)).toBe(name);
});

const missing = toolMissing("llvm-cxxfilt-22");
test.skipIf(missing !== "")(`names of C++ are read as llvm-cxxfilt reads them${missing}`, () => {
  const { stdout } = runTool("llvm-cxxfilt-22", [], `${names.join("\n")}\n`);
  expect(names.map(demangled)).toEqual(stdout.trimEnd().split("\n"));
  expect(names.filter((name) => demangled(name) === name)).toEqual([]);
});

test("mutated names of C++ end in names, in bounded time", () => {
  const random = new Random(20261129);
  for (let i = 0; i < 20_000; i++) {
    const letters = [...random.pick(names)];
    for (let k = random.below(4); k >= 0; k--) {
      const other = random.pick(names);
      letters[2 + random.below(letters.length)] = other[random.below(other.length)]!;
    }
    expect(demangled(letters.join("")), `seed 20261129, round ${i}`).not.toBe("");
  }
});

test("names that would grow without bound stay as they are", () => {
  const seen = (index: number): string => (index === 0 ? "S_" : `S${(index - 1).toString(36).toUpperCase()}_`);
  // Each type is twice the one before.
  const types = Array.from({ length: 30 }, (_, i) => `1qI${seen(2 * i + 1)}${seen(2 * i + 1)}E`);
  const doubling = (count: number): string => `_Z1f1pIiiE${types.slice(0, count).join("")}`;
  expect(demangled(doubling(1))).toBe("f(p<int, int>, q<p<int, int>, p<int, int>>)");
  expect(demangled(doubling(30))).toBe(doubling(30));
  for (const depth of [500, 5000]) {
    const deep = `_Z1f${"P".repeat(depth)}i`;
    expect(demangled(deep)).toBe(deep);
  }
});
