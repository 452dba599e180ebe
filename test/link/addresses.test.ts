/** Addresses of functions: the kernel takes those of static ones alone, and loaders take hidden ones for static. */
import { expect, test } from "vitest";
import { imageOf, type ObjectFile } from "../../src/object/index.js";
import { loadImage } from "../../src/kernel/index.js";
import { link, type LinkOptions } from "../../src/link/index.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { clangMissing, kitchen } from "./compile.js";

const { compile } = kitchen();
const missing = clangMissing + kernelMissing;

const user = (attributes: string): string => `int optional(int x) __attribute__((${attributes}));
  SEC("socket") int program(struct __sk_buff *ctx) { int r = 1; if (optional) r += optional(3); return r; }
  char license_text[] SEC("license") = "GPL";`;
const definition = (attributes: string): string =>
  `__attribute__((${attributes})) int optional(int x) { return 2 * x; }`;

/** What the kernel says to a loader: the result of the program, or its complaint. */
function tried(object: ObjectFile): string {
  try {
    const loaded = loadImage(imageOf(object), kernel());
    const { retval } = loaded.program("program").testRun({ data: new Uint8Array(64) });
    loaded.close();
    return String(retval);
  } catch (error) {
    return /callback function not static/.exec(JSON.stringify(error))?.[0] ?? String(error);
  }
}

test.skipIf(missing !== "")(`an address of a global function is warned of${missing}`, () => {
  const weak = compile("weak.o", user("weak"));
  const plain = compile("plain.o", definition("noinline"));
  const hidden = compile("hidden.o", definition('visibility("hidden")'));
  const cases: [ObjectFile[], LinkOptions, string[], string][] = [
    [[weak], {}, [], "1"],
    [[weak, plain], {}, ["link-address-global"], "callback function not static"],
    [[weak, hidden], {}, [], "7"],
    [[weak, plain], { exports: ["program"] }, [], "7"],
    [[weak, plain], { localize: ["optional"] }, [], "7"],
  ];
  for (const [objects, options, codes, result] of cases) {
    const { object, diagnostics } = link(objects, options);
    expect(diagnostics.map(({ code }) => code)).toEqual(codes);
    expect(tried(object!)).toBe(result);
  }
});
