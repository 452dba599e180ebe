import { expect, test } from "vitest";
import { toHex } from "../../src/bytes/index.js";
import { link } from "../../src/link/index.js";
import { type ObjectFile } from "../../src/object/index.js";
import { answer, main, fn, object, linked } from "./objects.js";

const map = '.section maps,"aw",@progbits\n.globl m\nm:\n .long 2\n .long 4\n .long 8\n .long 1\n';
const lookup = (load: string): string =>
  ` stw [r10-4], 0\n mov r6, 0\n1:\n add r6, 1\n ${load}\n mov r2, r10\n add r2, -4\n call bpf_map_lookup_elem\n jeq r0, 0, 2f\n jlt r6, 3, 1b\n call f\n mov r0, r6\n2:`;

const code = (made: ObjectFile, name = "socket"): string =>
  toHex(made.sections.find((each) => each.name === name)!.data);

test.each(["little", "big"] as const)(
  "mov32 of a map becomes a 64-bit load, and jumps over it follow (%s)",
  (endian) => {
    const moved = object(main(lookup("mov32 r1, %map(m)")) + fn("f", " mov r0, 1") + map, "a.o", endian);
    const loaded = object(main(lookup("ldimm64 r1, m")) + fn("f", " mov r0, 1") + map, "a.o", endian);
    const made = linked([moved]);
    expect(code(made)).toBe(code(linked([loaded])));
    expect(made.sections.map(({ relocations }) => relocations)).toEqual(
      linked([loaded]).sections.map(({ relocations }) => relocations),
    );
    expect(made.symbols.find(({ name }) => name === "main")!.size).toBe(
      moved.symbols.find(({ name }) => name === "main")!.size + 8,
    );
    expect(answer(made)).toBe(3n);
    // Twice is once.
    expect(code(linked([made]))).toBe(code(made));
  },
);

test("mov32 of a map stays where the target takes it", () => {
  const moved = object(main(lookup("mov32 r1, %map(m)")) + fn("f", " mov r0, 1") + map);
  const made = linked([moved], { keepMapMoves: true });
  expect(code(made)).toHaveLength(code(linked([moved])).length - 16);
  expect(answer(made)).toBe(3n);
});

test("64-bit loads of small constants become moves, long jumps short ones, where asked", () => {
  const body =
    " mov r0, 0\n mov r1, 3\n1:\n ldimm64 r2, -7\n ldimm64 r3, 0x123456789\n add r0, r2\n sub r1, 1\n jeq r1, 0, 2f\n ja 1b\n2:";
  const made = linked([object(main(body))], { relax: true });
  const before = linked([object(main(body))]);
  expect(code(made)).toHaveLength(code(before).length - 16);
  expect(answer(made)).toBe(answer(before));
  expect(answer(made)).toBe(-21n & 0xffff_ffff_ffff_ffffn);
  expect(code(linked([made], { relax: true }))).toBe(code(made));
});

test("a map as the operand of anything but a move is an error", () => {
  const bad = object(main(" mov r1, 1\n mov32 r1, %map(m)\n mov r0, 0") + map);
  const socket = bad.sections.findIndex(({ name }) => name === "socket");
  // An addition where the move was.
  const data = bad.sections[socket]!.data.slice();
  data[8] = 0x04;
  const sections = bad.sections.with(socket, { ...bad.sections[socket]!, data });
  expect(link([{ ...bad, sections }]).diagnostics.map((each) => each.code)).toEqual(["link-map-operand"]);
});
