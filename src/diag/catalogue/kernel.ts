/** Messages of the `kernel` room, and of the port to the kernel in `node`. */

export const kernelMessages = {
  "kernel-not-linux": {
    severity: "error",
    message: "the kernel can be asked on Linux only, and this is {platform}",
    help: "run the program in the embedded VM instead (`bpfkit run`), which works everywhere",
  },
  "kernel-unknown-machine": {
    severity: "error",
    message: "the number of the bpf() system call on {machine} is not known here",
    help: "machines known: {known}",
  },
  "kernel-no-koffi": {
    severity: "error",
    message: "the package koffi, which calls the kernel, cannot be loaded: {reason}",
    help: "install it with `npm install koffi` (npm leaves it out under --omit=optional)",
  },
  "kernel-not-permitted": {
    severity: "error",
    message: "the kernel does not permit this process to {action} (EPERM)",
    help: "run as root or give the process CAP_BPF (and CAP_NET_ADMIN for networking, CAP_PERFMON for tracing); before Linux 5.11 also raise `ulimit -l`",
  },
  "kernel-no-bpf": {
    severity: "error",
    message: "this kernel has no bpf() system call (ENOSYS), so it cannot {action}",
    help: "a kernel built with CONFIG_BPF_SYSCALL is needed; sandboxes such as gVisor have none",
  },
  "kernel-no-memory": {
    severity: "error",
    message: "the kernel has no memory left to {action} (ENOMEM)",
    help: "make the maps smaller; the memory limit of the process's cgroup counts too",
  },
  "kernel-map-refused": {
    severity: "error",
    message:
      "the kernel refused to create map {name} (type {type}, key {keySize} bytes, value {valueSize} bytes, {maxEntries} entries, flags {flags}): {errno}",
    help: "check type, sizes and flags together: arrays need a 4-byte key, ring buffers no key and no value, LPM tries flag 1 (BPF_F_NO_PREALLOC)",
  },
  "kernel-map-pinning": {
    severity: "error",
    message: "map {name} asks to be pinned by name, which the loader does not support yet",
    help: "remove the pinning from the map's definition",
  },
  "kernel-map-access": {
    severity: "error",
    message: "cannot {action} map {name}: {errno}",
    help: "E2BIG: the key is beyond the array or the map is full; EEXIST and ENOENT: the update asked for a new or an existing key; EPERM: the map is frozen or read-only",
  },
  "kernel-map-length": {
    severity: "error",
    message: "the {what} given for map {name} has {actual} bytes, and the map needs {expected}",
    help: "values of per-CPU maps hold, for each possible CPU, the value rounded up to 8 bytes",
  },
  "kernel-map-changing": {
    severity: "error",
    message: "map {name} changes too fast to be listed: more than {limit} keys came",
    help: "list it while no program updates it",
  },
  "kernel-not-found": {
    severity: "error",
    message: "the kernel has no types for {what}: {reason}",
    help: "bpftool prog, map and btf list what is loaded; programs compiled without -g have no types",
  },
  "kernel-no-map": {
    severity: "error",
    message: "there is no map {name}{suggestion}",
    help: "the image has these maps: {known}",
  },
  "kernel-no-program": {
    severity: "error",
    message: "there is no program {name}{suggestion}",
    help: "the image has these programs: {known}",
  },
  "kernel-endian": {
    severity: "error",
    message: "the image is {image}-endian and this machine's kernel is {host}-endian",
    help: "assemble or compile it again for {host}-endian BPF",
  },
  "kernel-program-type": {
    severity: "error",
    message: "the section name {section} of program {name} does not tell the program's type",
    help: "name the section after its type (xdp, tc, kprobe/…) or say the type when loading",
  },
  "kernel-needs-btf": {
    severity: "error",
    message:
      "program {name} (section {section}) attaches to a kernel type or function found in BTF, which the loader does not support yet",
    help: "use a program type that needs no BTF id, such as kprobe or raw_tp",
  },
  "kernel-core": {
    severity: "error",
    message: "function {name} has CO-RE records, which the kernel applies only where it takes the program's types",
    help: "compile with -g, or write all functions with .func and a prototype; the verifier of old kernels takes none",
  },
  "kernel-symbol": {
    severity: "error",
    message: "function {name} takes the address of the kernel's {symbol}, which the kernel's BTF does not know",
    help: "the kernel is another one, or a module has it; declare it weak, and ask whether its address is 0",
  },
  "kernel-kfunc": {
    severity: "error",
    message: "function {name} calls the kernel function {kfunc}, which the kernel's BTF does not know",
    help: "the kernel is another one, or a module has it; call a helper, or define {kfunc} in an object that is linked in",
  },
  "kernel-unknown-helper": {
    severity: "error",
    message: "function {name} calls {helper}, which is no helper known here",
    help: "helpers are spelled as in linux/bpf.h, for example bpf_map_lookup_elem",
  },
  "kernel-patch": {
    severity: "error",
    message: "at slot {slot} of function {name}, {what}",
    help: "the kernel takes addresses of maps, data and functions in 64-bit loads only (`r1 = symbol ll`)",
  },
  "kernel-data-address": {
    severity: "error",
    message: "{segment} holds the address of a {kind} at offset {offset}, which the kernel cannot fill in",
    help: "load the address in code where it is needed: data of kernel programs holds no pointers",
  },
  "kernel-jump-table": {
    severity: "error",
    message: "{where} holds the address of an instruction, for a jump to a register",
    help: "no kernel up to 6.18 has such jumps: compile with -fno-jump-tables or -mcpu=v3",
  },
  "kernel-image": {
    severity: "error",
    message: "the image is broken: {what}",
    help: "link it again; an image made by bpfkit's linker never looks like this",
  },
  "kernel-program-rejected": {
    severity: "error",
    message: "the kernel rejected program {name} (section {section}): {summary}",
    help: "the verifier's whole log follows; its last lines tell what it could not prove",
  },
  "kernel-program-refused": {
    severity: "error",
    message: "the kernel refused program {name} (section {section}) without a word: {errno}",
    help: "check the program's type, attach type and size: the verifier has not seen it",
  },
  "kernel-btf-refused": {
    severity: "error",
    message: "the kernel refused the BTF that describes the functions of program {name}: {errno}",
    help: "functions passed by address (callbacks) need BTF, and a kernel of 5.13 or later",
  },
  "kernel-test-run": {
    severity: "error",
    message: "the kernel cannot test-run program {name}: {errno}",
    help: "EINVAL: the packet or context does not suit the type (frames need at least 14 bytes); ENOTSUPP: the type has no test run",
  },
  "kernel-test-run-room": {
    severity: "error",
    message: "program {name} put out {needed} bytes of data, and there was room for {room}",
    help: "ask for more room (`dataOutSize`); the program has run",
  },
} as const;
