import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { layoutCfg } from "../../src/cli/cfg-layout.js";
import {
  controlFlow,
  disassemble,
  formatCfgDot,
  formatCfgSvg,
  listableObject,
  type FunctionGraph,
} from "../../src/disasm/index.js";
import { piecesOf } from "../../src/disasm/cfg/pieces.js";
import { BpfkitError } from "../../src/diag/index.js";
import { readElf } from "../../src/elf/index.js";
import type { ObjectFile } from "../../src/object/index.js";
import { corpusMissing, corpusObjects, readCorpus } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { expectGolden } from "../support/golden.js";
import { mutateElf } from "../support/mutate.js";
import { runTool, toolMissing } from "../support/tools.js";

/** A loop, a branch over a dead block, a way out of the function. */
const source = `
	.section xdp,"ax",@progbits
	.globl count
	.type count,@function
count:
	r0 = 0
	r2 = *(u32 *)(r1 + 0)
	if r2 == 0 goto done
again:
	r0 += r2
	r2 -= 1
	if r2 != 0 goto again
	r1 = 7
	call 5
	if r0 s> 9 goto other
	goto done
	r0 = 1
done:
	exit
	.size count, .-count
	.globl other
	.type other,@function
other:
	r0 = 2
	exit
	.size other, .-other
`;

function objectOf(text: string): ObjectFile {
  const { object, diagnostics } = assemble(text);
  expect(diagnostics).toEqual([]);
  return object!;
}

/** Edges as text: `0 taken 5`, `3 taken other`, `1 taken 1 back`. */
const edgesOf = ({ edges }: FunctionGraph): string[] =>
  edges.map(({ from, to, outside, kind, back }) => `${from} ${kind} ${to ?? outside}${back ? " back" : ""}`);

test("blocks and edges of a function with a loop, a dead block and a way out", () => {
  const [count, other, ...more] = controlFlow(objectOf(source));
  expect(more).toEqual([]);
  expect(count).toMatchObject({ name: "count", section: "xdp", start: 0, end: 96, instructions: 12 });
  const marks = count!.blocks.map(({ start, end, entry, exit, dead }) => ({ start, end, entry, exit, dead }));
  const plain = { entry: false, exit: false, dead: false };
  expect(marks).toEqual([
    { ...plain, start: 0, end: 24, entry: true },
    { ...plain, start: 24, end: 48 },
    { ...plain, start: 48, end: 72 },
    { ...plain, start: 72, end: 80 },
    { ...plain, start: 80, end: 88, dead: true },
    { ...plain, start: 88, end: 96, exit: true },
  ]);
  expect(edgesOf(count!)).toEqual([
    "0 taken 5",
    "0 next 1",
    "1 taken 1 back",
    "1 next 2",
    "2 taken other",
    "2 next 3",
    "3 jump 5",
    "4 next 5",
  ]);
  expect(count!.blocks[2]!.lines).toEqual([
    { address: 48, text: "r1 = 7", comment: "" },
    { address: 56, text: "call 5", comment: "bpf_ktime_get_ns" },
    { address: 64, text: "if r0 s> 9 goto +3", comment: "other" },
  ]);
  expect(count!.blocks[1]!.lines.at(-1)!.text).toBe("if r2 != 0 goto B1");
  expect(other!.blocks).toHaveLength(1);
});

test("names, sections and syntaxes select what is drawn", () => {
  const object = objectOf(source);
  expect(controlFlow(object, { name: "other" }).map(({ name }) => name)).toEqual(["other"]);
  expect(controlFlow(object, { name: "nobody" })).toEqual([]);
  expect(controlFlow(object, { sections: ["nowhere"] })).toEqual([]);
  const [gnu] = controlFlow(object, { dialect: "gnu" });
  expect(gnu!.blocks[0]!.lines.map(({ text }) => text)).toEqual(["mov %r0,0", "ldxw %r2,[%r1+0]", "jeq %r2,0,B5"]);
});

test("a section without symbols is one function, and code that ends early goes on behind its end", () => {
  const [graph] = controlFlow(objectOf('\t.section s,"ax",@progbits\n\tr0 = 0\n\tif r0 == 0 goto +7\n'));
  expect(graph!.name).toBe("s");
  expect(edgesOf(graph!)).toEqual(["0 taken s+0x48", "0 next s+0x10"]);
});

