/**
 * Initial contents of maps: what the relocations of `.maps` say is in a map of maps or an array of programs.
 *
 * Source: libbpf's bpf_object__collect_map_relos; docs/psabi.md "Maps".
 */
import { countBefore } from "../bytes/index.js";
import { diagnostic, type BinaryPlace, type Diagnostic } from "../diag/index.js";
import type { PlacedMap } from "./btf-maps.js";
import type { MapValue } from "./image.js";
import type { ObjectFile } from "./types.js";

/** What the places of an Object became, to look targets up: the number of the map or program that starts there. */
export interface Targets {
  map(section: number, offset: number): number | undefined;
  program(section: number, offset: number): number | undefined;
}

/** The values of the maps of one section, in the order of `placed`; what cannot be one is a fault. */
export function mapValues(
  object: ObjectFile,
  section: number,
  placed: readonly PlacedMap[],
  targets: Targets,
  faults: Diagnostic[],
): MapValue[][] {
  const values = placed.map((): MapValue[] => []);
  const order = placed.map((_, i) => i).toSorted((a, b) => placed[a]!.offset - placed[b]!.offset);
  const { name: sectionName, relocations } = object.sections[section]!;
  for (const { offset, kind, symbol: index, addend } of relocations) {
    const owner = order[countBefore(order.length, (at) => placed[order[at]!]!.offset <= offset) - 1];
    const fault = (name: string, reason: string): void => {
      const place: BinaryPlace = { kind: "binary", file: object.file, section: sectionName, offset };
      faults.push(diagnostic("image-map-value", { name, reason }, place));
    };
    if (owner === undefined) {
      fault(sectionName, "no map starts before it");
      continue;
    }
    const { map, values: start } = placed[owner]!;
    const { name, home } = object.symbols[index]!;
    const entry = start === undefined ? -1 : (offset - start) / 8;
    if (start === undefined || entry < 0) {
      fault(map.name, "only maps of maps and arrays of programs have initial contents");
    } else if (!Number.isInteger(entry) || kind !== "abs_data64") {
      fault(map.name, `a ${kind} at byte ${offset - start} of its contents is no entry`);
    } else if (entry >= map.maxEntries) {
      fault(map.name, `entry ${entry} is behind its ${map.maxEntries} entries`);
    } else if (home.kind !== "section") {
      fault(map.name, `${name} is undefined`);
    } else {
      const at = home.offset + Number(addend);
      const target = map.inner === undefined ? targets.program(home.section, at) : targets.map(home.section, at);
      if (target !== undefined) values[owner]!.push({ index: entry, target });
      else fault(map.name, `entry ${entry}, ${name}, is no ${map.inner === undefined ? "program" : "map"}`);
    }
  }
  return values;
}
