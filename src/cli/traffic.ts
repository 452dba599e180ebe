/** What `run` and `load` share: map entries put in before, frames fed from a capture, the table of what became of them. */
import { fromHex, toHex } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import { abiName, XdpAction } from "../isa/index.js";
import { readInput, writeOutput } from "../node/index.js";
import type { Image, ImageProgram } from "../object/index.js";
import { describeFrame, readPcap, writePcap, type Packet } from "../vm/index.js";
import { put } from "./output.js";
import { toJson, usage } from "./report.js";

export interface TrafficOptions {
  readonly program?: string;
  readonly update: readonly string[];
  readonly packets?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** A loaded program, in the VM or in the kernel. */
export interface Target {
  runFrame(frame: Uint8Array): { readonly verdict: number; readonly frame: Uint8Array };
  update(map: string, key: Uint8Array, value: Uint8Array): void;
  /** All entries; per-CPU maps have one value a CPU, others one. */
  entries(map: string): Iterable<readonly [key: Uint8Array, values: readonly Uint8Array[]]>;
}

export interface FrameFacts {
  readonly frame: string;
  readonly verdict: string;
  readonly before: number;
  readonly after: number;
  readonly bytes: Uint8Array;
}

export interface MapFacts {
  readonly map: string;
  readonly entries: { readonly key: Uint8Array; readonly values: readonly Uint8Array[] }[];
}

/** Whether the options contradict each other; says so if they do. */
export function wrongTraffic({ packets, out }: TrafficOptions): boolean {
  if (out !== undefined && packets === undefined) {
    usage("--out takes the frames of a capture that came out", "give the capture with --packets");
  } else if (out === "-") {
    usage("--out - would mix frames with the facts on standard output", "give --out a file");
  } else {
    return false;
  }
  return true;
}

/** The program named, or the only one. */
export function chooseProgram(image: Image, name: string | undefined): ImageProgram {
  const names = image.programs.map((program) => program.name).join(", ") || "none";
  const found = name === undefined ? image.programs : image.programs.filter((program) => program.name === name);
  if (found.length === 1) return found[0]!;
  throw failure("cli-program", { wanted: name ?? "one program", names });
}

/** Applies each `--update map:key=value`. */
export function applyUpdates(target: Target, updates: readonly string[]): void {
  for (const one of updates) {
    const match = /^([^:=]+):([0-9a-fA-F]+)=([0-9a-fA-F]+)$/.exec(one);
    if (match === null || match[2]!.length % 2 !== 0 || match[3]!.length % 2 !== 0)
      throw failure("cli-update", { found: one });
    target.update(match[1]!, fromHex(match[2]!), fromHex(match[3]!));
  }
}

/** Counters are wide: 8-byte values are shown as numbers, the CPUs' added up; others as hex. */
function valueText(values: readonly Uint8Array[], little: boolean): string {
  if (!values.every((value) => value.length === 8)) return values.map(toHex).join(" ");
  const numbers = values.map((value) => new DataView(value.buffer, value.byteOffset).getBigUint64(0, little));
  return String(numbers.reduce((a, b) => a + b, 0n));
}

function table(rows: readonly (readonly string[])[], right: readonly number[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (right.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join("");
}

export function formatTraffic(frames: readonly FrameFacts[], maps: readonly MapFacts[], little: boolean): string {
  let text = "";
  if (frames.length > 0) {
    const rows = frames.map(({ frame, verdict, before, after }, i) => [
      String(i + 1),
      frame,
      verdict,
      String(before),
      String(after),
    ]);
    text += table([["#", "frame", "verdict", "before", "after"], ...rows], [0, 3, 4]);
  }
  for (const { map, entries } of maps) {
    text += `\nmap ${map}: ${entries.length} ${entries.length === 1 ? "entry" : "entries"}\n`;
    if (entries.length > 0) {
      text += table(
        [["  key", "value"], ...entries.map(({ key, values }) => [`  ${toHex(key)}`, valueText(values, little)])],
        [],
      );
    }
  }
  return text;
}

/** Feeds the capture to `target`, whose maps are filled, and prints what came of it. */
export async function drive(image: Image, target: Target, options: TrafficOptions): Promise<void> {
  const frames: FrameFacts[] = [];
  const out: Packet[] = [];
  if (options.packets !== undefined) {
    const capture = readPcap(await readInput(options.packets), options.packets);
    for (const packet of capture.packets) {
      const { verdict, frame } = target.runFrame(packet.data);
      const facts = {
        frame: describeFrame(packet.data),
        verdict: abiName(XdpAction, verdict),
        before: packet.data.length,
        after: frame.length,
        bytes: frame,
      };
      frames.push(facts);
      if (verdict === XdpAction.XDP_TX)
        out.push({ seconds: packet.seconds, nanoseconds: packet.nanoseconds, data: frame });
    }
    if (options.out !== undefined)
      await writeOutput(options.out, writePcap({ linkType: capture.linkType, packets: out }));
  }
  const maps = image.maps.map(({ name }): MapFacts => {
    const entries = Array.from(target.entries(name), ([key, values]) => ({ key, values }));
    // The kernel's hash order is random.
    entries.sort((a, b) => Buffer.compare(a.key, b.key));
    return { map: name, entries };
  });
  put(options.json === true ? `${toJson({ frames, maps })}\n` : formatTraffic(frames, maps, image.endian === "little"));
}
