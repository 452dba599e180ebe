/** Assembled programs with maps, types and functions in the machine's own kernel: by bpfkit's loader, and by libbpf's. */
import { existsSync, mkdirSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { loadImage, VerifierError } from "../../src/kernel/index.js";
import { link } from "../../src/link/index.js";
import { imageOf, readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { tailCall } from "../support/asm.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

/** Counts frames by their length in a hash map, up to a limit in `.data`; `check` is the line that tests the lookup. */
const program = (check: string): string => `
	.license "GPL"
	.ctype
	struct counter { u64 frames; u32 last; };
	enum { LIMIT = 100 };
	u64 limit;
	.endctype
	.map counters, type=hash, key=u32, value=struct counter, max_entries=16
	.data
	.balign 8
limit:	.quad LIMIT

	.text
	.func static int below(u64 value, u64 limit)
	mov r0, 1
	jlt r1, r2, less
	mov r0, 0
less:	exit
	.endfunc

	.program xdp
	.func int count(struct xdp_md *ctx)
	ldxw r6, [r1+4]		# data_end
	ldxw r1, [r1+0]
	sub r6, r1
	stxw [r10-4], r6
	ldimm64 r1, counters
	mov r2, r10
	add r2, -4
	call bpf_map_lookup_elem
	${check}
	ldxdw r7, [r0+0]
	mov r8, r0
	mov r1, r7
	ldimm64 r2, limit
	ldxdw r2, [r2+0]
	call below
	jeq r0, 0, out
	add r7, 1
	stxdw [r8+0], r7
	stxw [r8+8], r6
out:	mov r0, 2
	exit
	.endfunc
`;

function assembled(text: string): ObjectFile {
  const { object, diagnostics } = assemble(text, { file: "count.s", syntax: "plain" });
  expect(diagnostics.map((each) => formatDiagnostic(each))).toEqual([]);
  return object!;
}

const checked = program("jeq r0, 0, out");
/** Says nothing and does nothing: the lookup's result is used as it is. */
const wrong = program("# not checked");

test.skipIf(kernelMissing !== "")(`the kernel takes the program, and it counts${kernelMissing}`, () => {
  const loaded = loadImage(imageOf(assembled(checked)), kernel());
  try {
    const [map] = loaded.maps;
    const key = Uint8Array.of(64, 0, 0, 0);
    map!.update(key, new Uint8Array(16));
    const [count] = loaded.programs;
    for (let i = 0; i < 3; i++) expect(count!.testRun({ data: new Uint8Array(64) }).retval).toBe(2);
    const value = map!.lookup(key)!;
    expect([value[0], value[8]]).toEqual([3, 64]);
  } finally {
    loaded.close();
  }
});

test.skipIf(kernelMissing !== "")(
  `the verifier's log of a wrong program shows the lines of the file${kernelMissing}`,
  () => {
    let caught: unknown;
    try {
      loadImage(imageOf(assembled(wrong)), kernel()).close();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(VerifierError);
    const { log } = caught as VerifierError;
    const line = (text: string): string =>
      `; ${text} @ count.s:${wrong.split("\n").findIndex((each) => each.includes(text)) + 1}`;
    expect(log).toContain(line("call bpf_map_lookup_elem"));
    expect(log).toContain(line("ldxdw r7, [r0+0]"));
    expect(log).toContain("R0 invalid mem access 'map_value_or_null'");
  },
);

const tools = kernelMissing !== "" ? kernelMissing : toolMissing("bpftool");

test.skipIf(tools !== "")(`bpftool loads the object, and knows its types, functions and lines${tools}`, () => {
  inScratchFolder((folder) => {
    const pin = `/sys/fs/bpf/bpfkit-test-${process.pid}`;
    const load = (text: string): ReturnType<typeof runTool> => {
      const file = join(folder, "count.o");
      writeFileSync(file, writeObject(assembled(text)));
      return runTool("bpftool", ["prog", "load", file, pin]);
    };
    try {
      expect(load(checked)).toMatchObject({ status: 0 });
      const { stdout } = runTool("bpftool", ["prog", "dump", "xlated", "pinned", pin, "linum"]);
      expect(stdout).toContain("int count(struct xdp_md * ctx):");
      expect(stdout).toContain("int below(u64 value, u64 limit):");
      expect(stdout).toMatch(/; call below \[file:count\.s line_num:\d+ line_col:2\]/);
    } finally {
      if (existsSync(pin)) unlinkSync(pin);
    }
    const { status, stderr } = load(wrong);
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/; ldxdw r7, \[r0\+0\] @ count\.s:\d+/);
    // libbpf's linker wants a type of every global symbol.
    writeFileSync(join(folder, "count.o"), writeObject(assembled(checked)));
    expect(runTool("bpftool", ["gen", "object", join(folder, "linked.o"), join(folder, "count.o")])).toMatchObject({
      status: 0,
      stderr: "",
    });
    const types = runTool("bpftool", ["btf", "dump", "file", join(folder, "count.o"), "format", "c"]).stdout;
    expect(types).toContain("struct counter {\n\tu64 frames;\n\tu32 last;\n};");
  });
});

test.skipIf(tools !== "")(`two files, linked by bpfkit and by libbpf, load with the lines of both${tools}`, () => {
  const main = assembled(`
	.license "GPL"
	.ctype "struct c { u64 n; }; extern int helper(int);"
	.map counts, type=array, key=u32, value=struct c, max_entries=2
	.program xdp
	.func int main(struct xdp_md *ctx)
	ldimm64 r1, counts
	mov r1, 3
	call helper
	exit
	.endfunc
`);
  const other = assembled(`
	.ctype "int limit;"
	.data
limit:	.long 7
	.text
	.func int helper(int a)
	ldimm64 r2, limit
	ldxw r0, [r2+0]	# the other file
	exit
	.endfunc
`);
  inScratchFolder((folder) => {
    const paths = [main, other].map((object, i) => {
      const path = join(folder, `${i}.o`);
      writeFileSync(path, writeObject(object));
      return path;
    });
    const linked = link([main, other].map((object) => readObject(writeObject(object), { file: "x.o" })));
    expect(linked.diagnostics).toEqual([]);
    const ours = join(folder, "ours.o");
    writeFileSync(ours, writeObject(linked.object!));
    const theirs = join(folder, "theirs.o");
    expect(runTool("bpftool", ["gen", "object", theirs, ...paths])).toMatchObject({ status: 0, stderr: "" });
    const pin = `/sys/fs/bpf/bpfkit-test-link-${process.pid}`;
    for (const file of [ours, theirs]) {
      try {
        expect(runTool("bpftool", ["prog", "load", file, pin]).status, file).toBe(0);
        const { stdout } = runTool("bpftool", ["prog", "dump", "xlated", "pinned", pin, "linum"]);
        expect(stdout).toContain("; call helper");
        expect(stdout).toMatch(/; ldxw r0, \[r2\+0\]\t?# the other file/);
      } finally {
        if (existsSync(pin)) unlinkSync(pin);
      }
    }
  });
});

test.skipIf(tools !== "")(`maps with initial contents: libbpf puts the maps and programs in${tools}`, () => {
  const maps = `.map inside, type=array, key=u32, value=u64, max_entries=1
	.map outer, type=array_of_maps, key=u32, max_entries=3, values={0, inside}, inner={type=array, key=u32, value=u64, max_entries=1}`;
  const body = `stw [r10-4], 1
	ldimm64 r1, outer
	mov r2, r10
	add r2, -4
	call bpf_map_lookup_elem
	jeq r0, 0, none
	mov r0, 2
	exit
none:	mov r0, 1`;
  const object = assembled(tailCall(body, maps));
  const folder = `/sys/fs/bpf/bpfkit-test-values-${process.pid}`;
  inScratchFolder((scratch) => {
    const [file, frame] = [join(scratch, "values.o"), join(scratch, "frame")];
    writeFileSync(file, writeObject(object));
    writeFileSync(frame, new Uint8Array(64));
    try {
      mkdirSync(folder);
      expect(runTool("bpftool", ["prog", "loadall", file, folder, "pinmaps", folder])).toMatchObject({ status: 0 });
      const { stdout } = runTool("bpftool", ["prog", "run", "pinned", `${folder}/main`, "data_in", frame]);
      expect(stdout).toContain("Return value: 2,");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
