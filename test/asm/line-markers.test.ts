/** Text that went through a preprocessor: places are those of the files it was made of. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";
import { expect, test } from "vitest";
import { assemble, type ReadFile } from "../../src/asm/index.js";
import { readBtf, readBtfExt } from "../../src/btf/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { writeObject } from "../../src/object/index.js";
import { Random } from "../support/random.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

const places = (text: string): string[] =>
  assemble(text, { file: "m.s", syntax: "gnu" }).diagnostics.map(({ place }) =>
    place?.kind === "text" ? `${place.file}:${place.line}` : "",
  );

const noGas = toolMissing("bpf-as");

test.skipIf(noGas !== "")(`which lines are markers, and what they say, as GNU as has it${noGas}`, () => {
  const random = new Random(Number(process.env["SEED"] ?? 20_261_128));
  // What cpp does not print (line 0 before text, flags without a file to come from, other words) confuses gas.
  const line = (): number => random.between(1, 50);
  const shapes = [
    () => `# ${line()} "${random.pick(["a.S", "dir/b.h", "<built-in>", 'q\\"x', "c\\\\d"])}"`,
    () => `#${line()} "x.h" ${random.pick(["3", "3 4"])}`,
    () => `#\t${line()}\t"t.h"`,
    () => ` # ${line()} "not at the start of the line"`,
    () => "# a comment",
    () => `.if 0\n# ${line()} "in.h"\n.endif`,
    () => "\tmov %r1, 5",
    () => "\tbogus%1",
    () => "",
  ];
  inScratchFolder((folder) => {
    for (let round = 0; round < 60; round++) {
      const text = `# 1 "a.S"\n${Array.from({ length: 30 }, () => random.pick(shapes)()).join("\n")}`;
      const said = runTool("bpf-as", ["-o", join(folder, "m.o"), "-"], `${text}\n`).stderr;
      const theirs = said.split("\n").flatMap((line) => /^(.*):(\d+): Error/.exec(line)?.slice(1, 3).join(":") ?? []);
      const ours = places(text).map((place) => place.replace(/^m\.s/, "{standard input}"));
      expect(ours, `seed ${random.seed}\n${text}`).toEqual(theirs);
    }
  });
});

test("the way to an error through #include, and C's own form of the line", () => {
  const text = `# 0 "a.S"
# 1 "a.S"
# 1 "b.h" 1
# 7 "c.h" 1
.macro bad
 mvo r1, 2
.endm
# 2 "b.h" 2
# 2 "a.S" 2

 bad
# 9 "d.h" 1
 mvo r1, 3
#line 100
 mvo r1, 4
#line 5 "e.y"
 mvo r1, 5
#line of another kind
`;
  const { diagnostics } = assemble(text, { file: "<stdin>", syntax: "plain" });
  expect(diagnostics.map((each) => formatDiagnostic({ ...each, help: undefined }))).toEqual([
    `c.h:8:2: error: unknown instruction \`mvo\` [asm-instruction-near]
    8 |  mvo r1, 2
      |  ^~~
a.S:3:2: note: in the expansion of macro \`bad\`
    3 |  bad
      |  ^`,
    `d.h:9:2: error: unknown instruction \`mvo\` [asm-instruction-near]
    9 |  mvo r1, 3
      |  ^~~
a.S:4:1: note: included from here`,
    `d.h:100:2: error: unknown instruction \`mvo\` [asm-instruction-near]
  100 |  mvo r1, 4
      |  ^~~
a.S:4:1: note: included from here`,
    `e.y:5:2: error: unknown instruction \`mvo\` [asm-instruction-near]
    5 |  mvo r1, 5
      |  ^~~
a.S:4:1: note: included from here`,
  ]);
});

const noTools = toolMissing("cpp", "bpf-as", "bpf-objdump");

test.skipIf(noTools !== "")(`-g: the rows are GNU as' where cpp made the text${noTools}`, () => {
  inScratchFolder((folder) => {
    mkdirSync(join(folder, "inc"));
    writeFileSync(
      join(folder, "a.S"),
      '#include "inc/b.h"\n#define N 3\n\n\t.text\nf:\tmov %r0, N\n\tlddw %r1, 5\n#include "inc/c.h"\n\n\texit\n',
    );
    writeFileSync(join(folder, "inc/b.h"), "/* two\n * lines */\n#define M 4\n");
    writeFileSync(join(folder, "inc/c.h"), "\n\tmov %r2, M\n\n\n\n\n\n\n\n\n\n\n\n\tmov %r3, M\n");
    const text = runTool("cpp", ["a.S"], undefined, folder).stdout;
    runTool("bpf-as", ["-gdwarf-4", "-o", "gas.o", "-"], text, folder);
    const { object, diagnostics } = assemble(text, { file: "<stdin>", debug: { dwarf: 4, directory: folder } });
    expect(diagnostics).toEqual([]);
    writeFileSync(join(folder, "our.o"), writeObject(object!));
    const rows = (file: string): string[] =>
      runTool("bpf-objdump", ["--dwarf=decodedline", file], undefined, folder)
        .stdout.split("\n")
        .flatMap((line) => /^(\S+\s+\d+\s+\S+)\s/.exec(line)?.[1]?.replace(/\s+/g, " ") ?? []);
    expect(rows("our.o").length).toBe(5);
    expect(rows("our.o")).toEqual(rows("gas.o"));
    expect(runTool("bpf-objdump", ["--dwarf=info", "our.o"], undefined, folder).stdout).toContain(": a.S\n");
  });
});

test("BTF has the lines of the files that the text was made of", () => {
  const text = '# 1 "a.S"\n\t.text\n.func int f(void)\n# 30 "b.h" 1\n\tmov r0, 1\n# 4 "a.S" 2\n\texit\n.endfunc\n';
  const { object, diagnostics } = assemble(text, { file: "<stdin>" });
  expect(diagnostics).toEqual([]);
  const data = (name: string): Uint8Array => object!.sections.find((section) => section.name === name)!.data;
  const btf = readBtf(data(".BTF"));
  const { lineInfo } = readBtfExt(data(".BTF.ext"), btf);
  const shown = lineInfo[0]!.records.map(({ fileNameOff, line }) => `${btf.string(fileNameOff)}:${line}`);
  expect(shown).toEqual(["b.h:30", "a.S:4"]);
});

test("--explicit-maps leaves files where what they name is found, and errors where they are", () => {
  const files: Record<string, string> = {
    "inc/blob": "0123",
    "inc/m.s": '.data\n.incbin "blob"\n.text\nr1 = m ll\n',
  };
  const readFile: ReadFile = (name, from) => {
    const path = posix.join(posix.dirname(from), name);
    const found = files[path];
    return found === undefined ? { reason: "it is not there" } : { path, bytes: new TextEncoder().encode(found) };
  };
  const options = { file: "a.s", readFile } as const;
  const text = '.section maps,"aw"\n.globl m\nm: .long 2, 4, 8, 1\n.text\n.include "inc/m.s"\n';
  const { object, explicitText } = assemble(`${text}exit\n`, { ...options, explicitMaps: true });
  const again = assemble(explicitText!, options);
  expect(again.object).toEqual(object);
  const late = assemble(new TextDecoder().decode(explicitText).replace("exit", "nonsense"), options).diagnostics;
  expect(late.map(({ place }) => place)).toMatchObject([{ file: "a.s", line: 6 }]);
});