const [graph] = controlFlow(objectOf(source), { name: "count" });

test("the drawings of a small function", () => {
  expectGolden("cfg.dot", formatCfgDot([graph!]));
  const svg = formatCfgSvg([graph!], layoutCfg);
  expectGolden("cfg.svg", svg);
  expect(formatCfgSvg([graph!], layoutCfg)).toBe(svg);
});

test("names of any characters are escaped", () => {
  const odd = { ...graph!, name: '<&"\\\u0001>', section: "]]>" };
  const svg = formatCfgSvg([odd], layoutCfg);
  expect(svg).toContain("&lt;&amp;&quot;\\?&gt; (section ]]&gt;)");
  expect(formatCfgDot([odd])).toContain('digraph "<&\\"\\\\?>"');
});

/** Straight lines of a path's text, bends taken for their corners. */
function linesOf(path: string): { x: number; y: number }[] {
  return [...path.matchAll(/[MLQ ](-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => ({ x: Number(x), y: Number(y) }));
}

/** A function whose blocks branch to and fro, far and near. */
function tangled(blocks: number): ObjectFile {
  const lines = ['\t.section s,"ax",@progbits', "f:"];
  for (let i = 0; i < blocks; i++) {
    const goal =
      i % 5 === 0 ? blocks : i % 7 === 0 ? Math.max(0, i - 9) : (i * 13 + 5) % (Math.min(blocks, i + 12) + 1);
    lines.push(`L${i}:`, ...Array.from({ length: i % 6 }, () => "\tr2 += r3"), `\tif r2 > ${i} goto L${goal}`);
  }
  lines.push(`L${blocks}:`, "\texit");
  return objectOf(lines.join("\n"));
}

interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The boxes in a piece of SVG text without transforms of its own. */
function boxesOf(svg: string): Rectangle[] {
  return [...svg.matchAll(/<rect x="([\d.-]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)" rx/g)]
    .map((match) => match.slice(1).map(Number))
    .map(([x, y, width, height]) => ({ left: x!, top: y!, right: x! + width!, bottom: y! + height! }));
}

function expectApart(boxes: readonly Rectangle[]): void {
  for (const [i, one] of boxes.entries()) {
    for (const other of boxes.slice(i + 1)) {
      const apart =
        one.right < other.left || other.right < one.left || one.bottom < other.top || other.bottom < one.top;
      expect(apart, JSON.stringify([one, other])).toBe(true);
    }
  }
}

/** No box on another, no line behind a box. Gives the number of lines. */
function expectClear(svg: string): number {
  const boxes = boxesOf(svg);
  expectApart(boxes);
  const paths = [...svg.matchAll(/<path class="[a-z ]+" d="([^"]+)" marker/g)].map(([, d]) => linesOf(d!));
  for (const path of paths) {
    for (const [i, to] of path.slice(1).entries()) {
      const from = path[i]!;
      for (let part = 0.05; part < 1; part += 0.1) {
        const [x, y] = [from.x + (to.x - from.x) * part, from.y + (to.y - from.y) * part];
        const behind = boxes.find(
          (box) => x > box.left + 1 && x < box.right - 1 && y > box.top + 1 && y < box.bottom - 1,
        );
        expect(behind, `${x},${y}`).toBeUndefined();
      }
    }
  }
  return paths.length;
}

test("no box covers another, and no line runs behind a box, in small and in large functions", () => {
  for (const blocks of [4, 30, 119]) {
    const graphs = controlFlow(tangled(blocks));
    const svg = formatCfgSvg(graphs.slice(0, 1), layoutCfg);
    expect(boxesOf(svg).length).toBeGreaterThanOrEqual(blocks);
    expect(expectClear(svg)).toBe(graphs[0]!.edges.length);
  }
});

test("a function of many blocks is drawn in parts, whose lines end in the names of blocks elsewhere", () => {
  const graphs = controlFlow(tangled(220));
  const pieces = piecesOf(graphs[0]!);
  const svg = formatCfgSvg(graphs, layoutCfg);
  const parts = svg
    .split(/(?=<g transform="translate\([\d.]+ [\d.]+\)">\n<text class="head" x="0" y="14">Part )/)
    .slice(1);
  expect(parts).toHaveLength(pieces.length);
  let lines = 0;
  const places = parts.map((part, i): Rectangle => {
    const { first, end } = pieces[i]!;
    expect(part).toContain(`>Part ${i + 1} of ${pieces.length}: B${first} to B${end - 1}</text>`);
    lines += expectClear(part) - part.match(/class="entering"/g)!.length;
    const [, x, y] = /translate\(([\d.]+) ([\d.]+)\)/.exec(part)!.map(Number);
    const boxes = boxesOf(part);
    const right = boxes.reduce((most, box) => Math.max(most, box.right), 0);
    const bottom = boxes.reduce((most, box) => Math.max(most, box.bottom), 0);
    return { left: x!, top: y!, right: x! + right, bottom: y! + bottom };
  });
  expect(lines).toBe(graphs[0]!.edges.length);
  expectApart(places);
  const [width, height] = [
    places.reduce((most, { right }) => Math.max(most, right), 0),
    Number(/height="(\d+)"/.exec(svg)![1]),
  ];
  expect(width / height).toBeGreaterThan(0.4);
  expect(svg).toMatch(/>from B\d+, B\d+, B\d+, B\d+ and \d+ more</);
});

test("functions are cut into parts of like size where the fewest ways cross", () => {
  const edges = Array.from({ length: 199 }, (_, from) => ({ from, to: from + 1 }));
  // Each block but every 50th also jumps over the next one.
  for (let from = 0; from < 198; from++) if (from % 50 !== 49 && from % 50 !== 48) edges.push({ from, to: from + 2 });
  const graph = { blocks: edges.slice(0, 200), edges } as unknown as FunctionGraph;
  expect(piecesOf(graph)).toEqual([
    { first: 0, end: 50 },
    { first: 50, end: 100 },
    { first: 100, end: 150 },
    { first: 150, end: 200 },
  ]);
  for (const count of [1, 120, 121, 128, 129, 1000, 4999]) {
    const pieces = piecesOf({ blocks: Array.from({ length: count }), edges: [] } as unknown as FunctionGraph);
    expect(pieces.map(({ end }) => end).slice(0, -1)).toEqual(pieces.map(({ first }) => first).slice(1));
    expect(pieces.at(-1)!.end).toBe(count);
    if (count <= 120) expect(pieces).toHaveLength(1);
    else for (const { first, end } of pieces) expect(end - first >= 32 && end - first <= 64, `${count}`).toBe(true);
  }
});

const renderer = toolMissing("rsvg-convert");
test.skipIf(renderer !== "")(`the drawing is an SVG that renders${renderer}`, () => {
  const { status, stderr } = runTool("rsvg-convert", [], formatCfgSvg([graph!], layoutCfg));
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test.skipIf(corpusMissing !== "")(`blocks cover each function of the corpus once${corpusMissing}`, () => {
  let functions = 0;
  for (const name of corpusObjects().filter((_, i) => i % 6 === 0)) {
    let object: ObjectFile;
    try {
      ({ object } = listableObject(readElf(readCorpus(name), { file: name })));
    } catch (error) {
      if (!(error instanceof BpfkitError)) throw error;
      continue;
    }
    const items = new Map(disassemble(object).map((listing) => [listing.section, listing.items.length]));
    const bySection = new Map<string, number>();
    for (const each of controlFlow(object)) {
      functions++;
      let at = each.start;
      for (const block of each.blocks) {
        expect(block.start).toBe(at);
        at = block.end;
      }
      const lines = each.blocks.flatMap(({ lines: own }) => own);
      expect(lines).toHaveLength(each.instructions);
      bySection.set(each.section, (bySection.get(each.section) ?? 0) + lines.length);
    }
    // A section's functions have at most its instructions: what is between functions is in none.
    for (const [section, count] of bySection) expect(count).toBeLessThanOrEqual(items.get(section) ?? 0);
  }
  expect(functions).toBeGreaterThan(300);
});

test.skipIf(corpusMissing !== "")(`broken objects are drawn or refused${corpusMissing}`, () => {
  const names = corpusObjects().filter((_, i) => i % 40 === 0);
  fuzz(fuzzRounds(150), (random) => {
    const elf = readElf(mutateElf(random, readCorpus(random.pick(names))));
    const graphs = controlFlow(listableObject(elf).object);
    formatCfgDot(graphs);
    formatCfgSvg(graphs.slice(0, 2), layoutCfg);
  });
});
