/**
 * C files of one made-up project, for links of any choice of them: types that some files know in full and others by name,
 * functions, variables and maps that one file defines and others declare, weak and strong, static ones of equal names, what
 * the kernel provides, and CO-RE accesses.
 */
import type { Random } from "../support/random.js";

const prelude = `
#define SEC(name) __attribute__((section(name), used))
#define NOINLINE __attribute__((noinline))
#define WEAK __attribute__((weak))
#define HIDDEN __attribute__((visibility("hidden")))
#define KSYM __attribute__((section(".ksyms")))
#define KCONFIG __attribute__((section(".kconfig")))
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define CORE __attribute__((preserve_access_index))
typedef unsigned int u32;
typedef unsigned long long u64;
static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_trace_printk)(const char *fmt, u32 size, ...) = (void *)6;
`;

export interface Project {
  /** The text of file `number`. */
  source(number: number): string;
}

interface Plan {
  readonly files: number;
  /** By name's number, the file that defines it. */
  readonly funcs: readonly number[];
  readonly vars: readonly number[];
  readonly maps: readonly number[];
}

const names = [0, 1, 2, 3, 4, 5];
const structs = ["alpha", "beta", "gamma", "delta", "eps"] as const;
const sections = ["xdp", "tc", "kprobe/f", "socket", "?raw_tp"] as const;

/** Definitions of the shared types: the same in all files, but that a file may know only the name, or another layout. */
function types(random: Random): string {
  const known = structs.map(() => random.chance(2, 3));
  // Few files have a struct of the same name that differs: then two stay.
  const odd = random.chance(1, 6) ? random.below(structs.length) : -1;
  const lines = structs.map((name) => `struct ${name};`);
  const refer = (name: string): string => `struct ${name} *`;
  const member = (i: number): string =>
    [
      `${refer(structs[(i + 1) % 5]!)}next; ${refer(structs[(i + 3) % 5]!)}other; int a[4];`,
      `int (*call)(${refer(structs[(i + 2) % 5]!)}arg, u64 n); union { u32 x; char y[4]; } u;`,
      `u32 low: 3; u32 high: 29; enum color c; ${refer(structs[i]!)}self; const volatile char *s;`,
      `struct { int p; ${refer(structs[(i + 4) % 5]!)}q; } in; double_t d; void *restrict_ptr;`,
      `color_t c[2][3]; ${refer(structs[(i + 1) % 5]!)}list[8]; big_t big; union only *only;`,
    ][i]!;
  lines.push(random.chance(3, 4) ? "enum color { RED, GREEN = 7, BLUE = -3 };" : "enum color { RED, GREEN = 8 };");
  lines.push(
    "typedef enum color color_t; typedef enum { BIG = 0x1234567890LL, SMALL = 1 } big_t; typedef long double_t;",
  );
  lines.push(random.chance(1, 2) ? "union only { int a; long b; };" : "union only;");
  structs.forEach((name, i) => {
    if (known[i]) lines.push(`struct ${name} { ${i === odd ? "char odd; " : ""}${member(i)} };`);
  });
  for (const name of ["one_t", "two_t"])
    if (random.chance(1, 2)) lines.push(`typedef struct ${random.pick(structs)} ${name};`);
  lines.push(`struct task { int pid; int tgid; ${random.chance(1, 2) ? "struct task *parent; " : ""}} CORE;`);
  return lines.join("\n");
}

function map(number: number, head: string): string {
  const value = ["u64", "struct pair", "u32", "int"][number % 4]!;
  const inner = `__array(values, struct { __uint(type, 1); __uint(max_entries, 1); __type(key, int); __type(value, int); });`;
  const plain = `__uint(type, ${1 + (number % 2)}); __type(key, u32); __type(value, ${value});`;
  const fields = `__uint(max_entries, ${number + 4}); ${number % 3 === 2 ? `__uint(type, 12); __type(key, u32); ${inner}` : plain}`;
  return `${head} struct { ${fields} } m${number} SEC(".maps");`;
}

class File {
  readonly #random: Random;
  readonly #plan: Plan;
  readonly #number: number;
  readonly #lines: string[];

  constructor(random: Random, plan: Plan, number: number) {
    this.#random = random;
    this.#plan = plan;
    this.#number = number;
    this.#lines = [prelude, types(random), "struct pair { int x; u64 y; };"];
  }

