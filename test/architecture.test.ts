import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Room {
  readonly floor: number;
  readonly may: ReadonlySet<string>;
}

/** The rooms table of docs/architecture.md. */
function rooms(): Map<string, Room> {
  const table = new Map<string, Room>();
  for (const line of readFileSync(join(root, "docs/architecture.md"), "utf8").split("\n")) {
    const match = /^\| (\d) \| `(\w+)` \| [^|]* \| ([^|]*)\|$/.exec(line);
    if (match === null) continue;
    const may = match[3]!.split(",").map((name) => name.trim());
    table.set(match[2]!, { floor: Number(match[1]), may: new Set(may.filter((name) => name !== "")) });
  }
  return table;
}

interface Arrow {
  readonly from: string;
  readonly to: string;
}

/** Every import and re-export of src/, as written. */
function arrows(): Arrow[] {
  const found: Arrow[] = [];
  for (const entry of readdirSync(join(root, "src"), { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
    const file = join(entry.parentPath, entry.name);
    const text = readFileSync(file, "utf8");
    for (const [, to] of text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g))
      found.push({ from: relative(root, file), to: to! });
  }
  return found;
}

/** What is wrong with an arrow, or undefined. */
function fault({ from, to }: Arrow, table: ReadonlyMap<string, Room>): string | undefined {
  const [, room] = from.split("/");
  if (from === "src/index.ts") return undefined;
  const here = table.get(room!);
  if (here === undefined) return `${from}: room ${room} is not in the rooms table`;
  if (!to.startsWith(".")) {
    if (to.startsWith("node:") && (room === "node" || room === "cli")) return undefined;
    if ((to === "koffi" && room === "node") || ((to === "commander" || to === "@dagrejs/dagre") && room === "cli"))
      return undefined;
    return `${from} imports ${to}: only node (node:*, koffi) and cli (commander, dagre) import packages`;
  }
  const target = relative(join(root, "src"), join(root, dirname(from), to)).split("/");
  if (target[0] === room) return undefined;
  const there = table.get(target[0]!);
  if (there === undefined) return `${from} imports ${to}: no such room`;
  if (!here.may.has(target[0]!)) return `${from} imports ${target[0]}: not in ${room}'s row`;
  if (there.floor >= here.floor) return `${from} imports ${target[0]}: floor ${there.floor} is not below ${here.floor}`;
  if (target.length !== 2 || target[1] !== "index.js") return `${from} imports ${to}: not through the room's index`;
  return undefined;
}

test("every import goes down, through an index, along the rooms table", () => {
  const table = rooms();
  expect(table.size).toBe(15);
  const all = arrows();
  expect(all.length).toBeGreaterThan(200);
  expect(all.map((arrow) => fault(arrow, table)).find((each) => each !== undefined)).toBeUndefined();
});

test("the check itself finds wrong arrows", () => {
  const table = rooms();
  const wrong = (from: string, to: string): string => fault({ from, to }, table) ?? "none";
  expect(wrong("src/elf/read.ts", "../object/index.js")).toContain("not in elf's row");
  expect(wrong("src/asm/a.ts", "../isa/table.js")).toContain("not through");
  expect(wrong("src/vm/a.ts", "node:fs")).toContain("only node");
  expect(wrong("src/vm/a.ts", "../kernel/index.js")).toContain("not in vm's row");
  expect(wrong("src/disasm/a.ts", "./b.js")).toBe("none");
});
