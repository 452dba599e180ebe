/** Copies of every corpus object: the same where nothing is asked, and equal in all that was not asked to change. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { toHex } from "../../src/bytes/index.js";
import { copyElf, copyFile, type CopyOptions } from "../../src/copy/index.js";
import { elfFacts, formatDisassembly, listableObject } from "../../src/disasm/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import { readElf, readGroup, readRelocs, readSymbols, SectionHeaderType, writeArchive } from "../../src/elf/index.js";
import { readObject } from "../../src/object/index.js";
import { corpusMissing, corpusObjects, corpusPath, readCorpus } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { mutateElf } from "../support/mutate.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

const names = corpusObjects().filter((name) => !name.includes("/corrupt/"));
const every = names.filter((_, i) => i % (process.env["BPFKIT_FUZZ"] === undefined ? 6 : 1) === 0);
const sht = SectionHeaderType;

/** What stands in a file, by names: no number that a copy may change. */
function contents(bytes: Uint8Array): unknown {
  const elf = readElf(bytes);
  const nameOf = (index: number): string => elf.sections[index]?.name ?? `number ${index}`;
  const table = elf.sections.find(({ type }) => type === sht.SHT_SYMTAB);
  const symbols = table === undefined ? [] : readSymbols(elf, table);
  const symbolName = (index: number): string => {
    const symbol = symbols[index];
    if (symbol === undefined) return `symbol ${index}`;
    return `${symbol.name}|${symbol.reserved ? symbol.shndx : nameOf(symbol.shndx)}|${symbol.value}|${symbol.type}`;
  };
  const tables: readonly number[] = [sht.SHT_SYMTAB, sht.SHT_STRTAB, sht.SHT_LLVM_ADDRSIG, sht.SHT_SYMTAB_SHNDX];
  const sections = elf.sections.map((section) => {
    const { name, type, flags, addr, addralign, entsize, link, info, size } = section;
    const head = { name, type, flags, addr, addralign, entsize, link: nameOf(link) };
    if (type === sht.SHT_REL || type === sht.SHT_RELA) {
      const relocs = readRelocs(elf, section).map(({ sym, ...reloc }) => ({ ...reloc, symbol: symbolName(sym) }));
      return { ...head, target: nameOf(info), relocs };
    }
    if (type === sht.SHT_GROUP) {
      const { flags: word, members } = readGroup(elf, section);
      return { ...head, word, members: members.map(nameOf), signature: symbolName(info) };
    }
    return tables.includes(type) ? head : { ...head, info, size, data: toHex(section.data) };
  });
  const { type, machine, flags, entry, osabi } = elf.header;
  const listed = symbols.map(({ shndx, reserved, ...symbol }) => ({
    ...symbol,
    home: reserved ? shndx : nameOf(shndx),
  }));
  return {
    header: { type, machine, flags, entry, osabi, endian: elf.endian },
    segments: elf.segments,
    sections: sections.slice(1),
    symbols: [...listed.filter(({ bind }) => bind === 0), ...listed.filter(({ bind }) => bind !== 0)],
  };
}

test.skipIf(corpusMissing !== "")(`a copy that changes nothing is the same bytes${corpusMissing}`, () => {
  const idle: CopyOptions = {
    removeSections: [".nowhere"],
    keepSymbols: ["nobody"],
    localizeSymbols: ["nobody"],
    renameSections: [{ from: ".nowhere", to: ".there" }],
    redefineSymbols: new Map([["nobody", "somebody"]]),
    discard: "locals",
  };
  for (const name of names) {
    const bytes = readCorpus(name);
    expect(copyElf(bytes, idle, { file: name }).bytes, name).toBe(bytes);
  }
});

test.skipIf(corpusMissing !== "")(
  `a section added and removed again leaves every object as it was${corpusMissing}`,
  () => {
    for (const name of every) {
      const bytes = readCorpus(name);
      const more = copyElf(bytes, { addSections: [{ name: ".more", data: new Uint8Array(13).fill(7) }] }).bytes;
      const added = readElf(more).sections.find((section) => section.name === ".more");
      expect(added?.data, name).toEqual(new Uint8Array(13).fill(7));
      const back = copyElf(more, { removeSections: [".mo?e"] }).bytes;
      expect(contents(back), name).toEqual(contents(bytes));
      // And once more: a copy is laid out the same way each time.
      expect(
        toHex(
          copyElf(copyElf(back, { addSections: [{ name: ".more", data: added!.data }] }).bytes, {
            removeSections: [".more"],
          }).bytes,
        ),
      ).toBe(toHex(back));
    }
  },
);

/** A listing with relocations, without the file's name. */
function listing(bytes: Uint8Array): string {
  return formatDisassembly(listableObject(readElf(bytes, { file: "x.o" })).object, { relocations: true, bytes: true });
}

