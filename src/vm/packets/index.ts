/** Packets in files. */
export { readPcap, writePcap, type Packet, type Pcap } from "./pcap.js";
