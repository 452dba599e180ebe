/** What both drawings of a graph say and how they colour it. */
import type { CfgBlock, CfgEdgeKind, FunctionGraph } from "./cfg.js";

/** Told apart in print and by those who see no red and green: light and dark differ, too. */
export const edgeColours: Readonly<Record<CfgEdgeKind, string>> = {
  taken: "#1a7f37",
  next: "#c0504d",
  jump: "#1f4e9c",
};

export const edgeMeanings: Readonly<Record<CfgEdgeKind, string>> = {
  taken: "condition holds",
  next: "goes on",
  jump: "jumps",
};

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

export function titleOf({ name, section, instructions, blocks }: FunctionGraph): string {
  return `${name} (section ${section}): ${plural(instructions, "instruction")}, ${plural(blocks.length, "block")}`;
}

/** `B3  0x48  exit`. */
export function blockTitle({ index, start, entry, exit, dead }: CfgBlock): string {
  const marks = [entry ? "entry" : "", exit ? "exit" : "", dead ? "dead" : ""].filter((mark) => mark !== "");
  return [`B${index}`, `0x${start.toString(16)}`, ...marks].join("  ");
}

/** The places outside of the function that it goes to, each once, in the order of the edges. */
export function outsideNames({ edges }: FunctionGraph): readonly string[] {
  return [...new Set(edges.filter(({ to }) => to === undefined).map(({ outside }) => outside))];
}