test.skipIf(corpusMissing !== "")(
  `stripped objects keep code, relocations, BTF, maps and programs${corpusMissing}`,
  () => {
    let smaller = 0;
    for (const name of every) {
      const bytes = readCorpus(name);
      for (const strip of ["debug", "unneeded", "all"] as const) {
        const { bytes: stripped, changes } = copyElf(bytes, { strip }, { file: name });
        if (changes.length > 0) smaller++;
        const before = readElf(bytes);
        const after = readElf(stripped);
        for (const { name: section, data, flags } of before.sections) {
          if ((flags & 2n) === 0n && !section.startsWith(".BTF")) continue;
          expect(toHex(after.sections.find((each) => each.name === section)!.data), `${name} ${section}`).toBe(
            toHex(data),
          );
        }
        expect(after.sections.some((each) => each.name.startsWith(".debug"))).toBe(false);
        if (before.header.type !== 1) continue;
        const labels = (text: string): string => text.replace(/<\.?L[\w.]*(\+0x[0-9a-f]+)?>|\bLBB\w+/g, "");
        if (strip === "debug") expect(labels(listing(stripped)), name).toBe(labels(listing(bytes)));
        const problems = elfFacts(after).problems;
        expect(problems, name).toEqual([]);
      }
    }
    if (every.length > 0) expect(smaller).toBeGreaterThan(60);
  },
);

test.skipIf(corpusMissing !== "")(
  `symbols: local, global, weak, renamed, prefixed; relocations go on referring to them${corpusMissing}`,
  () => {
    const bytes = readCorpus("objects/own/obj/link_a.c22.v4.o");
    const before = readObject(bytes);
    const named = before.symbols.filter(
      ({ type, home, binding }) => type === "func" && home.kind === "section" && binding === "global",
    );
    const first = named[0]!.name;
    const changed = (options: CopyOptions): ReturnType<typeof readObject> => readObject(copyElf(bytes, options).bytes);
    const symbol = (object: ReturnType<typeof readObject>, name: string): { binding: string } | undefined =>
      object.symbols.find((each) => each.name === name);
    expect(symbol(changed({ localizeSymbols: [first] }), first)?.binding).toBe("local");
    expect(symbol(changed({ weakenSymbols: ["*"], wildcard: true }), first)?.binding).toBe("weak");
    expect(symbol(changed({ weakenSymbols: ["*"] }), first)?.binding).toBe("global");
    const one = changed({ keepGlobalSymbols: [first] });
    expect(
      one.symbols
        .filter(({ binding, home }) => binding === "global" && home.kind !== "undefined")
        .map(({ name }) => name),
    ).toEqual([first]);
    const renamed = changed({ redefineSymbols: new Map([[first, "other"]]), prefixSymbols: "my_" });
    expect(symbol(renamed, "my_other")?.binding).toBe("global");
    const targets = (object: ReturnType<typeof readObject>): string[] =>
      object.sections.flatMap((section) => section.relocations.map((each) => object.symbols[each.symbol]!.name));
    const expected = targets(before).map((name) => {
      const { type } = before.symbols.find((each) => each.name === name)!;
      return type === "section" ? name : name === first ? "my_other" : `my_${name}`;
    });
    expect(targets(renamed)).toEqual(expected);
    const localized = changed({ localizeSymbols: [first] });
    expect(targets(localized)).toEqual(targets(before));
  },
);

/** The code of the error that copying ends with. */
function refusal(bytes: Uint8Array, options: CopyOptions): string {
  try {
    copyFile(bytes, options, { file: "x.o" });
    return "none";
  } catch (error) {
    if (!(error instanceof BpfkitError)) throw error;
    return error.diagnostics[0]!.code;
  }
}

test.skipIf(corpusMissing !== "")(
  `what is needed stays, and asking for it is an error that says why${corpusMissing}`,
  () => {
    const bytes = readCorpus("objects/own/obj/link_a.c22.v4.o");
    const object = readObject(bytes);
    const called = object.sections.find(({ flags, relocations }) => flags.exec && relocations.length > 0)!
      .relocations[0]!;
    const name = object.symbols[called.symbol]!.name;
    expect(refusal(bytes, { stripSymbols: [name] })).toBe("copy-needed");
    expect(refusal(bytes, { removeSections: [".symtab"] })).toBe("copy-needed");
    expect(refusal(bytes, { removeSections: [".strtab"] })).toBe("copy-needed");
    expect(refusal(bytes, { updateSections: [{ name: ".symtab", data: new Uint8Array(0) }] })).toBe("copy-section");
    expect(refusal(bytes, { updateSections: [{ name: ".nowhere", data: new Uint8Array(0) }] })).toBe("copy-section");
    expect(refusal(bytes, { addSections: [{ name: ".BTF", data: new Uint8Array(0) }] })).toBe("copy-section");
    expect(refusal(bytes, { removeSections: ["[z-a]"] })).toBe("copy-pattern");
    const [one, two] = object.symbols.filter(({ binding, home }) => binding === "global" && home.kind === "section");
    expect(refusal(bytes, { redefineSymbols: new Map([[one!.name, two!.name]]) })).toBe("copy-duplicate");
    // Exchanging two names is no conflict.
    const exchanged = new Map([
      [one!.name, two!.name],
      [two!.name, one!.name],
    ]);
    expect(refusal(bytes, { redefineSymbols: exchanged })).toBe("none");
  },
);

