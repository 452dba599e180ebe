// Whole processes against each other: ours and the peer's in turn, medians of time, the largest peak of memory.
import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

// Node 20 reads the certificates of this variable at each start, whatever it runs: 60 ms that say nothing of a command.
delete process.env.NODE_EXTRA_CA_CERTS;

export const quick = process.argv.includes("--quick");
export const runs = quick ? 3 : 9;
export const bpfkit = [process.execPath, `${root}bin/bpfkit`];

const has = (tool) => spawnSync("which", [tool]).status === 0;
const hasTime = has("/usr/bin/time");

export const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

export function milliseconds([command, ...args]) {
  const start = process.hrtime.bigint();
  execFileSync(command, args, { stdio: "ignore" });
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** Peak memory of one more run in MB, where GNU time is there to tell. */
function megabytes(command) {
  if (!hasTime) return "?";
  const { stderr } = spawnSync("/usr/bin/time", ["-f", "%M", ...command], {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  return (Number(stderr.trim().split("\n").at(-1)) / 1024).toFixed(0);
}

/** Prints both medians, the ratio (how many times the peer's time is ours) and both peaks of memory; returns the ratio. */
export function compare(title, ours, peer) {
  const name = peer[0] === process.execPath ? "node" : peer[0];
  if (!has(peer[0])) {
    console.log(`${title}: skipped, ${name} is not installed`);
    return undefined;
  }
  const times = [[], []];
  for (let run = 0; run < runs; run++) {
    times[0].push(milliseconds(ours));
    times[1].push(milliseconds(peer));
  }
  const [mine, theirs] = times.map(median);
  const ratio = theirs / mine;
  console.log(
    `${title}: bpfkit ${mine.toFixed(0)} ms, ${megabytes(ours)} MB; ${name} ${theirs.toFixed(0)} ms, ${megabytes(peer)} MB; ratio ${ratio.toFixed(2)}`,
  );
  return ratio;
}