  text(): string {
    const random = this.#random;
    const uses: string[] = [];
    for (const name of names) {
      this.#variable(name, uses);
      this.#function(name, uses);
      if (name < 4) this.#map(name, uses);
    }
    this.#kernel(uses);
    this.#statics(uses);
    const tag = `f${this.#number}`;
    if (random.chance(1, 2)) {
      const name = random.pick(structs);
      this.#lines.push(`struct ${name} *ptr_${tag}${random.chance(1, 2) ? "" : ' SEC(".data.ptrs")'} = 0;`);
    }
    const programs = random.between(0, 2);
    for (let i = 0; i < programs; i++) {
      const some = uses.filter(() => random.chance(1, 2)).join(" ");
      const section = random.pick(sections);
      this.#lines.push(`SEC("${section}") int prog_${tag}_${i}(struct task *ctx) { u64 r = 0; ${some} return r; }`);
    }
    this.#lines.push(
      `NOINLINE u64 all_${tag}(u64 n${random.chance(1, 2) ? `, struct ${random.pick(structs)} *p` : ""}) {`,
    );
    this.#lines.push(`  u64 r = n; ${uses.filter(() => random.chance(2, 3)).join("\n  ")}\n  return r; }`);
    if (random.chance(2, 3)) this.#lines.push('char _license[] SEC("license") = "GPL";');
    if (random.chance(1, 8)) this.#lines.push('u32 _version SEC("version") = 7;');
    return `${this.#lines.join("\n")}\n`;
  }

  #variable(name: number, uses: string[]): void {
    const random = this.#random;
    const isOwner = this.#plan.vars[name] === this.#number;
    const type = ["int", "u64", "const volatile int", "color_t", "struct pair", "char"][name]!;
    const array = name === 5 ? "[24]" : "";
    const read = name === 4 ? `v${name}.x` : name === 5 ? `v${name}[r & 7]` : `v${name}`;
    const value = name === 4 ? "{1, 2}" : name === 5 ? '"text"' : `${name * 3 + 1}`;
    if (isOwner) {
      const where = name === 0 ? ' SEC(".data.own")' : "";
      const given = name === 1 ? "" : ` = ${value}`;
      this.#lines.push(`${random.chance(1, 5) ? "WEAK " : ""}${type} v${name}${array}${where}${given};`);
    } else if (random.chance(1, 8))
      this.#lines.push(
        `WEAK ${type} v${name}${array}${name === 0 ? ' SEC(".data.own")' : ""}${name === 1 ? "" : ` = ${value}`};`,
      );
    else if (random.chance(1, 2)) {
      this.#lines.push(
        `extern ${type} v${name}${array}${random.chance(1, 4) ? " WEAK" : ""}${random.chance(1, 6) ? " HIDDEN" : ""};`,
      );
    } else return;
    uses.push(`r += ${read};`);
  }

  #function(name: number, uses: string[]): void {
    const random = this.#random;
    const isOwner = this.#plan.funcs[name] === this.#number;
    const struct = structs[name % 5]!;
    const types = [
      "u64 n",
      `struct ${struct} *p, int k`,
      "void *p",
      "color_t c",
      "int a, u64 b, char c",
      "struct pair *p",
    ][name]!;
    const bare = ["u64", `struct ${struct} *, int`, "void *", "color_t", "int, u64, char", "struct pair *"][name]!;
    const args = ["r", "0, 1", "0", "GREEN", "1, r, 3", "0"][name]!;
    const body = `{ asm volatile(""); return ${name + 40 + this.#number}; }`;
    if (isOwner) this.#lines.push(`${random.chance(1, 5) ? "WEAK " : ""}NOINLINE u64 fn${name}(${types}) ${body}`);
    else if (random.chance(1, 8)) this.#lines.push(`WEAK NOINLINE u64 fn${name}(${types}) ${body}`);
    else if (random.chance(1, 2)) {
      this.#lines.push(
        `extern u64 fn${name}(${random.chance(1, 3) ? types : bare})${random.chance(1, 5) ? " WEAK" : ""}${random.chance(1, 6) ? " HIDDEN" : ""};`,
      );
    } else return;
    uses.push(`r += fn${name}(${args});`);
  }

  #map(name: number, uses: string[]): void {
    const isOwner = this.#plan.maps[name] === this.#number;
    if (isOwner) this.#lines.push(map(name, ""));
    else if (this.#random.chance(1, 3)) this.#lines.push(map(name, "extern"));
    else return;
    uses.push(`{ u32 k = ${name}; r += (u64)bpf_map_lookup_elem(&m${name}, &k); }`);
  }

  #kernel(uses: string[]): void {
    const random = this.#random;
    const take = (declared: string, use: string): void => {
      if (!random.chance(1, 4)) return;
      this.#lines.push(declared);
      uses.push(use);
    };
    take("extern int LINUX_KERNEL_VERSION KCONFIG;", "r += LINUX_KERNEL_VERSION;");
    take("extern u64 CONFIG_HZ KCONFIG WEAK;", "r += CONFIG_HZ;");
    take("extern const void bpf_prog_active KSYM;", "r += (u64)&bpf_prog_active;");
    take("extern const int runqueues KSYM WEAK;", "r += (u64)&runqueues;");
    take("extern struct task *bpf_task_from_pid(int pid) KSYM;", "r += (u64)bpf_task_from_pid(2);");
    take("struct task *core(void); extern void bpf_task_release(struct task *p) WEAK KSYM;", "bpf_task_release(0);");
  }

  #statics(uses: string[]): void {
    const random = this.#random;
    const take = (text: string, use: string): void => {
      if (!random.chance(1, 3)) return;
      this.#lines.push(text);
      uses.push(use);
    };
    const noinline = "static NOINLINE u64";
    take(`${noinline} helper(u64 x) { asm volatile(""); return x * ${this.#number + 3}; }`, "r += helper(r);");
    take(
      `${noinline} second(struct task *t) { asm volatile(""); return t->pid + __builtin_preserve_field_info(t->tgid, 2); }`,
      "r += second((void *)r);",
    );
    take("static volatile int counter; static volatile u64 start = 5;", "r += counter + start;");
    take("static const volatile char table[9] = {1, 2, 3};", "r += table[r & 7];");
    take(
      `static int local(int x) { const char fmt[] = "x %d"; bpf_trace_printk(fmt, sizeof(fmt), x); return x; }`,
      "r += local(r);",
    );
    take(
      `static struct { __uint(type, 2); __type(key, u32); __type(value, u64); __uint(max_entries, 1); } inner SEC(".maps");`,
      "{ u32 k = 0; r += (u64)bpf_map_lookup_elem(&inner, &k); }",
    );
    take(
      'struct tagged { int __attribute__((btf_decl_tag("m"))) a; } __attribute__((btf_decl_tag("s")));',
      '{ struct tagged t = {1}; asm volatile("" :: "r"(&t)); r += t.a; }',
    );
    take(
      'struct user { int __attribute__((btf_type_tag("user"))) *p; }; static struct user users[3];',
      "r += (u64)users[r & 1].p;",
    );
    take(
      "enum state { ON = 1, OFF } ; enum state now = ON;".replace("now", `now_${this.#number}`),
      `r += now_${this.#number} + __builtin_preserve_enum_value(*(enum state *)OFF, 0);`,
    );
    take("", "r += __builtin_preserve_type_info(*(struct task *)0, 1) + __builtin_btf_type_id(*(struct pair *)0, 0);");
    take(
      `NOINLINE int *address_${this.#number}(int i) { static int slots[4]; return &slots[i & 3]; }`,
      `r += *address_${this.#number}(r);`,
    );
    take(
      `static NOINLINE int cb(void *m, u32 *k) { return *k; } void *hold_${this.#number}(void) { return cb; }`,
      `r += (u64)hold_${this.#number}();`,
    );
    take(
      `float_t_${this.#number} *fl_${this.#number};`.replace(/^/, `typedef float float_t_${this.#number}; `),
      `r += (u64)fl_${this.#number};`,
    );
  }
}

/** A project of `files` files. */
export function project(random: Random, files: number): Project {
  const owners = (): number[] => names.map(() => random.below(files));
  const plan: Plan = { files, funcs: owners(), vars: owners(), maps: owners() };
  return { source: (number) => new File(random, plan, number).text() };
}
