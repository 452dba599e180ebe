/** Names that people expect a C library to have. BPF programs have none, so a link that lacks one deserves plain words. */

const strings =
  "strlen strnlen strcpy strncpy strcat strncat strcmp strncmp strchr strrchr strstr strdup strtok strtol";
const memory = "memcpy memmove memset memcmp memchr bcmp bzero malloc calloc realloc free alloca";
const output =
  "printf fprintf sprintf snprintf vprintf vsnprintf puts putchar fputs perror fopen fclose read write open close";
const other =
  "abort exit assert __assert_fail qsort bsearch rand srand random time sleep usleep nanosleep getpid atoi atol abs";
const runtime =
  "__stack_chk_fail __stack_chk_guard __bpf_trap __udivdi3 __divdi3 __umoddi3 __moddi3 __multi3 __muldi3 __ashldi3";

const built: ReadonlySet<string> = new Set(["memcpy", "memmove", "memset", "memcmp", "bcmp", "bzero"]);
const runtimeNames: ReadonlySet<string> = new Set(runtime.split(" "));
const names: ReadonlySet<string> = new Set([strings, memory, output, other].join(" ").split(" "));

/** Advice about an undefined name of a C library or of a compiler's runtime; undefined for all other names. */
export function libraryAdvice(name: string): string | undefined {
  if (runtimeNames.has(name))
    return `${name} is a function of the compiler's runtime, which BPF has not: avoid what needs it`;
  if (!names.has(name)) return undefined;
  if (built.has(name))
    return `${name} is a libc function: BPF has none; __builtin_${name} with a small constant size is inlined`;
  if (name.endsWith("printf") || name === "puts") return `${name} is a libc function: BPF has none; use bpf_printk`;
  return `${name} is a libc function: BPF has none; write it, or link an object that has it`;
}
