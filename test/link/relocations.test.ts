/** Every relocation kind that a linker resolves, made from the table: values at the ends of the field, beyond them, between slots. */
import { expect, test } from "vitest";
import { BpfkitError } from "../../src/diag/index.js";
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

/** What a link can be given in each kind, and what of it comes out. */
const given: Readonly<Record<string, (kind: RelocKind) => ObjectFile>> = {
  "in range": (kind) => (relocTable[kind].value === "MAP" ? oneReloc(kind, "map", 0n, "little") : far(kind, 1n)),
  // 64 bits hold every value.
  "out of range": (kind) => far(kind, relocTable[kind].range === "none" ? 1n << 52n : 1n << bitsOf(kind)),
  misaligned: (kind) => far(kind, 1n, 4n),
  undefined: (kind) => oneReloc(kind, "undefined", 0n, "little"),
  "weak and undefined": (kind) => oneReloc(kind, "weak", 0n, "little"),
};

/** As `valued`, with the whole value in the symbol: dialects' addends need not hold it. */
function far(kind: RelocKind, value: bigint, odd = 0n): ObjectFile {
  const object = oneReloc(kind, "absolute", 0n, "little");
  const distance = relocTable[kind].value.includes("-P");
  const target = value * (slots(kind) ? 8n : 1n) + (slots(kind) ? 8n : 0n) + BigInt(placeBefore(kind)) + odd;
  const home = distance
    ? ({ kind: "section", section: 0, offset: Number(target) } as const)
    : ({ kind: "absolute", value: value + odd } as const);
  return { ...object, symbols: [{ ...object.symbols[0]!, home }] };
}

/** What the link says or does, by the row of the kind: the code of its error, the value it writes, or that the loader is left with it. */
function outcome(kind: RelocKind, name: string): string {
  const { value, range } = relocTable[kind];
  if (value === "HELPER" || value === "KFUNC") return "left to the loader";
  if (name === "undefined") return "link-undefined";
  if (value === "B+A" || value === "G+A" || value === "S") return "link-dynamic";
  if (name === "weak and undefined") {
    if (kind === "call_imm32") return "written 2002000000";
    return slots(kind) || value === "S+A-P" ? "link-weak-jump" : "written 0";
  }
  if (value === "MAP") return name === "in range" ? "left to the loader" : "link-no-map";
  if (name === "in range") return "written 1";
  if (name === "misaligned") return slots(kind) ? "link-align" : "written 5";
  if (slots(kind)) return "link-range";
  return range === "none" ? `written ${1n << 52n}` : "link-value";
}

/** What a dialect cannot say though it has the kind: there, a name makes a map, and a helper, of whatever it is defined as. */
const unsaid: Readonly<Record<string, readonly string[]>> = {
  map_imm64: ["llvm-12", "llvm-3.9", "gnu", "gnu-2.40", "mail-2017-netdev"],
  helper_imm32: ["llvm-3.9", "mail-2017", "mail-2017-netdev"],
};

test("every kind in every dialect: in and out of range, misaligned, undefined, weak", () => {
  const seen = { linked: 0, "no number": 0, unsaid: 0 };
  const wrong: string[] = [];
  for (const dialect of relocDialects) {
    for (const kind of relocKinds) {
      for (const [name, make] of Object.entries(given)) {
        const label = `${dialect} ${kind} ${name}`;
        let file: Uint8Array;
        try {
          file = writeObject(make(kind), { dialect });
        } catch (error) {
          if (!(error instanceof BpfkitError)) throw error;
          const { code } = error.diagnostics[0]!;
          const isKnown = hasNumber(dialect, kind);
          seen[isKnown ? "unsaid" : "no number"]++;
          const may = isKnown ? (unsaid[kind]?.includes(dialect) ?? false) : true;
          if (!may || code !== (isKnown ? "object-reloc-place" : "object-reloc-no-number"))
            wrong.push(`${label}: ${code}`);
          continue;
        }
        const { object, diagnostics } = link([readObject(file, { file: "one.o" })]);
        const errors = diagnostics.filter(isError);
        const section = object?.sections[0];
        const left = section?.relocations.length === 1;
        const found =
          section === undefined
            ? errors.map(({ code }) => code).join(", ")
            : left
              ? "left to the loader"
              : `written ${readField(section.data, placeBefore(kind), relocTable[kind].field, "little")}`;
        if (found !== outcome(kind, name)) wrong.push(`${label}: ${found}, not ${outcome(kind, name)}`);
        for (const { place } of errors) {
          expect(place, label).toMatchObject({ file: "one.o", offset: placeBefore(kind) });
        }
        seen.linked++;
      }
    }
  }
  expect(wrong).toEqual([]);
  console.log(
    `relocations linked: ${seen.linked}; kinds without a number: ${seen["no number"]}; not to be said: ${seen.unsaid}`,
  );
  expect(seen.linked).toBeGreaterThan(300);
});
