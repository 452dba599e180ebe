/** Messages of the `btf` room. */

export const btfMessages = {
  "btf-magic": {
    severity: "error",
    message: "this is not BTF: it starts with {found}, not with the magic number 0xeb9f in either byte order",
    help: "a .BTF section or a file of /sys/kernel/btf is expected",
  },
  "btf-endian": {
    severity: "error",
    message: "the BTF is {found}-endian, but the file around it is {expected}-endian",
  },
  "btf-version": {
    severity: "error",
    message: "BTF version {version} is not supported, only version 1",
  },
  "btf-header": {
    severity: "error",
    message: "the BTF header does not fit its data: {problem}",
    help: "the blob is truncated or corrupt",
  },
  "btf-unknown-kind": {
    severity: "error",
    message: "type [{id}] has the unknown kind {kind}, and no layout section tells its size",
    help: "write the file with a layout section, or update bpfkit",
  },
  "btf-opaque-kind": {
    severity: "error",
    message: "type [{id}] has the unknown kind {kind}, whose references to types and strings cannot be told",
    help: "such BTF can be read and written back, but not merged, renumbered or reduced",
  },
  "btf-type-truncated": {
    severity: "error",
    message: "type [{id}] ({kind}) takes {needed} bytes, but only {available} are left in the type section",
  },
  "btf-type-id": {
    severity: "error",
    message: "{what} refers to type [{id}], but there are only {count} types",
  },
  "btf-string": {
    severity: "error",
    message: "{what} is at offset {offset} of the string section, which has {size} bytes",
  },
  "btf-loop": {
    severity: "error",
    message: "type [{id}] ({name}) refers to itself without a pointer or a struct between",
    help: "the BTF is corrupt: no C declaration gives such a type",
  },
  "btf-no-size": {
    severity: "error",
    message: "type [{id}] ({kind}) has no size",
  },
  "btf-wrong-kind": {
    severity: "error",
    message: "{what} is type [{id}] ({kind}), but {expected} is expected",
  },
  "btf-too-large": {
    severity: "error",
    message: "{what} is {value}, more than the {limit} BTF can hold",
  },
  "btf-nul": {
    severity: "error",
    message: "the string {text} has a NUL character inside, which ends a string of BTF",
  },
  "btf-overlap": {
    severity: "error",
    message:
      "the names of the types overlap: together they are more than {times} times the string section's {size} bytes",
    help: "the BTF is corrupt: producers store each name once",
  },
  "btf-map-member": {
    severity: "error",
    message: "the definition of map {map} has the unknown member {member}",
    help: "known members are {known}",
  },
  "btf-map-field": {
    severity: "error",
    message: "in the definition of map {map}, {member} {problem}",
    help: "define maps with __uint, __ulong, __type and __array of bpf_helpers.h",
  },
  "btf-map-overlap": {
    severity: "error",
    message: "the map at offset {offset} of .maps starts before the end of the one before it, {end}",
  },
  "btf-ext-record": {
    severity: "error",
    message: "the records of {what} have {size} bytes, but at least {least} are needed, in whole words",
  },
  "btf-core-kind": {
    severity: "error",
    message: "CO-RE relocations of kind {kind} are not known",
    help: "kinds 0 to 12 are: update bpfkit, or compile for an older kernel",
  },
  "btf-core-access": {
    severity: "error",
    message: "the CO-RE access string '{access}' {problem}",
    help: "the object's .BTF and .BTF.ext do not belong together, or one of them is corrupt",
  },
  "btf-core-anonymous": {
    severity: "error",
    message: "a CO-RE relocation starts from type [{id}], which has no name to look for on the target",
    help: "give the struct, union or enum a name",
  },
  "btf-core-ambiguous": {
    severity: "error",
    message:
      "the CO-RE relocation '{relo}' of {name} comes to different values on types [{first}] and [{second}] of the target",
    help: "the target has several types of that name: its BTF was merged without deduplication",
  },
  "btf-core-depth": {
    severity: "error",
    message: "type [{id}] is nested too deep to be compared with a type of the target",
  },
  "btf-depth": {
    severity: "error",
    message: "type [{id}] is nested more than {limit} deep",
    help: "the BTF is corrupt: programs nest types a dozen deep",
  },
  "btf-output": {
    severity: "error",
    message: "the types hold each other so that their text would be longer than {limit} characters",
    help: "the BTF is corrupt: types are written once each, and refer to others by name",
  },
  "btf-not-found": {
    severity: "error",
    message: "there is no type {name} in the BTF{suggestion}",
  },
  "btf-split": {
    severity: "error",
    message: "split BTF cannot be deduplicated here",
    help: "its base has the types already: load the two together",
  },
} as const;
