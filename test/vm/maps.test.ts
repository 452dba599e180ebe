/** Maps from the host's side, compared with a JavaScript Map. */
import { expect, test } from "vitest";
import { BpfkitError } from "../../src/diag/index.js";
import { MapType } from "../../src/isa/index.js";
import { createVm, type VmMap } from "../../src/vm/index.js";
import { encodeAll, imageOf, mapOf } from "../support/image.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";

const code = encodeAll([[0x95, 0, 0, 0, 0]]);

function mapIn(type: MapType, keySize: number, valueSize: number, maxEntries: number, cpus = 1): VmMap {
  return createVm(imageOf(code, { maps: [mapOf("m", type, keySize, valueSize, maxEntries)] }), { cpus }).map("m");
}

test("a hash behaves like a Map of bounded size under random updates, deletes and lookups", () => {
  fuzz(fuzzRounds(30), (random) => {
    const [keySize, valueSize, limit] = [random.between(1, 9), random.between(1, 20), random.between(1, 40)];
    const map = mapIn(
      random.chance(1, 2) ? MapType.BPF_MAP_TYPE_HASH : MapType.BPF_MAP_TYPE_PERCPU_HASH,
      keySize,
      valueSize,
      limit,
    );
    const model = new Map<string, Uint8Array>();
    for (let i = 0; i < 300; i++) {
      const key = new Uint8Array(keySize).fill(random.below(limit + 9));
      const [name, value, flags] = [key.join(), random.bytes(valueSize), random.below(4)];
      const kind = random.below(3);
      if (kind === 0) {
        let expected = 0;
        if (flags > 2) expected = -22;
        else if (model.has(name)) expected = flags === 1 ? -17 : 0;
        else if (flags === 2) expected = -2;
        else if (model.size === limit) expected = -7;
        expect(map.update(key, value, flags)).toBe(expected);
        if (expected === 0) model.set(name, value);
      } else if (kind === 1) {
        expect(map.delete(key)).toBe(model.delete(name) ? 0 : -2);
      } else {
        expect(map.lookup(key)).toEqual(model.get(name));
      }
    }
    const entries = new Map([...map.entries()].map(([key, value]) => [key.join(), value]));
    expect(entries).toEqual(model);
  });
});

test("an array has all its keys from the start", () => {
  const map = mapIn(MapType.BPF_MAP_TYPE_ARRAY, 4, 3, 2);
  const [first, second, third] = [0, 1, 2].map((n) => Uint8Array.of(n, 0, 0, 0)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  expect(map.lookup(first)).toEqual(new Uint8Array(3));
  expect(map.update(second, Uint8Array.of(1, 2, 3))).toBe(0);
  expect([...map.entries()]).toEqual([
    [first, new Uint8Array(3)],
    [second, Uint8Array.of(1, 2, 3)],
  ]);
  expect(map.lookup(third)).toBeUndefined();
  expect([map.update(third, new Uint8Array(3)), map.update(first, new Uint8Array(3), 1), map.delete(first)]).toEqual([
    -7, -17, -22,
  ]);
});

test("per-CPU values are set one for all, or each in the kernel's layout", () => {
  for (const type of [MapType.BPF_MAP_TYPE_PERCPU_ARRAY, MapType.BPF_MAP_TYPE_PERCPU_HASH]) {
    const map = mapIn(type, 4, 4, 2, 3);
    const key = new Uint8Array(4);
    expect(map.update(key, Uint8Array.of(1, 2, 3, 4))).toBe(0);
    expect(map.lookupAll(key)).toEqual(Array.from({ length: 3 }, () => Uint8Array.of(1, 2, 3, 4)));
    const all = new Uint8Array(24);
    for (let cpu = 0; cpu < 3; cpu++) all.fill(cpu + 1, 8 * cpu, 8 * cpu + 4);
    expect(map.update(key, all)).toBe(0);
    expect(map.lookupAll(key)).toEqual([1, 2, 3].map((n) => new Uint8Array(4).fill(n)));
  }
});

test("wrong lengths and maps without bytes are structured errors", () => {
  const map = mapIn(MapType.BPF_MAP_TYPE_ARRAY, 4, 8, 2);
  expect(() => map.lookup(new Uint8Array(3))).toThrow("a key of map m has 3 bytes, not 4");
  expect(() => map.update(new Uint8Array(4), new Uint8Array(9))).toThrow("a value of map m has 9 bytes, not 8");
  for (const type of [MapType.BPF_MAP_TYPE_RINGBUF, MapType.BPF_MAP_TYPE_PROG_ARRAY]) {
    expect(() => mapIn(type, 4, 4, 2).lookup(new Uint8Array(4))).toThrow(BpfkitError);
  }
  const vm = createVm(imageOf(code));
  expect(() => vm.map("nix")).toThrow("there is no map nix");
  expect(() => vm.run("nix")).toThrow("there is no program nix");
});
