/** A frame in a few words. Source: IEEE 802.3, RFC 791, 8200, 826, 768, 9293. */

const etherTypes: Readonly<Record<number, string>> = { 0x0806: "ARP", 0x86dd: "IPv6", 0x8100: "VLAN", 0x88cc: "LLDP" };
const protocols: Readonly<Record<number, string>> = {
  1: "ICMP",
  4: "IPIP",
  6: "TCP",
  17: "UDP",
  58: "ICMPv6",
  132: "SCTP",
};

/** `IPv4 TCP 10.0.0.1:4000 > 192.0.2.10:80`; what is cut off is left out. */
export function describeFrame(frame: Uint8Array): string {
  if (frame.length < 14) return "truncated Ethernet header";
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const type = view.getUint16(12);
  if (type !== 0x0800) return etherTypes[type] ?? `EtherType 0x${type.toString(16).padStart(4, "0")}`;
  return describeIpv4(frame.subarray(14));
}

function describeIpv4(packet: Uint8Array): string {
  if (packet.length < 20) return "IPv4, truncated header";
  const protocol = packet[9]!;
  const name = protocols[protocol] ?? `protocol ${protocol}`;
  const address = (at: number): string => packet.subarray(at, at + 4).join(".");
  const header = (packet[0]! & 15) * 4;
  if (header < 20) return "IPv4, bad header";
  const inner = packet.subarray(header);
  if (protocol === 4) return `IPv4 ${address(12)} > ${address(16)} / ${describeIpv4(inner)}`;
  if ((protocol !== 6 && protocol !== 17) || inner.length < 4) return `IPv4 ${name} ${address(12)} > ${address(16)}`;
  const port = (at: number): number => (inner[at]! << 8) | inner[at + 1]!;
  return `IPv4 ${name} ${address(12)}:${port(0)} > ${address(16)}:${port(2)}`;
}
