/** What an undefined name means: a definition in another object, what BTF says is the kernel's, a helper; in this order. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadImage } from "../../src/kernel/index.js";
import { link } from "../../src/link/index.js";
import { readKernelBtf } from "../../src/node/index.js";
import { imageOf, readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { createVm } from "../../src/vm/index.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";
import { object } from "../link/objects.js";
import { thrown } from "./fake.js";

const missing = kernelMissing + toolMissing("clang-22", "bpftool");

function compiled(folder: string, name: string, source: string): ObjectFile {
  const [from, to] = [join(folder, `${name}.c`), join(folder, `${name}.o`)];
  const head = `typedef unsigned long long u64; struct __sk_buff;
    #define SEC(name) __attribute__((section(name), used))
    #define __ksym __attribute__((section(".ksyms")))\n`;
  writeFileSync(from, head + source);
  expect(runTool("clang-22", ["-O2", "-g", "-target", "bpf", "-c", from, "-o", to]).stderr).toBe("");
  return readObject(new Uint8Array(readFileSync(to)), { file: `${name}.o` });
}

function linked(...objects: ObjectFile[]): ObjectFile {
  const { object: made, diagnostics } = link(objects);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return made!;
}

const options = { kernelBtf: readKernelBtf };

function result(made: ObjectFile): number {
  const loaded = loadImage(imageOf(made), kernel(), options);
  try {
    return loaded.program("main_program").testRun({ data: new Uint8Array(64) }).retval;
  } finally {
    loaded.close();
  }
}

/** What libbpf and the kernel say when they load the object: empty when they take it. */
function complaint(folder: string, made: ObjectFile): string {
  const [path, pin] = [join(folder, "names.o"), `/sys/fs/bpf/bpfkit-names-${process.pid}`];
  writeFileSync(path, writeObject(made));
  try {
    return runTool("bpftool", ["prog", "load", path, pin]).stderr;
  } finally {
    runTool("rm", ["-rf", pin]);
  }
}

const program = (body: string): string =>
  `SEC("tc") int main_program(struct __sk_buff *skb) { ${body} }\nchar license_text[] SEC("license") = "GPL";`;

test.skipIf(missing !== "")(`a function of the kernel is called by its BTF id${missing}`, () => {
  inScratchFolder((folder) => {
    const declared = "extern void bpf_rcu_read_lock(void) __ksym; extern void bpf_rcu_read_unlock(void) __ksym;";
    const made = linked(
      compiled(folder, "a", declared + program("bpf_rcu_read_lock(); bpf_rcu_read_unlock(); return 7;")),
    );
    expect(complaint(folder, made)).toBe("");
    expect(result(made)).toBe(7);
    const unknown = linked(
      compiled(folder, "b", `extern int no_such_thing(void) __ksym;${program("return no_such_thing();")}`),
    );
    expect(thrown(() => loadImage(imageOf(unknown), kernel(), options))).toMatchObject({
      code: "kernel-kfunc",
      message: "function main_program calls the kernel function no_such_thing, which the kernel's BTF does not know",
    });
  });
});

test.skipIf(missing !== "")(
  `a weak function that the kernel lacks is no error where nothing calls it${missing}`,
  () => {
    inScratchFolder((folder) => {
      const declared = "extern int no_such_thing(void) __ksym __attribute__((weak));";
      const guarded = compiled(folder, "a", `${declared}${program("return no_such_thing ? no_such_thing() : 9;")}`);
      const made = linked(guarded);
      expect(complaint(folder, made)).toBe("");
      expect(result(made)).toBe(9);
      const bare = linked(compiled(folder, "b", `${declared}${program("return no_such_thing();")}`));
      expect(complaint(folder, bare)).not.toBe("");
      expect(thrown(() => loadImage(imageOf(bare), kernel(), options)).code).toBe("kernel-program-rejected");
    });
  },
);

