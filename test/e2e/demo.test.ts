/** The main job through the real command: three texts to a linked object, run on a capture in the VM and the kernel. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPcap } from "../../src/vm/index.js";
import { workshop } from "../support/cli.js";
import { buildDemo, demoFolder, demoTraffic } from "../support/demo.js";
import { expectGolden } from "../support/golden.js";
import { kernelMissing } from "../support/kernel.js";
import { runTool, toolMissing } from "../support/tools.js";

const shop = workshop();
buildDemo(shop, "tunnel.o");
const table = shop.ok(["run", "tunnel.o", ...demoTraffic, "--out", "tx.pcap"]).stdout;

interface Facts {
  readonly frames: readonly { readonly verdict: string; readonly bytes: string }[];
  readonly maps: readonly {
    readonly map: string;
    readonly entries: readonly { readonly key: string; readonly values: readonly string[] }[];
  }[];
}

/** One's complement sum of big-endian 16-bit words (RFC 1071); 0xffff over a header whose checksum is right. */
function onesSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! * 256 + bytes[i + 1]!;
  while (sum > 0xffff) sum = (sum % 0x1_0000) + Math.floor(sum / 0x1_0000);
  return sum;
}

/** The facts with the values of each entry added up as little-endian counters where there is one a CPU. */
function summed({ frames, maps }: Facts): unknown {
  const sum = (values: readonly string[]): string => {
    if (values.length === 1 && values[0]!.length !== 16) return values[0]!;
    const numbers = values.map((value) => Buffer.from(value, "hex").readBigUInt64LE());
    return String(numbers.reduce((a, b) => a + b, 0n));
  };
  return {
    frames,
    maps: maps.map(({ map, entries }) => ({ map, entries: entries.map(({ key, values }) => [key, sum(values)]) })),
  };
}

test("the table is the golden one", () => expectGolden("demo.txt", table));

/** What `npm start` prints; it must end well. */
function start(...args: string[]): string {
  const ended = spawnSync(process.execPath, [join(demoFolder, "demo.mjs"), ...args], { encoding: "utf8" });
  expect({ status: ended.status, stderr: ended.stderr }).toEqual({ status: 0, stderr: "" });
  return ended.stdout;
}

test("npm start prints its commands and the same table", () => {
  const said = start();
  expect(said).toContain(table);
  const commands = said.match(/^\$ bpfkit \w+/gm)?.map((command) => command.slice("$ bpfkit ".length));
  expect(commands).toEqual(["as", "as", "as", "ld", "run"]);
});

test.skipIf(kernelMissing !== "")(`npm start -- --kernel prints the same table${kernelMissing}`, () => {
  expect(start("--kernel")).toContain(table);
});

test("per-CPU counters of several CPUs add up to the same table", () => {
  expect(shop.ok(["run", "tunnel.o", "--cpus", "4", ...demoTraffic]).stdout).toBe(table);
});

test("the frames sent back carry the inner packet unchanged in a right outer header", () => {
  const before = readPcap(new Uint8Array(readFileSync(join(demoFolder, "frames.pcap"))), "frames.pcap").packets;
  const after = readPcap(shop.read("tx.pcap"), "tx.pcap").packets;
  // By the bytes alone: IPv4 without options to 192.0.2.10, TCP port 80 or UDP port 53.
  const tunnelled = before.filter(({ data }) => {
    const text = Buffer.from(data).toString("latin1");
    if (text.slice(12, 15) !== "\x08\x00\x45" || text.slice(30, 34) !== "\xc0\x00\x02\x0a") return false;
    return text[23] === "\x06" ? text.slice(36, 38) === "\x00\x50" : text.slice(36, 38) === "\x00\x35";
  });
  expect(tunnelled.length).toBeGreaterThanOrEqual(2);
  expect(after.length).toBe(tunnelled.length);
  after.forEach(({ data, seconds, nanoseconds }, i) => {
    const old = tunnelled[i]!;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    expect(data.length).toBe(old.data.length + 20);
    expect([seconds, nanoseconds]).toEqual([old.seconds, old.nanoseconds]);
    expect(Buffer.from(data.subarray(0, 6)).toString("hex")).toBe("0200000000aa");
    expect(data.slice(6, 12)).toEqual(old.data.slice(0, 6));
    expect(view.getUint16(12)).toBe(0x0800);
    expect(view.getUint8(14)).toBe(0x45);
    // Outer total length: outer header and inner total length.
    expect(view.getUint16(16)).toBe(view.getUint16(34 + 2) + 20);
    expect([...data.subarray(22, 24)]).toEqual([64, 4]);
    expect(onesSum(data.subarray(14, 34))).toBe(0xffff);
    expect([...data.subarray(26, 34)]).toEqual([10, 0, 0, 1, 10, 0, 0, 2]);
    expect(data.slice(34)).toEqual(old.data.slice(14));
  });
});

const noTshark = toolMissing("tshark");
test.skipIf(noTshark !== "")(`tshark reads the frames sent back without complaint${noTshark}`, () => {
  const read = (...args: string[]): string => {
    const { status, stdout, stderr } = runTool("tshark", ["-r", shop.path("tx.pcap"), ...args]);
    expect({ status, complaint: /malformed|truncated|damaged/i.exec(stderr)?.[0] }).toEqual({ status: 0 });
    return stdout;
  };
  const checks = ["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"];
  const verbose = read(...checks, "-V");
  expect(verbose).toContain("[Header checksum status: Good]");
  expect(verbose).not.toMatch(/malformed|incorrect|checksum status: bad/i);
  // 1 is good: of the outer and of the inner header.
  const states = read(...checks, "-T", "fields", "-e", "ip.checksum.status")
    .trim()
    .split("\n");
  expect(new Set(states)).toEqual(new Set(["1,1"]));
});

test.skipIf(kernelMissing !== "")(`the kernel gives what the VM gives, byte for byte${kernelMissing}`, () => {
  const both = (["run", "load"] as const).map((verb) => {
    const { stdout } = shop.ok([verb, "tunnel.o", ...demoTraffic, "--json", "--out", `${verb}.pcap`]);
    return summed(JSON.parse(stdout) as Facts);
  });
  expect(both[1]).toEqual(both[0]);
  expect(both[0]).toMatchObject({ maps: [{ map: "vip_map" }, { map: "verdicts" }] });
  expect(shop.read("load.pcap")).toEqual(shop.read("run.pcap"));
});

test.skipIf(kernelMissing !== "")(`the kernel's table is the VM's table${kernelMissing}`, () => {
  expect(shop.ok(["load", "tunnel.o", ...demoTraffic]).stdout).toBe(table);
});

test("the demo assembles and links big-endian, every relocation of the text resolved", () => {
  buildDemo(shop, "tunnel-eb.o", ["--EB"]);
  const names = (file: string): string =>
    shop
      .ok(["nm", file])
      .stdout.split("\n")
      .map((line) => line.split(" ").at(-1))
      .join(" ");
  expect(names("tunnel-eb.o")).toBe(names("tunnel.o"));
  const [facts] = JSON.parse(shop.ok(["readelf", "--json", "tunnel-eb.o"]).stdout) as [Record<string, unknown>];
  expect(JSON.stringify(facts)).toMatch(/big/);
  // Same sizes, other bytes.
  expect(shop.read("tunnel-eb.o").length).toBe(shop.read("tunnel.o").length);
  expect(shop.read("tunnel-eb.o")[5]).toBe(2);
});
