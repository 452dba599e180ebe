/** Properties of the split of an image into programs. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeSlot, newSlot } from "../../src/isa/index.js";
import { loadImage, ProgramBuilder } from "../../src/kernel/index.js";
import type { Image, Patch } from "../../src/object/index.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import type { Random } from "../support/random.js";
import { FakeSyscalls } from "./fake.js";
import { call, exit, imageOf, mapOf, movImm, patchOf, type Insn, type Part } from "./image.js";

/** For each function, what it does in order: a marker, calls of functions, addresses of functions. */
const graph = fc
  .integer({ min: 1, max: 12 })
  .chain((count) =>
    fc.array(
      fc.array(fc.tuple(fc.constantFrom("call", "address", "marker"), fc.nat({ max: count - 1 })), { maxLength: 6 }),
      { minLength: count, maxLength: count },
    ),
  );

function build(shape: readonly (readonly (readonly [string, number])[])[]): Image {
  const sizes = shape.map((steps) => 2 + steps.reduce((sum, [kind]) => sum + (kind === "address" ? 2 : 1), 0));
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((a, b) => a + b, 0));
  const parts = shape.map((steps, i): Part => {
    const insns: Insn[] = [movImm(0, 1000 + i)];
    for (const [kind, target] of steps) {
      const distance = starts[target]! - (starts[i]! + insns.length) - 1;
      if (kind === "call") insns.push(call(distance));
      else if (kind === "address") insns.push([0x18, 1, 4, 0, distance], [0, 0, 0, 0, 0]);
      else insns.push(movImm(2, target));
    }
    insns.push(exit);
    return { name: `f${i}`, section: i === 0 ? "xdp" : ".text", insns };
  });
  return imageOf(parts, ["f0"]);
}

/** The steps of the functions in `code`, read back: functions are known by the number they start with. */
function stepsOf(code: Uint8Array, start: number): { id: number; steps: [string, number][] } {
  const slot = newSlot();
  const at = (n: number): typeof slot => decodeSlot(code, 8 * n, "little", slot);
  const found: [string, number][] = [];
  const id = at(start).imm - 1000;
  for (let n = start + 1; at(n).opcode !== 0x95; n++) {
    const { opcode, imm } = at(n);
    if (opcode === 0xb7) found.push(["marker", imm]);
    else found.push([opcode === 0x85 ? "call" : "address", at(n + imm + 1).imm - 1000]);
    if (opcode === 0x18) n++;
  }
  return { id, steps: found };
}

test("each reachable function is there once, does what it did, and nothing else is there", () => {
  fc.assert(
    fc.property(graph, (shape) => {
      const reachable = new Set([0]);
      for (const i of reachable) {
        for (const [kind, target] of shape[i]!) if (kind !== "marker") reachable.add(target);
      }
      const { code, functions } = new ProgramBuilder(build(shape)).build(0);
      const read = functions.map(({ start }) => stepsOf(code, start));
      expect(read[0]!.id).toBe(0);
      expect(read.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual([...reachable].toSorted((a, b) => a - b));
      for (const each of read) expect(each.steps).toEqual(shape[each.id]);
      expect(code.length / 8).toBe(functions.reduce((sum, placed) => sum + placed.function.slots, 0));
    }),
  );
});

/** An image with numbers out of place. */
function mutant(random: Random): Image {
  const count = random.between(1, 5);
  const steps = (): [string, number][] =>
    Array.from({ length: random.below(4) }, () => [random.pick(["call", "address", "marker"]), random.below(count)]);
  const shape = Array.from({ length: count }, steps);
  const image = build(shape);
  const number = (): number => random.pick([-1, 0, 1, 2, 3, random.below(40), 2 ** 31]);
  const patches = Array.from({ length: random.below(5) }, (): Patch => {
    const kind = random.pick(["map", "segment", "function", "helper", "kfunc"] as const);
    const field = random.pick(["imm32", "imm64", "data64"] as const);
    return { ...patchOf(number(), kind, number(), number()), field, segment: random.pick([-1, -1, -1, 0, 7]) };
  }).toSorted((a, b) => a.at - b.at);
  const code = image.code.slice();
  for (let n = random.below(4); n > 0; n--)
    code[random.below(code.length)] = random.pick([0x18, 0x85, 0x10, 0x40, 255, 0]);
  const functions = image.functions.map((fn) =>
    random.chance(1, 6) ? { ...fn, start: number(), slots: number() } : fn,
  );
  return {
    ...image,
    functions,
    patches,
    code: random.chance(1, 8) ? code.slice(0, random.below(code.length)) : code,
    programs: image.programs.map((program) => (random.chance(1, 8) ? { ...program, function: number() } : program)),
    maps: [mapOf("m", 1, 4, 4, 1)],
    segments: [{ name: ".data", readOnly: false, align: 1, size: 4, data: Uint8Array.of(1) }],
    names: ["bpf_map_lookup_elem", "bpf_nothing"],
  };
}

test("broken images give structured errors and leave nothing open", () => {
  const { accepted, refused } = fuzz(fuzzRounds(3_000), (random) => {
    const image = mutant(random);
    const port = new FakeSyscalls();
    try {
      loadImage(image, port).close();
    } finally {
      expect(port.open.size).toBe(0);
    }
  });
  expect(Math.min(accepted, refused)).toBeGreaterThan(0);
});
