/** GNU's own BPF assembler tests of binutils 2.40: each source assembles to what its expectation file says. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import type { ObjectFile } from "../../src/object/index.js";
import { gasSuite, gasSuiteMissing } from "../support/gas-suite.js";

/** Expectations that are not met, and why. */
const exceptions: Readonly<Record<string, string>> = {
  "alu-xbpf.d":
    "xBPF's division, opcodes 0xe7 to 0xff: a simulator's, not eBPF's; `sdiv` and `smod` are RFC 9669's here",
  "alu32-xbpf.d": "the same with 32 bits",
  "indcall-bad-1.l": "`call %r6` is refused without -mxbpf; binutils 2.41 takes it, and so do we",
};

const read = (name: string): string => readFileSync(join(gasSuite, name), "utf8");

/** `#name: value` lines of an expectation file. */
function option(text: string, name: string): string | undefined {
  return new RegExp(`^#${name}: *(.*)$`, "m").exec(text)?.[1];
}

/** The bytes and relocations that a `.d` file lists. */
function wanted(text: string): { readonly bytes: string; readonly relocations: readonly string[] } {
  const bytes: string[] = [];
  const relocations: string[] = [];
  for (const line of text.split("\n")) {
    const insn = /^ *[0-9a-f]+:\t((?:[0-9a-f]{2} ?){8})/.exec(line);
    const dump = /^ [0-9a-f]{4} ((?:[0-9a-f]+ )+)/.exec(line);
    const found = insn ?? dump;
    if (found !== null) bytes.push(found[1]!.replaceAll(" ", ""));
    const relocation = /^\s+([0-9a-f]+): (R_BPF_\w+)\t(\S+)/.exec(line);
    if (relocation !== null)
      relocations.push(`${Number.parseInt(relocation[1]!, 16)} ${relocation[2]!} ${relocation[3]!}`);
  }
  return { bytes: bytes.join(""), relocations };
}

/** GNU's objects hold addends in the fields, and have names of their own for relocations. */
function made(object: ObjectFile, section: string): ReturnType<typeof wanted> {
  const { data, relocations, name } = object.sections.find((each) => each.name === section)!;
  const bytes = data.slice();
  const said = relocations.map(({ offset, kind, addend }) => {
    expect(kind).toBe("abs_imm64");
    new DataView(bytes.buffer).setInt32(offset + 4, Number(addend), object.endian === "little");
    return `${offset} R_BPF_INSN_64 ${name}`;
  });
  return { bytes: toHex(bytes), relocations: said };
}

const files = gasSuiteMissing === "" ? readdirSync(gasSuite).filter((name) => /\.[dl]$/.test(name)) : [];

test.skipIf(gasSuiteMissing !== "")(`there are as many as there should be${gasSuiteMissing}`, () => {
  expect(files.length).toBe(23);
  console.log(
    `GNU's expectations left out:\n${Object.entries(exceptions)
      .map((each) => each.join(": "))
      .join("\n")}`,
  );
});

test.skipIf(gasSuiteMissing !== "").each(files.filter((name) => exceptions[name] === undefined))("%s", (name) => {
  const text = read(name);
  const source = option(text, "source") ?? name.replace(/\.d$/, ".s");
  const endian = /--EB/.test(option(text, "as") ?? "") ? "big" : "little";
  const section = /-j (\S+)/.exec(option(text, "objdump") ?? "")?.[1] ?? ".text";
  for (const syntax of ["gnu", "auto"] as const) {
    const { object, diagnostics } = assemble(read(source), { file: source, endian, syntax });
    expect(diagnostics.map((each) => formatDiagnostic(each)).join("\n")).toBe("");
    expect(made(object!, section), syntax).toEqual(wanted(text));
  }
});
