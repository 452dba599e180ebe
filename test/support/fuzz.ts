/**
 * The loop of every fuzz test: each round has its own seed, which stands in the failure's message.
 *
 * BPFKIT_FUZZ sets the number of rounds (default: small), BPFKIT_FUZZ_SEED the first seed: a failure at seed S is
 * repeated by `BPFKIT_FUZZ=1 BPFKIT_FUZZ_SEED=S`.
 */
import { BpfkitError } from "../../src/diag/index.js";
import { processorTime } from "./patience.js";
import { Random } from "./random.js";

/** Rounds of a fuzz test: BPFKIT_FUZZ, or `small`. */
export function fuzzRounds(small: number): number {
  const asked = Number(process.env["BPFKIT_FUZZ"] ?? "");
  return Number.isSafeInteger(asked) && asked > 0 ? asked : small;
}

/** The first seed: BPFKIT_FUZZ_SEED, or 1. */
export function fuzzSeed(): number {
  return Number(process.env["BPFKIT_FUZZ_SEED"] ?? "1");
}

/** No input of the sizes used here may take more processor time than this, in milliseconds. */
const patience = 5_000;

export interface FuzzCount {
  /** Rounds that ended well and rounds that ended in a `BpfkitError`. */
  readonly accepted: number;
  readonly refused: number;
}

/**
 * Calls `round` with a fresh generator `rounds` times. A `BpfkitError` is a good end; any other error, or a round of
 * more than 5 seconds of processor time, fails with the round's seed.
 */
export function fuzz(rounds: number, round: (random: Random) => void): FuzzCount {
  const first = fuzzSeed();
  let refused = 0;
  for (let seed = first; seed < first + rounds; seed++) {
    const start = processorTime();
    try {
      round(new Random(seed));
    } catch (error) {
      if (!(error instanceof BpfkitError)) throw new Error(`fuzz seed ${seed}: ${String(error)}`, { cause: error });
      refused++;
    }
    const spent = processorTime() - start;
    if (spent > patience) throw new Error(`fuzz seed ${seed}: took ${Math.round(spent)} ms`);
  }
  return { accepted: rounds - refused, refused };
}
