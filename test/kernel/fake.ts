/** A port that records requests and answers them from a list, or with new descriptors. */
import type { Diagnostic } from "../../src/diag/index.js";
import { BpfCommand, type BpfRequest, type Syscalls } from "../../src/kernel/index.js";

export interface Recorded {
  readonly command: string;
  readonly attr: Uint8Array;
  /** Copies of the buffers as the kernel saw them, by the offset of their pointer. */
  readonly buffers: ReadonlyMap<number, Uint8Array>;
}

export class FakeSyscalls implements Syscalls {
  readonly endian: "little" | "big";
  readonly calls: Recorded[] = [];
  readonly open: Set<number> = new Set();
  /** Gives the answer to a request; undefined: succeed, with a new descriptor where the command makes one. */
  readonly #answer: (request: BpfRequest, command: string) => number | undefined;
  #next = 100;

  constructor(
    answer: (request: BpfRequest, command: string) => number | undefined = () => undefined,
    endian: "little" | "big" = "little",
  ) {
    this.#answer = answer;
    this.endian = endian;
  }

  bpf(request: BpfRequest): number {
    const command = Object.entries(BpfCommand).find(([, number]) => number === request.command)![0];
    const buffers = new Map(request.pointers.map(({ at, buffer }) => [at, buffer.slice()]));
    this.calls.push({ command, attr: request.attr.slice(), buffers });
    const answer = this.#answer(request, command);
    if (answer !== undefined) return answer;
    if (!["BPF_MAP_CREATE", "BPF_PROG_LOAD", "BPF_BTF_LOAD"].includes(command)) return 0;
    this.open.add(this.#next);
    return this.#next++;
  }

  close(fd: number): number {
    if (!this.open.delete(fd)) throw new Error(`descriptor ${fd} is closed without being open`);
    return 0;
  }

  possibleCpus(): number {
    return 3;
  }
}

/** The diagnostics code and message of what `run` throws. */
export function thrown(run: () => unknown): { code: string; message: string; help: string; notes: readonly string[] } {
  try {
    run();
  } catch (error) {
    const [first] = (error as { diagnostics?: readonly Diagnostic[] }).diagnostics ?? [];
    if (first === undefined) throw error;
    return {
      code: first.code,
      message: first.message,
      help: first.help ?? "",
      notes: first.notes.map((note) => note.message),
    };
  }
  throw new Error("nothing was thrown");
}
