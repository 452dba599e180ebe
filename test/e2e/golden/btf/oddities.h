#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

typedef unsigned long long usize;

#if __STDC_VERSION__ < 202311L
typedef _Bool bool;
#endif

struct foreign {
	usize len;
	bool ok;
};

struct option_u32_ {
	unsigned int _0;
	unsigned int register_;
};

struct packed_one {
	unsigned char a;
	unsigned int b;
} __attribute__((packed));

struct packed_size {
	unsigned long a;
	unsigned char b;
} __attribute__((packed));

struct padded {
	unsigned char a;
	long: 56;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	unsigned long b;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
	long: 64;
};

struct roomy {
	unsigned char a;
	char __room1[16375];
	unsigned long b;
};

struct bits {
	unsigned int a: 3;
	long: 2;
	unsigned int b: 7;
	unsigned int c: 31;
	unsigned char d;
	int e: 20;
	long: 36;
};

struct straddling {
	unsigned int a: 30;
	unsigned int b: 10;
} __attribute__((packed));

union wide_union {
	unsigned int a;
} __attribute__((aligned(64)));

union tight_union {
	unsigned int a;
	unsigned char b[5];
} __attribute__((packed));

struct overlapping {
	/* its members are not where C would put any: not shown */
	unsigned char __opaque[8];
};

struct empty {};

struct nested {
	union {
		unsigned long whole;
		struct {
			unsigned int x;
			unsigned int y;
		};
	};
	struct {
		unsigned int x;
		unsigned int y;
	} array[2];
};

struct twice {
	unsigned int a;
};

struct twice___2 {
	unsigned long a;
};

union twice___3 {
	unsigned long a;
};

typedef unsigned long twice;

typedef unsigned int twice___2;

struct list;

typedef struct list list_t;

struct list {
	list_t *next;
};

struct holder;

struct held {
	struct holder *holder;
};

struct holder {
	struct held held;
	struct holder *self;
};

struct declarators {
	void (*calls[4])(const char *format, ...);
	void (*(*(*const nothing)(void))[4])(const char *format, ...);
	__attribute__((btf_type_tag("user"))) unsigned char *tagged;
};

typedef void function(const char *format, ...);

enum colour {
	RED = 0,
	GREEN = -1,
};

enum tiny {
	SMALL = 255,
} __attribute__((mode(byte)));

enum {
	RED___2 = 4294967295,
};

enum huge {
	LEAST = (-9223372036854775807LL - 1),
};

enum long_one {
	ONE = 1ULL,
} __attribute__((mode(DI)));

enum later;

union elsewhere;

#ifndef BPF_NO_KFUNC_PROTOTYPES
#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#ifndef __bpf_fastcall
#if __has_attribute(bpf_fastcall)
#define __bpf_fastcall __attribute__((bpf_fastcall))
#else
#define __bpf_fastcall
#endif
#endif

extern __bpf_fastcall void (*(*bpf_do_it(void))[4])(const char *format, ...) __weak __ksym;
#endif

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
