/** The records of .BTF.ext at their new places, in the order in which they come. */
import { extWidths, type Btf, type BtfExtTables, type BtfExtWords } from "../../btf/index.js";
import { refusal, type Output, type SourceFile, type TargetSection } from "./model.js";

const tables = ["funcInfo", "lineInfo", "coreRelos"] as const;

export function appendRecords(
  { types }: Output,
  { file, byName }: SourceFile,
  btf: Btf,
  ext: BtfExtTables,
  ids: Uint32Array,
): void {
  for (const table of tables) {
    const width = extWidths[table];
    for (const { section, words: given } of ext[table]) {
      const source = byName.get(section);
      if (source === undefined) throw refusal(file, `there is no section ${section}`, ".BTF.ext");
      const words = given.slice();
      for (let at = 0; at < words.length; at += width) {
        words[at] = words[at]! + source.offset;
        if (table === "lineInfo") words[at + 1] = types.string(btf, words[at + 1]!);
        else words[at + 1] = ids[words[at + 1]!] ?? 0;
        if (table !== "funcInfo") words[at + 2] = types.string(btf, words[at + 2]!);
      }
      source.target?.[table].push(words);
    }
  }
}

/** All records, those of one section together; `ids` has the last numbers of the types. */
export function gatherRecords(sections: readonly TargetSection[], ids: Uint32Array): BtfExtTables {
  const gather = (table: (typeof tables)[number]): BtfExtWords[] =>
    sections.flatMap((section): BtfExtWords[] => {
      const runs = section[table];
      const length = runs.reduce((sum, run) => sum + run.length, 0);
      if (length === 0) return [];
      const words = new Uint32Array(length);
      let end = 0;
      for (const run of runs) {
        words.set(run, end);
        end += run.length;
      }
      const width = extWidths[table];
      if (table !== "lineInfo") for (let at = 1; at < end; at += width) words[at] = ids[words[at]!]!;
      return [{ section: section.name, words }];
    });
  return { funcInfo: gather("funcInfo"), lineInfo: gather("lineInfo"), coreRelos: gather("coreRelos") };
}
