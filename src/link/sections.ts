/** Pass: input sections of one name become one output section, in command-line order, each contribution aligned. */
import { alignUp, equalBytes } from "../bytes/index.js";
import { diagnostic } from "../diag/index.js";
import type { Section } from "../object/index.js";
import { placeIn, type Context, type OutputSection } from "./context.js";

/** Sections of which one copy is enough, provided that all copies are equal. */
export const singleSections: ReadonlySet<string> = new Set(["license", "version"]);

/** Type information, which has to be merged type by type. */
const types: ReadonlySet<string> = new Set([".BTF", ".BTF.ext"]);

/** A phrase for the first attribute in which two sections of one name differ, or undefined. */
function difference(a: Section, b: Section): string | undefined {
  if (
    a.type !== b.type &&
    !(a.flags.alloc && b.flags.alloc && [a.type, b.type].every((t) => t === "progbits" || t === "nobits"))
  ) {
    return `type ${a.type} and type ${b.type}`;
  }
  for (const flag of Object.keys(a.flags) as (keyof Section["flags"])[]) {
    if (a.flags[flag] !== b.flags[flag]) return `flag ${flag} in one of them only`;
  }
  if (a.entsize !== b.entsize) return `entry size ${a.entsize} and ${b.entsize}`;
  return undefined;
}

export function mergeSections(context: Context): void {
  const byName = new Map<string, number>();
  context.inputs.forEach((object, input) => {
    const referenced = new Set<number>();
    for (const { home, type } of object.symbols)
      if (home.kind === "section" && type !== "section") referenced.add(home.section);
    const placed = object.sections.map((section, number) => {
      // A section nobody put anything in (assemblers always make .text) leaves no trace.
      if (section.size === 0 && !referenced.has(number)) return undefined;
      if (context.inputs.length > 1 && types.has(section.name)) {
        // Concatenated type information would be read as the first object's alone.
        context.diagnostics.push(diagnostic("link-types-dropped", { name: section.name }, placeIn(object, number, 0)));
        return undefined;
      }
      const known = byName.get(section.name);
      if (known === undefined) {
        const output: OutputSection = { first: section, align: section.align, size: section.size, parts: [] };
        output.parts.push({ input, section: number, offset: 0 });
        byName.set(section.name, context.outputs.push(output) - 1);
        return { output: context.outputs.length - 1, offset: 0 };
      }
      const output = context.outputs[known]!;
      const where = placeIn(object, number, 0);
      if (singleSections.has(section.name)) {
        if (!equalBytes(output.first.data, section.data)) {
          context.diagnostics.push(diagnostic("link-single-section", { name: section.name }, where));
        }
        // Symbols of the later copies stand for the first one.
        return { output: known, offset: 0 };
      }
      const differs = difference(output.first, section);
      if (differs !== undefined) {
        context.diagnostics.push(
          diagnostic("link-section-mismatch", { name: section.name, difference: differs }, where),
        );
      }
      const offset = alignUp(output.size, section.align);
      output.align = Math.max(output.align, section.align);
      output.size = offset + section.size;
      output.parts.push({ input, section: number, offset });
      return { output: known, offset };
    });
    context.placed.push(placed);
  });
}
