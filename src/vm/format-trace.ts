/**
 * The text of bpf_trace_printk. Source of truth: `bpf_bprintf_prepare` of kernel/bpf/helpers.c (which conversions exist)
 * and vsnprintf of lib/vsprintf.c (what they print).
 *
 * Conversions: %d %i %u %x %X with l or ll, width and zero padding; %c %s %p %pI4 %%. Strings end at NUL or after 1024 bytes.
 */
import type { Machine } from "./machine.js";
import { BASE } from "./memory.js";

const STRING_LIMIT = 1024;

/** A character a byte: text passes through whatever its encoding, and lengths are those in bytes. */
function byteString(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** The NUL-terminated string at guest address `address`; what the kernel prints for one it cannot read. */
function guestString(m: Machine, address: bigint): string {
  const at = Number(address) - BASE;
  let size = 0;
  while (size < STRING_LIMIT && m.memory.reach(at, size + 1, false) && m.memory.bytes[at + size] !== 0) size++;
  return m.memory.reach(at, 1, false) ? byteString(m.memory.bytes.subarray(at, at + size)) : "(fault)";
}

/** The IPv4 address at guest address `address`. */
function addressV4(m: Machine, address: bigint): string {
  const at = Number(address) - BASE;
  return m.memory.reach(at, 4, false) ? m.memory.bytes.subarray(at, at + 4).join(".") : "(fault)";
}

function integer(value: bigint, conversion: string, bits: number): string {
  if (conversion === "d" || conversion === "i") return BigInt.asIntN(bits, value).toString();
  const unsigned = BigInt.asUintN(bits, value);
  if (conversion === "u") return unsigned.toString();
  const hex = unsigned.toString(16);
  return conversion === "X" ? hex.toUpperCase() : hex;
}

/** The format at buffer offset `at`, `size` bytes without its NUL, filled with `args`, a character a byte; undefined where it is malformed. */
export function formatTrace(m: Machine, at: number, size: number, args: readonly bigint[]): string | undefined {
  const format = byteString(m.memory.bytes.subarray(at, at + size));
  let next = 0;
  let malformed = false;
  const text = format.replace(
    /%(?:%|([-0]?)(\d*)(l{0,2}|h{0,2}|z?)(p\w*|[a-zA-Z]?)|$)/g,
    (
      all,
      flag: string | undefined,
      width: string | undefined,
      length: string | undefined,
      kind: string | undefined,
    ) => {
      if (all === "%%") return "%";
      const value = args[next++];
      if (value === undefined || kind === undefined || !/^([diuxXcsp]|pI4)$/.test(kind)) {
        malformed = true;
        return "";
      }
      let text: string;
      if (kind === "s") text = guestString(m, value);
      else if (kind === "pI4") text = addressV4(m, value);
      else if (kind === "c") text = String.fromCharCode(Number(value & 0xffn));
      else if (kind === "p") text = value.toString(16).padStart(16, "0");
      else text = integer(value, kind, length!.startsWith("l") || length === "z" ? 64 : 32);
      const columns = Math.min(Number(width), STRING_LIMIT);
      if (flag === "-") return text.padEnd(columns);
      if (flag !== "0") return text.padStart(columns);
      return text.startsWith("-") ? `-${text.slice(1).padStart(columns - 1, "0")}` : text.padStart(columns, "0");
    },
  );
  return malformed ? undefined : text;
}
