/** The options of GNU ld and lld that people type by habit: taken, or refused with what to use instead. */
import { expect, test } from "vitest";
import { writeObject } from "../../src/object/index.js";
import { instead } from "../../src/cli/ld-habits.js";
import { workshop } from "../support/cli.js";
import { fn, main, object } from "./objects.js";

const { ok, bpfkit, write, read } = workshop();
const debug = '.section .debug_str,"",@progbits\n .byte 1\n';
write("main.o", writeObject(object(main(" call a") + debug, "main.s")));
write("a.o", writeObject(object(fn("a", " mov r0, 1") + fn("b", " mov r0, 1"), "a.s")));
write("c.o", writeObject(object(fn("c", " mov r0, 3"), "c.s")));

function made(words: string): Uint8Array {
  ok(["ld", ...words.split(" "), "-o", "out.o"]);
  return read("out.o");
}

test.each([
  ["main.o -i", "main.o -r"],
  ["main.o a.o -Ur", "main.o a.o -r"],
  ["main.o a.o -gc-sections", "main.o a.o --gc-sections"],
  ["main.o a.o --gc-sections --no-gc-sections", "main.o a.o"],
  ["main.o a.o -defsym=x=1 -r", "main.o a.o --defsym x=1 -r"],
  ["main.o a.o --icf=all", "main.o a.o --icf"],
  ["main.o a.o --icf=safe --icf=none", "main.o a.o"],
  ["main.o a.o --keep-debug -S", "main.o a.o"],
  ["main.o a.o a.o -z muldefs", "main.o a.o a.o --allow-multiple-definition"],
  ["-m elf64bpf -static -O2 -z defs -znoexecstack --threads=2 --no-undefined main.o a.o", "main.o a.o"],
  ["main.o --start-lib c.o a.o --end-lib", "main.o a.o"],
  ["main.o a.o --push-state --whole-archive --pop-state --start-lib c.o --end-lib", "main.o a.o"],
])("ld %s is ld %s", (theirs, mine) => {
  expect(made(theirs)).toEqual(made(mine));
});

test("-undefined=NAME is no -u ndefined, -export no -e xport", () => {
  ok(["ar", "rcs", "lib.a", "c.o"]);
  expect(made("main.o a.o -undefined=c lib.a")).toEqual(made("main.o a.o --undefined c lib.a"));
  expect(made("main.o a.o -export main")).toEqual(made("main.o a.o --export main"));
});

test("-M prints the map", () => {
  expect(ok(["ld", "main.o", "a.o", "-M", "-o", "out.o"]).stdout).toContain("main.o(socket)");
});

test("what is not taken is refused with advice, and is no option here", () => {
  const { stdout: help } = ok(["ld", "--help"]);
  const taken = new Set(help.match(/(?<= )--?[a-zA-Z][a-z-]*/g));
  expect(Object.keys(instead).filter((each) => taken.has(each))).toEqual([]);
  for (const word of ["-Tscript", "-shared", "--version-script=v", "-trace", "-Bsymbolic", "-z foo", "-s"]) {
    const { status, stderr } = bpfkit(["ld", "main.o", "a.o", "-o", "refused.o", ...word.split(" ")]);
    expect(stderr, word).toMatch(/unknown option '.*\n[^]*= help: /);
    expect(status).toBe(2);
  }
  expect(() => read("refused.o")).toThrow(/ENOENT/);
});

test.each([
  ["--pop-state", "--pop-state has nothing to go back to"],
  ["--start-lib a.o", "--start-lib does not end"],
  ["--end-lib", "--end-lib ends what did not start"],
  ["--start-group --start-group", "--start-group stands inside of another one"],
  ["--end-group", "--end-group ends what did not start"],
])("brackets without their like: %s", (words, message) => {
  const { status, stderr } = bpfkit(["ld", "main.o", ...words.split(" "), "-o", "refused.o"]);
  expect(stderr).toContain(`error: ${message} [link-group]`);
  expect(status).toBe(1);
});

test("--fatal-warnings makes warnings errors, -w leaves them unsaid", () => {
  // A static function outside of .text, which libbpf takes for a program.
  write(
    "odd.o",
    writeObject(object(main(" call odd") + ".type odd,@function\nodd:\n exit\n.size odd, . - odd\n", "odd.s")),
  );
  const plain = bpfkit(["ld", "odd.o", "-o", "odd.out"]);
  expect(plain.stderr).toContain("warning");
  expect(plain.status).toBe(0);
  expect(ok(["ld", "odd.o", "-o", "odd.out", "-w", "--fatal-warnings"]).stderr).toBe("");
  const { status, stderr } = bpfkit(["ld", "odd.o", "-o", "fatal.out", "--fatal-warnings"]);
  expect(stderr).toMatch(/error: .*\[link-static-program\]/);
  expect(status).toBe(1);
  expect(() => read("fatal.out")).toThrow(/ENOENT/);
});
