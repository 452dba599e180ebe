/**
 * What versions of libbpf do otherwise: only the deduplication of types and the header of .BTF ever changed.
 *
 * Source of truth: the releases of libbpf; what they write is what the tests compare with.
 */
import type { LinkOptions } from "../types.js";

export interface LibbpfRules {
  /** A forward declaration that no struct refers to becomes the only struct or union of its name. */
  readonly forwards: boolean;
  /** An enum that is only declared fits one of another size. */
  readonly enumSizes: boolean;
  /**
   * When a compiler repeated a type, how far the copies are looked at: members of the same type, or structs and arrays in
   * members, too, or all that they refer to.
   */
  readonly identical: "flat" | "nested" | "deep";
  /** Pointers to the same type are such copies, too. */
  readonly pointers: boolean;
  /** Typedefs are compared with all that is behind them, as structs are. */
  readonly typedefs: boolean;
  /** The header of .BTF has the fields of a layout section, though there is none. */
  readonly wideHeader: boolean;
}

const from10: LibbpfRules = {
  forwards: false,
  enumSizes: false,
  identical: "flat",
  pointers: false,
  typedefs: false,
  wideHeader: false,
};
const from11: LibbpfRules = { ...from10, forwards: true, enumSizes: true, identical: "nested" };
const from16: LibbpfRules = { ...from11, identical: "deep" };
const from17: LibbpfRules = { ...from16, typedefs: true };
const from18: LibbpfRules = { ...from17, wideHeader: true };

/** By the name of the option: that version and those after it, up to the next one here. */
export const libbpfVersions: Readonly<Record<NonNullable<LinkOptions["compat"]>, LibbpfRules>> = {
  // Linux 6.1 has libbpf 1.0 and some of what came later; its bpftool 7.1 says that it is 1.1.
  libbpf: { ...from10, identical: "nested", pointers: true },
  "libbpf-1.0": from10,
  "libbpf-1.1": from11,
  "libbpf-1.6": from16,
  "libbpf-1.7": from17,
  "libbpf-1.8": from18,
};
