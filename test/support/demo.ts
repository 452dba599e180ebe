/** The demo of examples/xdp-tx-iptunnel/, run through the real command. */
import { join } from "node:path";
import { root, type Workshop } from "./cli.js";

export const demoFolder: string = join(root, "examples/xdp-tx-iptunnel");
export const demoParts = ["xdp", "lib", "maps"] as const;

/** The tunnel of the demo: outer source, outer destination, next hop's Ethernet address. */
const tunnel = "0a0000010a0000020200000000aa0000";

/** The map entries and the capture that `npm start` gives to `run` and `load`. */
export const demoTraffic: readonly string[] = [
  "--update",
  `vip_map:c000020a00500600=${tunnel}`,
  "--update",
  `vip_map:c000020a00351100=${tunnel}`,
  "--packets",
  join(demoFolder, "frames.pcap"),
];

/** Assembles the three files with `options` and links them to the file `linked` in the workshop. */
export function buildDemo(shop: Workshop, linked: string, options: readonly string[] = []): void {
  const objects = demoParts.map((part) => `${linked}.${part}.o`);
  demoParts.forEach((part, i) => shop.ok(["as", ...options, join(demoFolder, `${part}.s`), "-o", objects[i]!]));
  shop.ok(["ld", ...objects, "-o", linked]);
}
