/** Random C declarations that clang accepts: structs, unions, enumerations, typedefs, arrays, pointers, bitfields, attributes. */
import type { Random } from "./random.js";

const scalars = [
  ..."char,signed char,unsigned char,short,unsigned short int,int,unsigned,long,unsigned long,long long".split(","),
  ..."unsigned long long,_Bool,__int128,unsigned __int128,float,double,long double,long int unsigned".split(","),
];
const bits: Readonly<Record<string, number>> = {
  char: 8,
  "unsigned char": 8,
  short: 16,
  "unsigned short int": 16,
  int: 32,
  unsigned: 32,
  long: 64,
  "unsigned long long": 64,
  _Bool: 1,
};

export class CDeclarations {
  readonly #random: Random;
  /** Declared names that can be used as types of members. */
  readonly #types: string[] = [];
  readonly #enums: string[] = [];
  /** Names of variables, one of each type. */
  readonly variables: string[] = [];
  #count = 0;
  readonly #lines: string[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** `count` declarations, each with a variable. */
  text(count: number): string {
    const makers = [
      () => this.#record(),
      () => this.#record(),
      () => this.#enum(),
      () => this.#typedef(),
      () => this.#variable(),
    ];
    for (let i = 0; i < count; i++) this.#random.pick(makers)();
    return this.#lines.join("\n");
  }

  #name(prefix: string): string {
    return `${prefix}${this.#count++}`;
  }

  #declare(type: string): void {
    const name = this.#name("v");
    this.#lines.push(`${type} ${name};`);
    this.variables.push(name);
  }

  #type(): string {
    const random = this.#random;
    const base = this.#types.length > 0 && random.chance(1, 2) ? random.pick(this.#types) : random.pick(scalars);
    if (!random.chance(1, 5)) return base;
    return `${random.pick(["const", "volatile", "const volatile", "volatile const"])} ${base}`;
  }

  /** A declarator around `name`; no function returns a typedef, which may be an array. */
  #around(name: string, type = ""): string {
    const random = this.#random;
    const choice = random.below(12);
    if ((choice === 4 || choice === 5) && /\bt\d+$/.test(type)) return name;
    switch (choice) {
      case 0:
        return `*${name}`;
      case 1:
        return `${name}[${random.between(1, 5)}]`;
      case 2:
        return `${name}[${random.between(1, 3)}][2 * ${random.between(1, 3)} - 1]`;
      case 3:
        return `*const ${name}`;
      case 4:
        return `(*${name})(${this.#params()})`;
      case 5:
        return `(*${name}[3])(${this.#params()})`;
      case 6:
        return `*(*${name})[${random.between(1, 9)}]`;
      case 7:
        return `**${random.pick(["", "volatile ", "restrict "])}${name}`;
      default:
        return name;
    }
  }

  #params(): string {
    const random = this.#random;
    const params: string[] = [];
    for (let i = random.below(4); i > 0; i--) {
      const type = this.#type();
      const around = random.pick(["", "*", `a${i}`, `*a${i}`, `a${i}[4]`, `(*a${i})(int)`]);
      params.push(`${type} ${/\bt\d+$/.test(type) ? `*a${i}` : around}`);
    }
    if (params.length === 0) return random.pick(["void", ""]);
    return params.join(", ") + (random.chance(1, 6) ? ", ..." : "");
  }

  #attributes(): string {
    const random = this.#random;
    if (!random.chance(1, 6)) return "";
    const one = [
      "packed",
      `aligned(${2 ** random.below(6)})`,
      "aligned",
      "preserve_access_index",
      "packed, aligned(4)",
    ];
    return ` __attribute__((${random.pick(one)}))`;
  }

  #fieldAttributes(): string {
    const random = this.#random;
    if (!random.chance(1, 8)) return "";
    return ` __attribute__((${random.pick(["packed", `aligned(${2 ** random.below(6)})`])}))`;
  }

  #bitfield(): string {
    const random = this.#random;
    const named = this.#enums.length > 0 && random.chance(1, 6);
    const type = named ? random.pick(this.#enums) : random.pick(Object.keys(bits));
    const width = named ? 32 : bits[type]!;
    if (random.chance(1, 8)) return `${type} : ${random.between(0, width)};`;
    return `${type} ${this.#name("b")} : ${random.between(1, width)}${this.#fieldAttributes()};`;
  }

  #body(depth: number): string {
    const random = this.#random;
    const members: string[] = [];
    for (let i = random.between(1, 7); i > 0; i--) {
      if (random.chance(1, 3)) members.push(this.#bitfield());
      else if (depth < 3 && random.chance(1, 7)) {
        const kind = random.pick(["struct", "union"]);
        const name = random.chance(1, 2) ? ` ${this.#around(this.#name("m"))}` : "";
        members.push(`${kind}${this.#attributes()} { ${this.#body(depth + 1)} }${name};`);
      } else if (random.chance(1, 9)) members.push(`${this.#type()} ${this.#name("m")}, *${this.#name("m")};`);
      else members.push(`${this.#member()}${this.#fieldAttributes()};`);
    }
    return members.join(" ");
  }

  #member(): string {
    const type = this.#type();
    return `${type} ${this.#around(this.#name("m"), type)}`;
  }

  #record(): void {
    const random = this.#random;
    const kind = random.pick(["struct", "struct", "struct", "union"]);
    const name = this.#name("s");
    const self = random.chance(1, 4) ? `${kind} ${name} *self; ` : "";
    const forward = random.chance(1, 6) ? `struct ${this.#name("f")} *fwd; ` : "";
    const flexible = kind === "struct" && random.chance(1, 8) ? " int tail[];" : "";
    const before = this.#attributes();
    const after = before === "" ? this.#attributes() : "";
    this.#lines.push(`${kind}${before} ${name} { ${self}${forward}${this.#body(0)}${flexible} }${after};`);
    if (flexible === "") this.#types.push(`${kind} ${name}`);
    this.#declare(`${kind} ${name}`);
  }

  #enum(): void {
    const random = this.#random;
    const name = this.#name("e");
    const values: string[] = [];
    const wide = random.chance(1, 4);
    for (let i = random.between(1, 5); i > 0; i--) {
      const value = wide
        ? random.pick(["0x100000000", "-0x80000001LL", "1ULL << 40", "0x7ffffffffffffff0LL", "-5"])
        : random.pick([
            "1",
            "-1",
            "0x7ffffff0",
            "1 << 4 | 1",
            "sizeof(long) * 2",
            "'a'",
            "10 / 3",
            "~5",
            "(3 > 2) + 1",
          ]);
      values.push(`${this.#name("E")}${random.chance(1, 2) ? ` = ${value}` : ""}`);
    }
    const packed = random.chance(1, 8) ? " __attribute__((packed))" : "";
    this.#lines.push(`enum ${name} { ${values.join(", ")} }${packed};`);
    if (!wide && packed === "") this.#enums.push(`enum ${name}`);
    this.#types.push(`enum ${name}`);
    this.#declare(`enum ${name}`);
  }

  #typedef(): void {
    const random = this.#random;
    const name = this.#name("t");
    const aligned = random.chance(1, 5) ? ` __attribute__((aligned(${2 ** random.below(5)})))` : "";
    const type = this.#type();
    this.#lines.push(`typedef ${type} ${aligned === "" ? this.#around(name, type) : name}${aligned};`);
    if (aligned === "") this.#types.push(name);
    this.#declare(name);
  }

  #variable(): void {
    const name = this.#name("v");
    const type = this.#type();
    this.#lines.push(`${type} ${this.#around(name, type)};`);
    this.variables.push(name);
  }
}
