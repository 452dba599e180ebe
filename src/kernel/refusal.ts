/** What the kernel's refusals mean, whatever was asked: no permission, no bpf(), no memory. */
import { failure, nearest, type BpfkitError } from "../diag/index.js";
import { Errno } from "./errno.js";

/** The error for refusals that do not depend on the request; undefined for the others. `action` reads after "to". */
export function generalRefusal(errno: number, action: string): BpfkitError | undefined {
  if (errno === Errno.EPERM) return failure("kernel-not-permitted", { action });
  if (errno === Errno.ENOSYS) return failure("kernel-no-bpf", { action });
  if (errno === Errno.ENOMEM) return failure("kernel-no-memory", { action });
  return undefined;
}

/** ", did you mean X?" or nothing; and the names there are. */
export function nameFacts(name: string, names: readonly string[]): { name: string; suggestion: string; known: string } {
  const close = nearest(name, names);
  return {
    name,
    suggestion: close === undefined ? "" : `; did you mean ${close}?`,
    known: names.length === 0 ? "none" : names.join(", "),
  };
}
