/** Messages of the `vm` room. */

export const vmMessages = {
  "vm-unknown-instruction": {
    severity: "error",
    message: "slot {slot} of {function} is not an instruction: {bytes}",
    help: "opcode, registers, or a field that must be zero is wrong",
  },
  "vm-truncated-wide": {
    severity: "error",
    message: "the two-slot instruction at slot {slot} of {function} has no second slot",
    help: "the code is cut off or its second slot was overwritten",
  },
  "vm-code-size": {
    severity: "error",
    message: "function {function} covers slots {start} to {end}, but the code has {slots}",
    help: "the image's function table does not belong to its code",
  },
  "vm-code-bytes": {
    severity: "error",
    message: "the code has {size} bytes, which is no multiple of 8",
    help: "the code is cut off",
  },
  "vm-option": {
    severity: "error",
    message: "VM option {name} is {value}, not a whole number from {least} to {most}",
    help: "give a number in that range",
  },
  "vm-busy": {
    severity: "error",
    message: "a program of this VM is running",
    help: "a host helper cannot start a run of its own VM; make a second VM",
  },
  "vm-jump-target": {
    severity: "error",
    message: "slot {slot} of {function} goes to slot {target}, which is no instruction of that function",
    help: "a jump must stay in its function and must not hit the second half of a wide instruction",
  },
  "vm-call-target": {
    severity: "error",
    message: "slot {slot} of {function} refers to slot {target}, where no function starts",
    help: "link the file that defines the function",
  },
  "vm-no-exit": {
    severity: "error",
    message: "function {function} can run past its end (slot {slot})",
    help: "end the function with exit or an unconditional jump",
  },
  "vm-patch": {
    severity: "error",
    message: "patch {number} ({kind}) cannot be applied: {reason}",
    help: "the image's patch table does not belong to it",
  },
  "vm-kernel-name": {
    severity: "error",
    message: "the address of {name} is asked for, which the kernel has and the VM has not",
    help: "declare it weak, and ask whether its address is 0",
  },
  "vm-unknown-name": {
    severity: "error",
    message: "no helper is called {name}",
    help: "name a kernel helper or give the VM a helper of that name",
  },
  "vm-too-large": {
    severity: "error",
    message: "{what} needs {size} bytes of guest memory, {limit} are left",
    help: "make the maps smaller: the VM allocates maps in full",
  },
  "vm-map-definition": {
    severity: "error",
    message: "map {name}: {reason}",
    help: "the kernel would refuse to create the map with EINVAL",
  },
  "vm-no-program": {
    severity: "error",
    message: "there is no program {name}",
    help: "programs here: {known}",
  },
  "vm-no-map": {
    severity: "error",
    message: "there is no map {name}",
    help: "maps here: {known}",
  },
  "vm-map-kind": {
    severity: "error",
    message: "map {name} is of type {type}, which {what}",
    help: "the VM has array, hash, per-CPU array, per-CPU hash and program array maps",
  },
  "vm-bytes": {
    severity: "error",
    message: "{what} of map {name} has {size} bytes, not {expected}",
    help: "give exactly the bytes the map's definition asks for",
  },
  "vm-access": {
    severity: "error",
    message: "slot {slot} of {function}: {access} of {size} bytes at {address}: {reason}",
    help: "compare the pointer with its limits before the access",
  },
  "vm-budget": {
    severity: "error",
    message: "slot {slot} of {function}: the budget of {budget} instructions is used up",
    help: "the program loops for too long; give the VM a larger budget if that is intended",
  },
  "vm-frames": {
    severity: "error",
    message: "slot {slot} of {function}: more than {limit} functions are active",
    help: "the kernel allows {limit} frames; make the calls less deep",
  },
  "vm-helper": {
    severity: "error",
    message: "slot {slot} of {function}: helper {name} is not supported by the VM",
    help: "give the VM a helper of that number, or run the program in the kernel",
  },
  "vm-helper-argument": {
    severity: "error",
    message: "slot {slot} of {function}: helper {name}: {reason}",
    help: "the kernel's verifier refuses such a call",
  },
  "vm-kfunc": {
    severity: "error",
    message: "slot {slot} of {function}: kernel function {name} is not supported by the VM",
    help: "run the program in the kernel",
  },
  "vm-indirect": {
    severity: "error",
    message: "slot {slot} of {function}: {what} to {address}, which is no {wanted}",
    help: "an indirect target must come from the address of a function or of an instruction",
  },
  "vm-unresolved": {
    severity: "error",
    message: "slot {slot} of {function}: the constant of this instruction was never resolved",
    help: "link the object: its map or symbol reference has no entry in the image's patch table",
  },
  "pcap-magic": {
    severity: "error",
    message: "the file begins with {what}, not with the magic number of a pcap file",
    help: "write classic pcap, for example: tshark -F pcap -w out.pcap -r in",
  },
  "pcap-version": {
    severity: "error",
    message: "the pcap file is of version {version}, not 2.4",
    help: "rewrite it, for example: tshark -F pcap -w out.pcap -r in",
  },
  "pcap-time": {
    severity: "error",
    message: "packet {packet} has {nanoseconds} nanoseconds in its second",
    help: "the packet's header is damaged or the one before it has a wrong length",
  },
  "pcap-number": {
    severity: "error",
    message: "{what} is {value}, which does not fit a pcap file (0 to {limit})",
    help: "give a whole number in that range",
  },
} as const;
