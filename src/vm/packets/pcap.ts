/**
 * Capture files in the classic pcap format. Source of truth: draft-ietf-opsawg-pcap (pcap-savefile(5)): a 24-byte header,
 * then packets with 16-byte headers; the magic number tells byte order and whether times have micro- or nanoseconds.
 */
import { ByteReader, ByteWriter, type Endian } from "../../bytes/index.js";
import { failure } from "../../diag/index.js";

const MAGIC_MICRO = 0xa1b2_c3d4;
const MAGIC_NANO = 0xa1b2_3c4d;
/** Magic number of the newer format, pcapng: only to say so. */
const MAGIC_PCAPNG = 0x0a0d_0d0a;
const FILE_HEADER = 24;
const PACKET_HEADER = 16;
/** What tcpdump writes as the longest packet of a file. */
const SNAP_LENGTH = 262_144;
/** The upper four bits of the link type say how long frame check sequences are. */
const LINK_TYPE_MASK = 0x0fff_ffff;

export interface Packet {
  /** Since 1970. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanoseconds: number;
  /** Bytes of the packet on the wire; more than `data` where it was cut. Default: those of `data`. */
  readonly length?: number;
  readonly data: Uint8Array;
}

export interface Pcap {
  /** LINKTYPE_ number: 1 is Ethernet. */
  readonly linkType: number;
  readonly packets: readonly Packet[];
}

/** Byte order and nanoseconds in a unit of time, by the magic number. */
function flavour(bytes: Uint8Array, file: string | undefined): { readonly endian: Endian; readonly unit: number } {
  let found = 0;
  for (const endian of ["little", "big"] as const) {
    found = new ByteReader(bytes, endian, { file }).u32(0, "the magic number");
    if (found === MAGIC_MICRO) return { endian, unit: 1000 };
    if (found === MAGIC_NANO) return { endian, unit: 1 };
  }
  const what = found === MAGIC_PCAPNG ? "the newer pcapng format" : `the number 0x${found.toString(16)}`;
  throw failure("pcap-magic", { what }, { kind: "binary", file, offset: 0 });
}

/** Reads a whole capture. Packet data are views of `bytes`. `file` is for messages. Throws a `BpfkitError`. */
export function readPcap(
  bytes: Uint8Array,
  file?: string,
): Required<Pcap> & { readonly packets: readonly Required<Packet>[] } {
  const { endian, unit } = flavour(bytes, file);
  const reader = new ByteReader(bytes, endian, { file });
  reader.need(0, FILE_HEADER, "the file header");
  const major = reader.u16(4);
  if (major !== 2) throw failure("pcap-version", { version: `${major}.${reader.u16(6)}` }, reader.place(4));
  const packets: Required<Packet>[] = [];
  let at = FILE_HEADER;
  while (at < bytes.length) {
    reader.need(at, PACKET_HEADER, `the header of packet ${packets.length + 1}`);
    const nanoseconds = reader.u32(at + 4) * unit;
    if (nanoseconds > 999_999_999) {
      throw failure("pcap-time", { packet: packets.length + 1, nanoseconds }, reader.place(at + 4));
    }
    const captured = reader.u32(at + 8);
    const what = `packet ${packets.length + 1}`;
    const data = reader.slice(at + PACKET_HEADER, captured, what);
    packets.push({ seconds: reader.u32(at), nanoseconds, length: reader.u32(at + 12), data });
    at += PACKET_HEADER + captured;
  }
  return { linkType: reader.u32(20) & LINK_TYPE_MASK, packets };
}

/**
 * The bytes of a capture file: little-endian unless told otherwise, with microseconds where no time is finer, else with
 * nanoseconds. Throws a `BpfkitError` for numbers that do not fit their field.
 */
export function writePcap(capture: Pcap, endian: Endian = "little"): Uint8Array {
  const fine = capture.packets.some((packet) => packet.nanoseconds % 1000 !== 0);
  const writer = new ByteWriter(endian);
  const u32 = (value: number, what: string, limit = 0xffff_ffff): void => {
    if (!Number.isInteger(value) || value < 0 || value > limit) throw failure("pcap-number", { what, value, limit });
    writer.u32(value);
  };
  writer.u32(fine ? MAGIC_NANO : MAGIC_MICRO);
  writer.u16(2);
  writer.u16(4);
  writer.u32(0);
  writer.u32(0);
  u32(
    capture.packets.reduce((most, { data }) => Math.max(most, data.length), SNAP_LENGTH),
    "the longest packet",
  );
  u32(capture.linkType, "the link type", LINK_TYPE_MASK);
  for (const { seconds, nanoseconds, length, data } of capture.packets) {
    u32(seconds, "the seconds of a packet");
    if (nanoseconds > 999_999_999)
      throw failure("pcap-number", { what: "nanoseconds", value: nanoseconds, limit: 999_999_999 });
    u32(fine ? nanoseconds : nanoseconds / 1000, "the fraction of a packet's time");
    u32(data.length, "the length of a packet");
    u32(length ?? data.length, "the length of a packet");
    writer.write(data);
  }
  return writer.bytes();
}
