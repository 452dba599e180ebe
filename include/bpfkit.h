/* SPDX-License-Identifier: MIT */
/*
 * Maps in C for any BPF compiler, with bpfkit's assembler behind it.
 *
 * A map is a variable with the mark __bpf_map. The compiler need not know what a map is: it prints plain references to the
 * variable, and the assembler makes map references of them. `bpfkit as --explicit-maps` shows where.
 *
 *     struct {
 *             __uint(type, BPF_MAP_TYPE_HASH);
 *             __type(key, unsigned int);
 *             __type(value, unsigned long long);
 *             __uint(max_entries, 256);
 *     } counters __bpf_map;
 *
 * Such a map is defined by its type, which compilers print with -g (clang) or -gbtf (GCC). With __bpf_map_def the definition is
 * in the variable's bytes, and no debug information is needed; bpfkit loads such maps, libbpf since 1.0 does not:
 *
 *     struct bpf_map_def counters __bpf_map_def = {
 *             .type = BPF_MAP_TYPE_HASH,
 *             .key_size = sizeof(unsigned int),
 *             .value_size = sizeof(unsigned long long),
 *             .max_entries = 256,
 *     };
 *
 * Include it behind libbpf's bpf_helpers.h where both are used.
 */
#ifndef BPFKIT_H
#define BPFKIT_H

/* A map whose variable's type says what it is. */
#define __bpf_map __attribute__((section(".maps"), used))

/* A map whose variable's value says what it is: a struct bpf_map_def. */
#define __bpf_map_def __attribute__((section("maps"), used))

struct bpf_map_def {
	unsigned int type;
	unsigned int key_size;
	unsigned int value_size;
	unsigned int max_entries;
	unsigned int map_flags;
};

/* Members of the types of maps, as in bpf_helpers.h. */
#ifndef __uint
#define __uint(name, val) int (*name)[val]
#endif
#ifndef __type
#define __type(name, val) __typeof__(val) *name
#endif

/* A program or its licence: what SEC() of bpf_helpers.h is. */
#ifndef SEC
#define SEC(name) __attribute__((section(name), used))
#endif

#endif
