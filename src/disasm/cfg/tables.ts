/** Jump tables as graphs need them: where the `gotox` behind a load of one can go. */
import { BpfkitError } from "../../diag/index.js";
import { eachEntry, jumpTablesOf, type JumpTable, type ObjectFile, type Relocation } from "../../object/index.js";

/** The places in the table that a relocation loads, each once, by offset in the section of the load. */
export type TableLoads = ReadonlyMap<Relocation, readonly number[]>;

/** The loads of jump tables in `object`. Tables that cannot be read have no places. */
export function tablesOf(object: ObjectFile): TableLoads {
  const loads = new Map<Relocation, readonly number[]>();
  for (const table of readable(object)) {
    const places = new Set<number>();
    eachEntry(object, table, (_, target) => places.add(target));
    const targets = [...places].toSorted((a, b) => a - b);
    for (const load of object.sections[table.code]!.relocations) {
      const { home, type } = object.symbols[load.symbol]!;
      if (load.kind !== "abs_imm64" || home.kind !== "section" || home.section !== table.section) continue;
      if (home.offset + (type === "section" ? Number(load.addend) : 0) === table.start) loads.set(load, targets);
    }
  }
  return loads;
}

function readable(object: ObjectFile): readonly JumpTable[] {
  try {
    return jumpTablesOf(object);
  } catch (error) {
    if (error instanceof BpfkitError) return [];
    throw error;
  }
}
