// npm start: the 2017 program from text to a changed packet. Every step is a command that can be typed.
// With --kernel (root, Linux) the same linked file runs in the kernel instead of the embedded VM.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const here = "examples/xdp-tx-iptunnel";
const kernel = process.argv.includes("--kernel");

function step(title, args) {
  console.log(`\n# ${title}\n$ bpfkit ${args.join(" ")}`);
  const { status } = spawnSync(process.execPath, [`${root}bin/bpfkit`, ...args], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

mkdirSync(`${root}out`, { recursive: true });

step("Assemble the program.", ["as", `${here}/xdp.s`, "-o", "out/xdp.o"]);
step("The functions it calls.", ["as", `${here}/lib.s`, "-o", "out/lib.o"]);
step("Its maps.", ["as", `${here}/maps.s`, "-o", "out/maps.o"]);
step("Link them.", ["ld", "out/xdp.o", "out/lib.o", "out/maps.o", "-o", "out/tunnel.o"]);

// Key: 192.0.2.10, port, protocol. Value: outer source 10.0.0.1, outer destination 10.0.0.2, next hop's address.
const tunnel = "0a0000010a0000020200000000aa0000";
const title = `Tunnel TCP port 80 and UDP port 53 of 192.0.2.10; run the program in the ${kernel ? "kernel" : "VM"} on a capture.`;
const web = `vip_map:c000020a00500600=${tunnel}`;
const dns = `vip_map:c000020a00351100=${tunnel}`;
const capture = `${here}/frames.pcap`;
const verb = kernel ? "load" : "run";
step(title, [verb, "out/tunnel.o", "--update", web, "--update", dns, "--packets", capture, "--out", "out/tx.pcap"]);
console.log("\nThe frames that were sent back (XDP_TX), each in its outer header, are in out/tx.pcap.");
