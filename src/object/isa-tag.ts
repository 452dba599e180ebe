/** The ISA version in `e_flags`. Source: docs/psabi.md "ISA version"; GNU binutils 2.41 and later. */
import { elfTable } from "../elf/index.js";

/** GNU's xBPF: another instruction set, whose code runs on nothing else. */
const xbpf = 15;

/**
 * `e_flags` of the file linked of files with `flags`: the highest version that one states; undefined where xBPF and another
 * instruction set meet.
 */
export function mergedFlags(flags: readonly number[]): number | undefined {
  let highest = 0;
  let bits = 0;
  let foreign = false;
  let native = false;
  for (const each of flags) {
    const version = each & elfTable.EF_BPF_CPUVER;
    bits = (bits | (each - version)) >>> 0;
    highest = Math.max(highest, version);
    foreign ||= version === xbpf;
    native ||= version !== xbpf && version !== 0;
  }
  return foreign && native ? undefined : bits + highest;
}
