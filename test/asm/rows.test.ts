/** Every row of the instruction table in every spelling it has, with random operands, against the encoder. */
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex, type Endian } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { encodeSlot, insnTable, spellings, type Dialect, type InsnRow } from "../../src/isa/index.js";
import { fuzzRounds } from "../support/fuzz.js";
import { Random } from "../support/random.js";

const dialects: readonly Dialect[] = ["plain", "gnu", "pseudoc", "kernel", "conformance"];

interface Fields {
  dst: number;
  src: number;
  off: number;
  imm: number;
  high: number;
}

function randomImm(random: Random): number {
  return random.pick([0, 1, -1, 2 ** 31 - 1, -(2 ** 31), random.u32() | 0, random.between(-100, 100)]);
}

function randomOff(random: Random): number {
  return random.pick([0, 8, -8, 32767, -32768, random.between(-32768, 32767)]);
}

const signed = (value: number): string => (value < 0 ? `- ${-value}` : `+ ${value}`);

/** The text of `template` with random operands, which are put into `fields`. */
function spell(template: string, dialect: Dialect, random: Random, fields: Fields): string {
  const sign = dialect === "gnu" || dialect === "conformance" ? "%" : "";
  const seen = new Map<string, string>();
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const known = seen.get(name);
    if (known !== undefined) return known;
    const text = operand(name);
    seen.set(name, text);
    return text;
  });

  function operand(name: string): string {
    const register = random.below(11);
    const imm = randomImm(random);
    const off = randomOff(random);
    switch (name) {
      case "d":
      case "wd":
        fields.dst = register;
        return name === "d" ? `${sign}r${register}` : `w${register}`;
      case "s":
      case "ws":
        fields.src = register;
        return name === "s" ? `${sign}r${register}` : `w${register}`;
      case "i":
      case "c":
        fields.imm = imm;
        return String(imm);
      case "J":
      case "f":
        fields.imm = imm;
        return imm < 0 ? String(imm) : `+${imm}`;
      case "I":
        fields.imm = imm;
        fields.high = randomImm(random);
        return `0x${((BigInt(fields.high >>> 0) << 32n) | BigInt(imm >>> 0)).toString(16)}`;
      case "h":
        fields.high = imm;
        return String(imm);
      case "O":
        fields.imm = imm;
        return signed(imm);
      case "o":
        fields.off = off;
        return signed(off);
      case "j":
        fields.off = off;
        return off < 0 ? String(off) : `+${off}`;
      case "x":
        fields.off = off;
        return String(off);
      case "da":
        fields.imm = (fields.imm & 0xffff) | (register << 16);
        return String(register);
      case "sa":
        fields.imm = (fields.imm & ~0xffff) | register;
        return String(register);
      case "ri":
        fields.imm = register;
        return String(register);
      default:
        throw new Error(`unknown placeholder ${name}`);
    }
  }
}

function encoded(row: InsnRow, fields: Fields, endian: Endian): string {
  const code = new Uint8Array(row.wide ? 16 : 8);
  const dst = row.dst === "reg" ? fields.dst : row.dst;
  const src = row.src === "reg" ? fields.src : row.src;
  const off = typeof row.off === "number" ? row.off : fields.off;
  const imm = typeof row.imm === "number" ? row.imm : fields.imm;
  encodeSlot(code, 0, endian, row.opcode, dst, src, off, imm);
  if (row.wide) encodeSlot(code, 8, endian, 0, 0, 0, 0, fields.high);
  return toHex(code);
}

for (const dialect of dialects) {
  test(`every row assembles to its bytes in ${dialect}`, () => {
    const rounds = fuzzRounds(6);
    let checked = 0;
    for (const endian of ["little", "big"] as const) {
      const lines: string[] = [];
      const wanted: string[] = [];
      for (const row of insnTable) {
        for (const template of spellings(row, dialect)) {
          // With a number this is the call of a helper; with a name see relocations.test.ts.
          if (row.op === "call_local" && template === "call {f}") continue;
          for (let seed = 1; seed <= rounds; seed++) {
            const fields: Fields = { dst: 0, src: 0, off: 0, imm: 0, high: 0 };
            const text = spell(template, dialect, new Random(seed * 1000 + checked), fields);
            // Kernel text says what it is by the opcode in front.
            const prefix = dialect === "kernel" ? `${checked}: (${row.opcode.toString(16).padStart(2, "0")}) ` : "";
            lines.push(prefix + text);
            wanted.push(encoded(row, fields, endian));
            checked++;
          }
        }
      }
      const { object, diagnostics } = assemble(lines.join("\n"), { syntax: dialect, endian });
      expect(diagnostics.map((each) => formatDiagnostic(each))).toEqual([]);
      let at = 0;
      const hex = toHex(object!.sections[0]!.data);
      wanted.forEach((bytes, i) => {
        expect(`${lines[i]!} => ${hex.slice(at, at + bytes.length)}`).toBe(`${lines[i]!} => ${bytes}`);
        at += bytes.length;
      });
      expect(at).toBe(hex.length);
    }
    expect(checked).toBeGreaterThan(1500);
  });
}
