/** What loading an image gives: open maps and programs, closed together. */
import { failure } from "../diag/index.js";
import { Errno, errnoName } from "./errno.js";
import type { KernelMap } from "./maps.js";
import { nameFacts } from "./refusal.js";
import type { Syscalls } from "./syscalls.js";
import { testRun, type TestRunOptions, type TestRunResult } from "./test-run.js";

/** A program in the kernel. Its file descriptor lives until `close`. */
export class KernelProgram {
  readonly name: string;
  readonly section: string;
  readonly fd: number;
  /** The verifier's log; empty unless a log level was asked for. */
  readonly log: string;
  readonly #syscalls: Syscalls;
  #open = true;

  constructor(syscalls: Syscalls, fd: number, name: string, section: string, log: string) {
    this.#syscalls = syscalls;
    this.fd = fd;
    this.name = name;
    this.section = section;
    this.log = log;
  }

  /** Runs the program once on data of the caller's. Throws where the type has no test run or refuses the data. */
  testRun(options: TestRunOptions): TestRunResult {
    if (!this.#open) throw failure("kernel-test-run", { name: this.name, errno: errnoName(Errno.EBADF) });
    return testRun(this.#syscalls, this.fd, this.name, options);
  }

  /** Gives the descriptor back; the kernel keeps the program while it is attached. Further calls do nothing. */
  close(): void {
    if (this.#open) this.#syscalls.close(this.fd);
    this.#open = false;
  }
}

export class LoadedImage {
  /** In the order of `Image.maps`. */
  readonly maps: readonly KernelMap[];
  /** The array maps of the image's data segments, by segment name (`.rodata`). Empty segments have none. */
  readonly segments: ReadonlyMap<string, KernelMap>;
  /** Those asked for, in the order of `Image.programs`, and those they jump to through arrays. */
  readonly programs: readonly KernelProgram[];

  constructor(
    maps: readonly KernelMap[],
    segments: ReadonlyMap<string, KernelMap>,
    programs: readonly KernelProgram[],
  ) {
    this.maps = maps;
    this.segments = segments;
    this.programs = programs;
  }

  /** The map called `name`; throws `kernel-no-map`. */
  map(name: string): KernelMap {
    return find(this.maps, name) ?? missing("kernel-no-map", this.maps, name);
  }

  /** The program called `name`; throws `kernel-no-program`. */
  program(name: string): KernelProgram {
    return find(this.programs, name) ?? missing("kernel-no-program", this.programs, name);
  }

  /** Closes all programs and maps. What is attached or pinned stays in the kernel. */
  close(): void {
    for (const each of [...this.programs, ...this.segments.values(), ...this.maps]) each.close();
  }
}

interface Named {
  readonly name: string;
}

function find<Item extends Named>(items: readonly Item[], name: string): Item | undefined {
  return items.find((item) => item.name === name);
}

/** Throws the "no such name" error for `name` among `items`. */
export function missing(code: "kernel-no-map" | "kernel-no-program", items: readonly Named[], name: string): never {
  throw failure(
    code,
    nameFacts(
      name,
      items.map((item) => item.name),
    ),
  );
}
