/**
 * Loading one program and reading the verifier's answer.
 *
 * Source: bpf(2), Documentation/bpf/verifier.rst. The first attempt asks for no log, which is much faster; a refused program
 * is sent again with one, in a buffer that grows until the kernel says that the log fits.
 */
import { BpfkitError, diagnostic, failure } from "../diag/index.js";
import { decodeUtf8 } from "../bytes/index.js";
import { attrField, bpfRequest, type AttrFields } from "./attr.js";
import type { PlacedFunction } from "./closure.js";
import { Errno, errnoName } from "./errno.js";
import { generalRefusal } from "./refusal.js";
import type { Syscalls } from "./syscalls.js";

/** The kernel rejected a program. The diagnostic's message has the gist, its note and `log` the verifier's whole log. */
export class VerifierError extends BpfkitError {
  readonly program: string;
  readonly log: string;

  constructor(program: string, section: string, summary: string, log: string) {
    const note = { message: `the verifier's log:\n${log}` };
    super([diagnostic("kernel-program-rejected", { name: program, section, summary }, undefined, [note])]);
    this.program = program;
    this.log = log;
  }
}

export interface LoadRequest {
  readonly name: string;
  readonly section: string;
  /** Fields of the attribute but for the log's. */
  readonly fields: AttrFields<"BPF_PROG_LOAD">;
  /** To name the function an instruction of the log is in. */
  readonly functions: readonly PlacedFunction[];
  /** Level of the log wanted for a program that is accepted; 0: none. */
  readonly logLevel: number;
}

export interface LoadAnswer {
  readonly fd: number;
  /** The verifier's log; empty unless it was asked for. */
  readonly log: string;
}

/** First size of the log buffer, and the largest that kernels take (`UINT_MAX >> 2`). */
const firstLog = 64 * 1024;
const largestLog = 0x3fff_ffff;
/** The verifier gives up with EAGAIN when a signal comes. */
const attempts = 5;

interface Attempt extends LoadAnswer {
  readonly truncated: boolean;
  /** Bytes the log needs; 0 where the kernel (before 6.4) does not say. */
  readonly needed: number;
}

function attempt(syscalls: Syscalls, request: LoadRequest, logLevel: number, logSize: number): Attempt {
  const buffer = new Uint8Array(logSize);
  // Kernels before 6.4 do not know log_true_size, and take the longer attribute because the field is zero.
  const log = { log_level: logLevel, log_size: logSize, log_buf: buffer, log_true_size: 0 };
  const fields = logSize === 0 ? request.fields : { ...request.fields, ...log };
  const sent = bpfRequest("BPF_PROG_LOAD", fields, syscalls.endian);
  let fd = syscalls.bpf(sent);
  for (let again = 1; fd === -Errno.EAGAIN && again < attempts; again++) fd = syscalls.bpf(sent);
  const end = buffer.indexOf(0);
  return {
    fd,
    log: decodeUtf8(end < 0 ? buffer : buffer.subarray(0, end)),
    truncated: logSize > 0 && fd === -Errno.ENOSPC,
    needed: logSize === 0 ? 0 : attrField("BPF_PROG_LOAD", "log_true_size", sent, syscalls.endian),
  };
}

function attemptWithLog(syscalls: Syscalls, request: LoadRequest, logLevel: number): Attempt {
  let size = firstLog;
  for (;;) {
    const answer = attempt(syscalls, request, logLevel, size);
    if (!answer.truncated || size === largestLog) return answer;
    size = Math.min(largestLog, Math.max(2 * size, answer.needed));
  }
}

/** Loads a program. Throws `VerifierError` with the log where the verifier says no. */
export function loadProgram(syscalls: Syscalls, request: LoadRequest): LoadAnswer {
  if (request.logLevel === 0) {
    const quick = attempt(syscalls, request, 0, 0);
    if (quick.fd >= 0) return quick;
  }
  const answer = attemptWithLog(syscalls, request, Math.max(1, request.logLevel));
  if (answer.fd >= 0) return request.logLevel === 0 ? { fd: answer.fd, log: "" } : answer;
  const { name, section } = request;
  if (answer.log.trim() !== "") throw new VerifierError(name, section, summarize(answer.log, request), answer.log);
  const errno = -answer.fd;
  throw (
    generalRefusal(errno, `load program ${name}`) ??
    failure("kernel-program-refused", { name, section, errno: errnoName(errno) })
  );
}

/** Lines that say nothing of the reason: statistics at the end of a log. */
const statistics = /^(processed \d+ insns|verification time|stack depth|mark_read|insns_processed|$)/;
/** An instruction as the log prints it: `12: (95) exit`. */
const instruction = /^(\d+): \([0-9a-f]{2}\) (.*?)(\s*;.*)?$/;

/** The last line that is not statistics, and the instruction it stands under. */
function summarize(log: string, { functions }: LoadRequest): string {
  const lines = log.split("\n").map((line) => line.trim());
  const last = lines.findLastIndex((line) => !statistics.test(line));
  if (last < 0) return lines[0]!;
  const reason = lines[last]!;
  const at = lines.findLastIndex((line, i) => i <= last && instruction.test(line));
  if (at < 0) return reason;
  const [, number, text] = instruction.exec(lines[at]!)!;
  const slot = Number(number);
  const home = functions.findLast((placed) => placed.start <= slot);
  const where = home === undefined ? `instruction ${slot}` : `${home.function.name}+${slot - home.start}`;
  return at === last ? `stopped at ${where}: ${text}` : `${reason} (at ${where}: ${text})`;
}
