/** Packets in files. */
export { describeFrame } from "./describe.js";
export { readPcap, writePcap, type Packet, type Pcap } from "./pcap.js";
