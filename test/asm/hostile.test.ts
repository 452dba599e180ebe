/** Texts nobody means well with: each ends in one clear limit error, in bounded time and memory. */
import { expect, test } from "vitest";
import { assemble, type ReadFile } from "../../src/asm/index.js";
import { encodeUtf8 } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { processorTime } from "../support/patience.js";
import { Random } from "../support/random.js";

const files: ReadFile = (name) => {
  if (name === "big") return { path: name, bytes: new Uint8Array(2 ** 26 + 1) };
  if (name === "self") return { path: name, bytes: encodeUtf8('.include "self"\n') };
  // Each includes the next one twice.
  return { path: name, bytes: encodeUtf8(name.length < 30 ? `.include "t${name}"\n`.repeat(2) : "exit\n") };
};

const fan = (count: number, last: string): string =>
  `${Array.from({ length: count }, (_, i) => `.macro m${i}\nm${i + 1}\nm${i + 1}\n.endm\n`).join("")}.macro m${count}\n${last}\n.endm\nm0\n`;

/** Name, text, the one error. */
const texts: readonly (readonly [string, () => string, string])[] = [
  ["one name of 100 MB", () => "x".repeat(100_000_000), "asm-scan-word"],
  ["one line of 9 million tokens", () => `.byte ${"1,".repeat(4_500_000)}`, "asm-scan-statement"],
  ["a line of quotes", () => "'".repeat(27_000_000), "asm-scan-statement"],
  ["a string of 20 MB without an end", () => `.ascii "${"y".repeat(20_000_000)}`, "asm-scan-string"],
  ["a comment of 20 MB without an end", () => `/*${"*".repeat(20_000_000)}`, "asm-scan-comment"],
  ["10^6 macros in one another, none closed", () => ".macro m\n".repeat(1_000_000), "asm-unclosed"],
  [
    "300,000 repetitions in one another",
    () => ".rept 1\n".repeat(300_000) + ".endr\n".repeat(300_000),
    "asm-expanded-size",
  ],
  [
    "300 repetitions in one another",
    () => `${".rept 1\n".repeat(300)}exit\n${".endr\n".repeat(300)}`,
    "asm-expansion-depth",
  ],
  ["300,000 conditions, none closed", () => ".if 1\n".repeat(300_000), "asm-unclosed"],
  ["300,000 conditions that are not met, none closed", () => ".if 0\n".repeat(300_000), "asm-unclosed"],
  ["300,000 macros", () => Array.from({ length: 300_000 }, (_, i) => `.macro m${i} a\n.endm\n`).join(""), "asm-macros"],
  ["a macro that expands to itself", () => ".macro m\nm\n.endm\nm\n", "asm-expansion-depth"],
  ["a macro that doubles its argument", () => ".macro m a\nm \\a\\a\n.endm\nm abcdefgh\n", "asm-expanded-size"],
  ["2^30 expansions", () => fan(30, "exit"), "asm-expanded-size"],
  ["2^30 expansions that say nothing", () => fan(30, ""), "asm-expanded-size"],
  ["10^30 repetitions", () => `${".rept 1000\n".repeat(10)}exit\n${".endr\n".repeat(10)}`, "asm-expanded-size"],
  ["10^12 repetitions of nothing", () => ".rept 1000000000000\n\n.endr", "asm-expanded-size"],
  [
    "10^20 values",
    () => `${".irp x,0,1,2,3,4,5,6,7,8,9\n".repeat(20)}.byte \\x\n${".endr\n".repeat(20)}`,
    "asm-expanded-size",
  ],
  ["a file that includes itself", () => '.include "self"', "asm-include-depth"],
  ["2^30 files", () => '.include "t"', "asm-expanded-size"],
  ["a file that is too large", () => '.include "big"', "asm-file"],
  ["a macro of 5 MB", () => `.macro m\n${"nonsense\n".repeat(600_000)}.endm\n`, "asm-body-size"],
];

test.each(texts)("%s", (_, text, code) => {
  const start = processorTime();
  const { object, diagnostics } = assemble(text(), { syntax: "plain", readFile: files });
  expect(object).toBeUndefined();
  expect(diagnostics.map((each) => each.code)).toEqual([code]);
  expect(formatDiagnostic(diagnostics[0]!).length).toBeLessThan(4000);
  expect(processorTime() - start).toBeLessThan(20_000);
});

test("100,000 errors in expansions, each with its way, end in one limit error", () => {
  const { diagnostics } = assemble(`.macro m a\nbad_\\a\n.endm\n.set n, 0\n${"m 1\n".repeat(100_000)}`);
  expect(diagnostics.length).toBe(1001);
  expect(diagnostics.at(-1)!.code).toBe("asm-too-many-errors");
});

test("5 MB of binary junk", () => {
  for (const syntax of ["auto", "plain", "gnu", "pseudoc", "kernel", "conformance"] as const) {
    const { object, diagnostics } = assemble(new Random(1).bytes(5_000_000), { syntax });
    expect(object).toBeUndefined();
    expect(diagnostics.length).toBeLessThanOrEqual(1002);
    expect(diagnostics.at(-1)!.code).toBe("asm-too-many-errors");
  }
});

test("a text of empty lines and a huge line find their places", () => {
  const { diagnostics } = assemble(`${"\n".repeat(3_000_000)}bad`, { syntax: "plain" });
  expect(diagnostics).toMatchObject([{ place: { line: 3_000_001, column: 1 } }]);
  const wide = assemble(`${" ".repeat(3_000_000)}bad`, { syntax: "plain" });
  expect(wide.diagnostics).toMatchObject([{ place: { line: 1 } }]);
});
