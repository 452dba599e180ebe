/** Differences as text: a line a type, behind it its changes, at the end a count. */
import { worse, type Breaks, type Change, type ChangeWhat, type TypeChange } from "./types.js";

const words: Readonly<Record<ChangeWhat, string>> = {
  size: "size",
  "member-added": "member",
  "member-removed": "member",
  "member-moved": "offset of",
  "member-resized": "size of",
  "member-retyped": "type of",
  "value-added": "value",
  "value-removed": "value",
  "value-changed": "value",
  type: "type",
  result: "result",
  "param-added": "parameter",
  "param-removed": "parameter",
  "param-retyped": "type of",
  "param-renamed": "name of",
  linkage: "linkage",
};

const harm: Readonly<Record<Breaks, string>> = {
  nothing: "",
  layout: "  [breaks the layout]",
  core: "  [breaks CO-RE]",
};

const signs = { added: "+", removed: "-", changed: "~" } as const;

function line(each: Change): string {
  const { what, name, old, new: fresh } = each;
  const sign = old === undefined ? "+" : fresh === undefined ? "-" : "~";
  const value = old === undefined ? fresh! : fresh === undefined ? old : `${old} -> ${fresh}`;
  const subject = name === "" ? words[what] : `${words[what]} ${name}`;
  return `    ${sign} ${subject}: ${value}${harm[each.breaks]}\n`;
}

export interface DiffSummary {
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** Types of which something breaks code compiled against the old layout alone, and CO-RE programs, too. */
  readonly breakLayout: number;
  readonly breakCore: number;
  readonly worst: Breaks;
}

export function summarizeDiff(changes: readonly TypeChange[]): DiffSummary {
  const count = (test: (each: TypeChange) => boolean): number => changes.filter(test).length;
  return {
    added: count(({ change }) => change === "added"),
    removed: count(({ change }) => change === "removed"),
    changed: count(({ change }) => change === "changed"),
    breakLayout: count(({ breaks }) => breaks === "layout"),
    breakCore: count(({ breaks }) => breaks === "core"),
    worst: changes.reduce<Breaks>((worst, { breaks }) => worse(worst, breaks), "nothing"),
  };
}

/** Writes the differences piece by piece; nothing when there are none. */
export function writeDiff(changes: readonly TypeChange[], write: (text: string) => void): void {
  for (const { kind, name, change, breaks, changes: own } of changes) {
    write(`${signs[change]} ${kind} ${name}${change === "changed" ? "" : harm[breaks]}\n`);
    for (const each of own) write(line(each));
  }
  if (changes.length === 0) return;
  const { added, removed, changed, breakLayout, breakCore } = summarizeDiff(changes);
  write(
    `\n${added} added, ${removed} removed, ${changed} changed; ${breakLayout} break the layout, ${breakCore} break CO-RE\n`,
  );
}
