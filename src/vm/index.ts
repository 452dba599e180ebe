/** Room `vm`: an image as a running program, its maps, and packets to feed it. */
export type { FaultDetail } from "./machine.js";
export type { VmMap } from "./maps.js";
export { describeFrame, readPcap, writePcap, type Packet, type Pcap } from "./packets/index.js";
export type { Fault, HostHelper, RunDone, RunInput, Vm, VmOptions, XdpDone, XdpInput } from "./types.js";
export { createVm } from "./vm.js";
