/** The verbs that run programs: `run`, `load`. */
import { Option, type Command } from "commander";
import { append, type Action, type Verb } from "./verb.js";

/** Options that both share: what to feed to the program and what to print of it. */
function withPackets(command: Command): Command {
  return command
    .argument("<file>", "a linked object; - is standard input")
    .option("--program <name>", "the program, where the object has several")
    .option("--update <map:key=value>", "put an entry into a map, key and value in hex (repeatable)", append, [])
    .option("--packets <pcap>", "run the program on each frame of this capture")
    .option("--out <pcap>", "write the frames that came out here")
    .option("--json", "print facts as JSON");
}

function defineRun(command: Command, run: Action): void {
  withPackets(command)
    .option("--memory <hex>", "plain memory for the program: r1 points to it, r2 is its length")
    .option("--cpus <n>", "CPUs that per-CPU maps have values for", "1")
    .option("--budget <n>", "instructions a run may execute")
    .action(run);
}

function defineLoad(command: Command, run: Action): void {
  withPackets(command)
    .option("--log-level <n>", "print the verifier's log: 1 steps, 2 more, 4 statistics")
    .addOption(new Option("--type <name>", "program type, instead of what the section's name says"))
    .action(run);
}

export const run: Verb = { description: "run a program in the embedded VM", define: defineRun };

export const load: Verb = { description: "load a program into the kernel and test-run it", define: defineLoad };
