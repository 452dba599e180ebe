/** Before every test file: the property tests, too, run from the seed and for the rounds that are asked for. */
import fc from "fast-check";
import { fuzzRounds, fuzzSeed } from "./fuzz.js";

fc.configureGlobal({ seed: fuzzSeed(), numRuns: fuzzRounds(100) });