test.skipIf(corpusMissing !== "")(
  `sections: renamed with their relocations, only some kept, flags, contents${corpusMissing}`,
  () => {
    const bytes = readCorpus("objects/own/obj/link_a.c22.v4.o");
    const list = (options: CopyOptions): string[] =>
      readElf(copyElf(bytes, options).bytes).sections.map((section) => section.name);
    const all = list({});
    const withRelocs = all.find((name) => name.startsWith(".rel") && !name.startsWith(".rel."))!;
    const program = withRelocs.slice(4);
    expect(list({ renameSections: [{ from: program, to: "tc" }] })).toEqual(
      all.map((name) => (name === program ? "tc" : name === withRelocs ? ".reltc" : name)),
    );
    const without = list({ removeSections: [".BTF*"] });
    expect(all.filter((name) => !without.includes(name)).toSorted()).toEqual(
      [".BTF", ".BTF.ext", ".rel.BTF", ".rel.BTF.ext"].filter((name) => all.includes(name)),
    );
    const only = list({ onlySections: ["license"] });
    expect(only).toEqual(["", ".strtab", "license", ".symtab"]);
    const { bytes: flagged } = copyElf(bytes, {
      setSectionFlags: [{ name: "license", flags: ["alloc", "readonly"] }],
      updateSections: [{ name: "license", data: Uint8Array.of(0x4d, 0x49, 0x54, 0) }],
    });
    const license = readElf(flagged).sections.find(({ name }) => name === "license")!;
    expect(license).toMatchObject({ flags: 2n, size: 4 });
    expect(toHex(license.data)).toBe("4d495400");
  },
);

test.skipIf(corpusMissing !== "")(`archives are copied member by member${corpusMissing}`, () => {
  const objects = ["link_a", "link_b"].map((name) => ({
    name: `${name}.o`,
    data: readCorpus(`objects/own/obj/${name}.c22.v4.o`),
  }));
  const archive = writeArchive([...objects, { name: "note.txt", data: Uint8Array.of(65) }]);
  expect(copyFile(archive, { removeSections: [".nowhere"] }).bytes).toBe(archive);
  const copy = copyFile(archive, { strip: "debug", removeSections: [".BTF*"] }).bytes;
  const own = objects.map(({ name, data }) => ({
    name,
    data: copyElf(data, { strip: "debug", removeSections: [".BTF*"] }).bytes,
  }));
  expect(toHex(copy)).toBe(toHex(writeArchive([...own, { name: "note.txt", data: Uint8Array.of(65) }])));
  expect(refusal(writeArchive(objects, { thin: true }), {})).toBe("copy-thin");
});

test.skipIf(corpusMissing !== "")(
  `fuzz: broken objects are refused with structured errors, copies can be read${corpusMissing}`,
  () => {
    if (names.length === 0) return;
    const seeds = names
      .filter((_, i) => i % 9 === 0)
      .map(readCorpus)
      .filter(({ length }) => length < 20_000);
    const { accepted } = fuzz(fuzzRounds(600), (random) => {
      const bytes = mutateElf(random, random.pick(seeds), seeds);
      const options: CopyOptions = random.pick<CopyOptions>([
        { strip: "all" },
        { strip: "debug" },
        { strip: "unneeded", discard: "all" },
        { removeSections: [".BTF*", "xdp*"], addSections: [{ name: ".x", data: bytes.slice(0, 9) }] },
        { onlySections: [".text", "license"], prefixSymbols: "p_" },
        { localizeSymbols: ["*"], wildcard: true, setSectionFlags: [{ name: ".bss", flags: ["alloc", "contents"] }] },
      ]);
      const copy = copyElf(bytes, options).bytes;
      if (copy !== bytes) readElf(copy);
    });
    expect(accepted).toBeGreaterThan(0);
  },
);

const noStrip = corpusMissing || toolMissing("llvm-strip-22");
test.skipIf(noStrip !== "")(`-g leaves what llvm-strip -g leaves${noStrip}`, { timeout: 60_000 }, () => {
  const chosen = names.filter((name) => name.includes("/own/obj/")).filter((_, i) => i % 12 === 0);
  /** Names of sections; name, value, size, binding, type and home of each symbol. */
  const left = (bytes: Uint8Array): unknown => {
    const { sections, symbols } = contents(bytes) as { sections: { name: string }[]; symbols: object[] };
    return { sections: sections.map(({ name }) => name), symbols };
  };
  for (const name of chosen) {
    const theirs = inScratchFolder((folder) => {
      const path = join(folder, "stripped.o");
      expect(runTool("llvm-strip-22", ["-g", corpusPath(name), "-o", path]).stderr, name).toBe("");
      return new Uint8Array(readFileSync(path));
    });
    expect(left(copyElf(readCorpus(name), { strip: "debug" }).bytes), name).toEqual(left(theirs));
  }
  expect(chosen.length).toBeGreaterThan(10);
});
