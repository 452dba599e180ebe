import { expect, test } from "vitest";
import { demangled } from "../../src/disasm/index.js";
import { Random } from "../support/random.js";
import { runTool, toolMissing } from "../support/tools.js";

/** From RFC 2603, rustc's own tests and programs in Rust. */
const names = [
  "_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE",
  "_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$3bar17h930b740aa94f1d3aE",
  "_RNvC6_123foo3bar",
  "_RNvCs1234_7mycrate3foo",
  "_RNvNtNtCs1234_7mycrate3foo3bar3baz",
  "_RNvMs_CsgMG_4testNtB4_3Foo3new",
  "_RNvXCs1234_7mycrateNtB2_3FooNtB2_5Trait3run",
  "_RINvNtC3std3mem8align_ofjE",
  "_RINvNtC3std3mem8align_ofNtNtC3std3mem12DiscriminantE",
  "_RNCNvC4test4main0",
  "_RNCNCNvC4test4mains_00B5_",
  "_RINvC4test3fooTmjEAhj8_RShQlPmOxE",
  "_RINvC4test3fooKj7b_E",
  "_RNvYNtC4test3FooNtC4test5Trait3run",
] as const;

const missing = toolMissing("c++filt");
test.skipIf(missing !== "")(`Rust's names are read as c++filt reads them${missing}`, () => {
  const { stdout } = runTool("c++filt", [], `${names.join("\n")}\n`);
  // Without what it says to tell namesakes apart: hashes of crates and functions, the types of constants.
  const theirs = stdout.replaceAll(/(?<=\w)\[[0-9a-f]+\]|::h[0-9a-f]{16}$|(?<=\d): usize/gm, "");
  expect(names.map(demangled)).toEqual(theirs.trimEnd().split("\n"));
  expect(names.filter((name) => demangled(name) === name)).toEqual([]);
});

test("closures of the older names", () => {
  const name = "_ZN8aya_prog8xdp_main28_$u7b$$u7b$closure$u7d$$u7d$17haaaaaaaaaaaaaaaaE";
  expect(demangled(name)).toBe("aya_prog::xdp_main::{{closure}}");
});

test("names of C and names that cannot be read stay as they are", () => {
  for (const name of [
    "main",
    "",
    "_R",
    "_ZN",
    "_ZN3fo",
    "_Z3foov_",
    "_RNvC",
    "_RB_",
    "_RNvB_3foo",
    "_RNvC9_short",
    "_RINvC1a1bB3_E",
  ]) {
    expect(demangled(name)).toBe(name);
  }
});

test("mutated names end in names, in bounded time", () => {
  const random = new Random(20261128);
  for (let i = 0; i < 20_000; i++) {
    const letters = [...random.pick(names)];
    for (let k = random.below(4); k >= 0; k--)
      letters[random.below(letters.length)] = random.pick(["B", "I", "N", "_", "0", "T", "E", "R", "s"]);
    expect(typeof demangled(letters.join(""))).toBe("string");
  }
});