test.skipIf(missing !== "")(`addresses of what the kernel has, weak or not, are its BTF ids${missing}`, () => {
  inScratchFolder((folder) => {
    const declared = `#define WEAK __attribute__((weak))
      extern void bpf_rcu_read_lock(void) __ksym WEAK; extern void bpf_rcu_read_unlock(void) __ksym WEAK;
      extern int no_such_thing(void) __ksym WEAK; extern const int bpf_no_variable __ksym WEAK;
      extern void *bpf_rdonly_cast(const void *, unsigned) __ksym;`;
    const body = `int seen = 0;
      if (bpf_rcu_read_lock) { bpf_rcu_read_lock(); bpf_rcu_read_unlock(); seen |= 1; }
      if (no_such_thing) seen |= 2;
      if (&bpf_no_variable) seen |= 4;
      void *known = bpf_rdonly_cast;
      asm volatile("" : "+r"(known));
      if (known) seen |= 8;
      return seen;`;
    const made = linked(compiled(folder, "a", declared + program(body)));
    expect(made.symbols.map(({ name }) => name)).toContain("bpf_rcu_read_lock");
    expect(complaint(folder, made)).toBe("");
    expect(result(made)).toBe(9);
    const none = compiled(folder, "b", `extern const int bpf_no_variable __ksym;${program("return bpf_no_variable;")}`);
    expect(thrown(() => loadImage(imageOf(linked(none)), kernel(), options)).code).toBe("kernel-symbol");
    // The VM has no kernel.
    const weak = `${declared.replace("unsigned) __ksym;", "unsigned) __ksym WEAK;")}${program(body.replace("bpf_rcu_read_lock(); bpf_rcu_read_unlock();", ""))}`;
    expect(createVm(imageOf(linked(compiled(folder, "c", weak)))).run("main_program")).toMatchObject({ r0: 0n });
    expect(thrown(() => createVm(imageOf(made))).code).toBe("vm-kernel-name");
    const config = 'extern int CONFIG_HZ __attribute__((section(".kconfig")));';
    const kconfig = linked(compiled(folder, "d", config + program("return CONFIG_HZ;")));
    expect(complaint(folder, kconfig)).toBe("");
    expect(thrown(() => imageOf(kconfig)).code).toBe("image-kernel");
  });
});

test.skipIf(missing !== "")(`a helper's name in .ksyms is a function of the kernel, as libbpf has it${missing}`, () => {
  inScratchFolder((folder) => {
    const source = `extern u64 bpf_ktime_get_ns(void) __ksym;${program("return bpf_ktime_get_ns() != 0;")}`;
    const made = linked(compiled(folder, "a", source));
    expect(complaint(folder, made)).toContain("extern (func ksym) 'bpf_ktime_get_ns'");
    const refused = thrown(() => loadImage(imageOf(made), kernel(), options));
    expect(refused.message).toContain("calling kernel function bpf_ktime_get_ns is not allowed");
    // A definition in another object comes before both.
    const definition = compiled(folder, "b", "u64 bpf_ktime_get_ns(void) { return 0; }");
    const defined = linked(made, definition);
    expect(complaint(folder, defined)).toBe("");
    expect(result(defined)).toBe(0);
    expect(result(linked(definition, compiled(folder, "c", source)))).toBe(0);
  });
});

test.skipIf(missing !== "")(`a helper's name that nothing else has is the helper${missing}`, () => {
  inScratchFolder((folder) => {
    const caller = object(
      ".text\n.globl now\n.type now,@function\nnow:\n call bpf_ktime_get_ns\n exit\n.size now, . - now\n",
    );
    const made = linked(compiled(folder, "a", `u64 now(void);${program("return now() != 0;")}`), caller);
    expect(result(made)).toBe(1);
    expect(complaint(folder, made)).toBe("");
    const byName = object(
      ".text\n.extern bpf_ktime_get_ns\n.globl now\n.type now,@function\nnow:\n call bpf_ktime_get_ns\n exit\n.size now, . - now\n",
    );
    const kept = linked(compiled(folder, "b", `u64 now(void);${program("return now() != 0;")}`), byName);
    expect(result(kept)).toBe(1);
    const definition = object(
      ".text\n.globl bpf_ktime_get_ns\n.type bpf_ktime_get_ns,@function\nbpf_ktime_get_ns:\n mov r0, 0\n exit\n.size bpf_ktime_get_ns, . - bpf_ktime_get_ns\n",
    );
    expect(
      result(linked(compiled(folder, "c", `u64 now(void);${program("return now() != 0;")}`), byName, definition)),
    ).toBe(0);
  });
});
