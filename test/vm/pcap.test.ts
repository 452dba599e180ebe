/** Capture files: identities, known bytes, broken input, and tshark as the judge. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPcap, writePcap, type Packet } from "../../src/vm/index.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { mutateBytes } from "../support/mutate.js";
import { Random } from "../support/random.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

const packet = (nanoseconds: number, data: Uint8Array, length = data.length): Packet => ({
  seconds: 5,
  nanoseconds,
  length,
  data,
});

test("reading what was written gives the same packets, in both byte orders and resolutions", () => {
  const random = new Random(1);
  for (const endian of ["little", "big"] as const) {
    for (const unit of [1, 1000]) {
      const packets = Array.from({ length: 9 }, () =>
        packet(unit * random.below(1_000_000), random.bytes(random.below(99)), 99),
      );
      expect(readPcap(writePcap({ linkType: 1, packets }, endian))).toEqual({ linkType: 1, packets });
    }
  }
});

test("the bytes of a file are those of the format", () => {
  const hex = Buffer.from(writePcap({ linkType: 1, packets: [packet(7000, Uint8Array.of(1, 2))] }, "big")).toString(
    "hex",
  );
  expect(hex).toBe("a1b2c3d4000200040000000000000000000400000000000100000005000000070000000200000002" + "0102");
  const fine = writePcap({ linkType: 1, packets: [packet(7001, new Uint8Array(0))] });
  expect(Buffer.from(fine.subarray(0, 4)).toString("hex")).toBe("4d3cb2a1");
});

test("what is no pcap file is a structured error with its place", () => {
  const good = writePcap({ linkType: 1, packets: [packet(0, Uint8Array.of(1, 2, 3))] });
  expect(() => readPcap(new Uint8Array(2))).toThrow("the magic number needs 4 bytes");
  expect(() => readPcap(new Uint8Array(24))).toThrow("not with the magic number of a pcap file");
  expect(() => readPcap(Uint8Array.of(0x0a, 0x0d, 0x0d, 0x0a))).toThrow("pcapng");
  expect(() => readPcap(good.subarray(0, 20))).toThrow("the file header needs 24 bytes");
  expect(() => readPcap(good.subarray(0, 30))).toThrow("the header of packet 1 needs 16 bytes");
  expect(() => readPcap(good.subarray(0, 42))).toThrow("packet 1 needs 3 bytes, but only 2 are left");
  const late = good.slice();
  late.fill(0xff, 28, 32);
  expect(() => readPcap(late)).toThrow("packet 1 has 4294967295000 nanoseconds in its second");
  expect(() => writePcap({ linkType: -1, packets: [] })).toThrow("the link type is -1");
});

test("mutated files are read or refused, never more", () => {
  const good = writePcap({ linkType: 1, packets: [1, 2, 3].map((n) => packet(n, new Uint8Array(20 * n))) });
  const count = fuzz(fuzzRounds(2000), (random) => {
    readPcap(mutateBytes(random, good));
  });
  expect(count.refused).toBeGreaterThan(0);
});

const missing = toolMissing("tshark");
test.skipIf(missing !== "")(
  `tshark reads what is written${missing}`,
  () => {
    inScratchFolder((folder) => {
      const file = join(folder, "out.pcap");
      writeFileSync(
        file,
        writePcap({ linkType: 1, packets: [packet(123_456_789, new Uint8Array(60)), packet(0, new Uint8Array(60))] }),
      );
      const { status, stdout } = runTool("tshark", [
        "-r",
        file,
        "-T",
        "fields",
        "-e",
        "frame.time_epoch",
        "-e",
        "frame.len",
      ]);
      expect(status).toBe(0);
      expect(stdout).toContain("5.123456789\t60\n");
    });
  },
  30_000,
);
