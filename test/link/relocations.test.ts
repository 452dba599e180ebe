/** Every relocation kind that a linker resolves, made from the table: values at the ends of the field, beyond them, between slots. */
import { expect, test } from "vitest";
import { link } from "../../src/link/index.js";
import {
  dialects,
  fieldBytes,
  readField,
  readObject,
  relocDialects,
  relocKinds,
  relocTable,
  writeObject,
  type ObjectFile,
  type RelocKind,
} from "../../src/object/index.js";
import { hasNumber, oneReloc, placeBefore } from "../support/relocs.js";

const isError = ({ severity }: { readonly severity: string }): boolean => severity === "error";

const endians = ["little", "big"] as const;

/** Kinds whose value the linker knows: of absolute symbols, and distances within a section. */
const resolved = relocKinds.filter((kind) => /^S\+A$|-P/.test(relocTable[kind].value));

function bitsOf(kind: RelocKind): bigint {
  const { field } = relocTable[kind];
  return BigInt(
    field.startsWith("data") ? 8 * fieldBytes[field] : { off16: 16, imm32: 32, imm64: 64 }[field as "off16"],
  );
}

const slots = (kind: RelocKind): boolean => relocTable[kind].value.endsWith("/8-1");

/** Least and largest value of the field. */
function ends(kind: RelocKind): readonly [bigint, bigint] {
  const bits = bitsOf(kind);
  const either = relocTable[kind].range === "either";
  return [-(1n << (bits - 1n)), (1n << (either ? bits : bits - 1n)) - 1n];
}

/**
 * An Object whose relocation comes out as `value`: of an absolute symbol, or of a symbol at the start of the relocated section and
 * an addend. `odd` is added in bytes.
 */
function valued(kind: RelocKind, value: bigint, endian: "little" | "big", odd = 0n): ObjectFile {
  const distance = relocTable[kind].value !== "S+A";
  const place = BigInt(placeBefore(kind));
  const addend = distance ? value * (slots(kind) ? 8n : 1n) + (slots(kind) ? 8n : 0n) + place + odd : 0n;
  const object = oneReloc(kind, "absolute", addend, endian);
  const home = distance
    ? ({ kind: "section", section: 0, offset: 0 } as const)
    : ({ kind: "absolute", value: value + odd } as const);
  return { ...object, symbols: [{ ...object.symbols[0]!, home }] };
}

test("values at the ends of each field are written, the ones after them refused at their place", () => {
  for (const kind of resolved) {
    const [least, largest] = ends(kind);
    const { field, range } = relocTable[kind];
    for (const endian of endians) {
      for (const value of [0n, 1n, -1n, least, largest]) {
        const { object, diagnostics } = link([valued(kind, value, endian)]);
        expect(diagnostics.filter(isError), `${kind} ${value}`).toEqual([]);
        const section = object!.sections[0]!;
        expect(section.relocations, `${kind} ${value}`).toEqual([]);
        const written = readField(section.data, placeBefore(kind), field, endian);
        expect(BigInt.asUintN(Number(bitsOf(kind)), written), `${kind} ${value}`).toBe(
          BigInt.asUintN(Number(bitsOf(kind)), value),
        );
      }
      if (range === "none") continue;
      for (const value of [least - 1n, largest + 1n]) {
        const { object, diagnostics } = link([valued(kind, value, endian)]);
        expect(object, `${kind} ${value}`).toBeUndefined();
        const errors = diagnostics.filter(isError);
        expect(errors, `${kind} ${value}`).toHaveLength(1);
        const [fault] = errors;
        expect(fault!.code, `${kind} ${value}`).toBe(slots(kind) ? "link-range" : "link-value");
        expect(fault!.message, `${kind} ${value}`).toContain(String(value));
        expect(fault!.place, `${kind} ${value}`).toMatchObject({ file: "one.o", offset: placeBefore(kind) });
      }
    }
    if (!slots(kind)) continue;
    const { diagnostics } = link([valued(kind, 3n, "little", 4n)]);
    expect(
      diagnostics.filter(isError).map(({ code }) => code),
      kind,
    ).toEqual(["link-align"]);
  }
});

test("whatever dialect an object comes in, the same is linked", () => {
  let linked = 0;
  for (const dialect of relocDialects) {
    for (const kind of resolved) {
      if (!hasNumber(dialect, kind)) continue;
      for (const endian of endians) {
        const object = valued(kind, 5n, endian);
        // What the dialect's fields cannot hold is not its to link (see test/object/relocations.test.ts).
        const lossy = dialects[dialect].some((row) => row.kind === kind && row.addend === "none");
        if (lossy && object.sections[0]!.relocations[0]!.addend !== 0n) continue;
        const read = readObject(writeObject(object, { dialect }), { file: "one.o" });
        const direct = link([object]).object!;
        const through = link([read]).object!;
        const place = placeBefore(kind);
        const { field } = relocTable[kind];
        const valueIn = (each: ObjectFile): bigint => readField(each.sections[0]!.data, place, field, endian);
        expect(valueIn(through), `${dialect} ${kind} ${endian}`).toBe(valueIn(direct));
        linked++;
      }
    }
  }
  expect(linked).toBeGreaterThan(80);
});

test("an address before or far behind its symbol is kept, whichever symbol it is said by", () => {
  for (const target of ["data", "section"] as const) {
    for (const addend of [-8n, -4096n, 64n, 1n << 40n, -(1n << 60n)]) {
      const { object, diagnostics } = link([oneReloc("abs_imm64", target, addend, "little")]);
      expect(diagnostics.filter(isError), `${target} ${addend}`).toEqual([]);
      expect(object!.sections[0]!.relocations[0], `${target} ${addend}`).toMatchObject({ kind: "abs_imm64", addend });
    }
  }
});
