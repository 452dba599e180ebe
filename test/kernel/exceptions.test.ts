/** Exceptions: a program names by a tag of its types alone where they go. */
import { expect, test } from "vitest";
import { loadImage } from "../../src/kernel/index.js";
import { link } from "../../src/link/index.js";
import { readKernelBtf } from "../../src/node/index.js";
import { imageOf } from "../../src/object/index.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { clangMissing, kitchen } from "../link/compile.js";

const { compile } = kitchen();
const missing = clangMissing + kernelMissing;

const program = `int deep(int x);
  NOINLINE int caught(unsigned long long cookie) { return (int)cookie + 1; }
  SEC("tc") __attribute__((btf_decl_tag("exception_callback:caught"))) int thrower(struct __sk_buff *skb) { return deep(5); }
  SEC("tc") int calm(struct __sk_buff *skb) { return deep(2); }
  char license_text[] SEC("license") = "GPL";`;
const deep = `extern void bpf_throw(unsigned long long cookie) __ksym;
  static NOINLINE int inner(int x) { if (x > 3) bpf_throw(40 + x); return x; }
  int deep(int x) { return inner(x) + 1; }`;

test.skipIf(missing !== "")(`the callback is kept, and loaded with the program${missing}`, () => {
  const objects = [compile("program.o", program), compile("deep.o", deep)];
  for (const options of [{}, { gcSections: true }, { relocatable: true, gcSections: true }]) {
    const { object, report } = link(objects, options);
    expect(object!.symbols.map(({ name }) => name)).toContain("caught");
    if (options.gcSections === true) {
      expect(report!.whyLive("caught")).toEqual([
        "caught (program.o)",
        "  which is kept: caught is an exception callback",
      ]);
    }
    const loaded = loadImage(imageOf(object!), kernel(), { kernelBtf: readKernelBtf });
    const run = (name: string): number => loaded.program(name).testRun({ data: new Uint8Array(64) }).retval;
    expect([run("thrower"), run("calm")]).toEqual([46, 3]);
    loaded.close();
  }
});
