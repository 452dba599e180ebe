/**
 * Names that C++ compilers made, as they stood in the source, in LLVM's words. Source: the Itanium C++ ABI, "External Names".
 * What is rare in names of programs (most expressions in types, modules, constraints) is left mangled.
 */

/** Deeper and longer names are somebody's joke. */
const depthLimit = 64;
const lengthLimit = 4096;

class Unreadable extends Error {}

function table(text: string): ReadonlyMap<string, string> {
  return new Map(text.split(",").map((row) => [row.slice(0, row.indexOf(" ")), row.slice(row.indexOf(" ") + 1)]));
}

const builtins = table(
  "v void,w wchar_t,b bool,c char,a signed char,h unsigned char,s short,t unsigned short,i int,j unsigned int,l long," +
    "m unsigned long,x long long,y unsigned long long,n __int128,o unsigned __int128,f float,d double,e long double," +
    "g __float128,z ...,Dn std::nullptr_t,Da auto,Dc decltype(auto),Ds char16_t,Di char32_t,Du char8_t,Dh half," +
    "Dd decimal64,De decimal128,Df decimal32",
);

const operators = table(
  "nw new,na new[],dl delete,da delete[],aw co_await,ps +,ng -,ad &,de *,co ~,pl +,mi -,ml *,dv /,rm %,an &,or |,eo ^,aS =," +
    "pL +=,mI -=,mL *=,dV /=,rM %=,aN &=,oR |=,eO ^=,ls <<,rs >>,lS <<=,rS >>=,eq ==,ne !=,lt <,gt >,le <=,ge >=,ss <=>," +
    "nt !,aa &&,oo ||,pp ++,mm --,pm ->*,pt ->,cl (),ix []",
);
const words = /^[a-z]/;

const abbreviations = table(
  "a std::allocator,b std::basic_string,s std::string,i std::istream,o std::ostream,d std::iostream",
);
const bases = table("a allocator,b basic_string,s basic_string,i basic_istream,o basic_ostream,d basic_iostream");

/** What abbreviations stand for; constructors and destructors are shown as its. */
const abbreviated: ReadonlyMap<string, string> = new Map([
  ["std::string", "std::basic_string<char, std::char_traits<char>, std::allocator<char>>"],
  ...["istream", "ostream", "iostream"].map(
    (name) => [`std::${name}`, `std::basic_${name}<char, std::char_traits<char>>`] as const,
  ),
]);

/** What compilers make for a class, and for a variable. */
const ofTypes = table("TV vtable for ,TT VTT for ,TI typeinfo for ,TS typeinfo name for ");
const ofNames = table(
  "TW thread-local wrapper routine for ,TH thread-local initialization routine for ,GV guard variable for ",
);

/** Literals of these types are numbers with a suffix; of others the type stands before them. */
const suffixes = table("i ,j u,l l,m ul,x ll,y ull");

/** A type in two parts: what a declared name would stand between. */
interface Type {
  readonly left: string;
  readonly right: string;
  /** A `*` or `&` behind it needs parentheses. */
  readonly inner?: "function" | "array";
  readonly reference?: "&" | "&&";
  /** What a constructor of it is called. */
  readonly base?: string;
  /** A pack of template arguments. */
  readonly pack?: readonly Type[];
}

interface Name {
  readonly text: string;
  readonly base: string;
  /** Has template arguments: a function's type then begins with its result. */
  readonly isTemplate: boolean;
  /** A constructor, destructor or conversion: there is no result. */
  readonly isBare: boolean;
  /** Qualifiers of a member function. */
  readonly tail: string;
}

const plain = (text: string, base = text): Type => ({ left: text, right: "", base });
const textOf = ({ left, right }: Type): string => left + right;

/** One name; `at` counts from behind `_Z`. */
class Demangler {
  readonly #text: string;
  #at = 0;
  #depth = 0;
  #made = 0;
  #seen: Type[] = [];
  #arguments: readonly Type[] = [];
  /** Which one of a pack is meant while a pattern is repeated. */
  #packIndex = -1;
  /** The length of the pack that was met meanwhile. */
  #packLength = -1;
  #inLambda = false;

  constructor(text: string) {
    this.#text = text;
  }

  #refuse(): never {
    throw new Unreadable();
  }

  #peek(start: string): boolean {
    return this.#text.startsWith(start, this.#at);
  }

  #take(start: string): boolean {
    if (!this.#peek(start)) return false;
    this.#at += start.length;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  /** Counts what is made: substitutions of substitutions would grow without bound. */
  #spend(text: string): string {
    this.#made += text.length;
    return this.#made > 256 * lengthLimit ? this.#refuse() : text;
  }

  #deeper<Result>(make: () => Result): Result {
    if (++this.#depth > depthLimit) this.#refuse();
    const result = make();
    this.#depth--;
    return result;
  }

  #see(type: Type): Type {
    this.#seen.push(type);
    return type;
  }

  /** The whole name, and what a compiler put behind it. */
  whole(): string {
    const text = this.#encoding();
    const rest = this.#text.slice(this.#at);
    if (rest === "") return text;
    return /^\.[\w.$]+$/.test(rest) ? `${text} (${rest})` : this.#refuse();
  }

  #encoding(): string {
    return this.#deeper(() => {
      const code = this.#text.slice(this.#at, this.#at + 2);
      const special = ofTypes.get(code) ?? ofNames.get(code);
      if (special !== undefined) {
        this.#at += 2;
        return special + (ofTypes.has(code) ? textOf(this.#type()) : this.#name().text);
      }
      const thunk = this.#match(/Thn?\d+_|Tvn?\d+_n?\d+_/y);
      if (thunk !== undefined) return `${thunk[1] === "h" ? "non-virtual" : "virtual"} thunk to ${this.#encoding()}`;
      const outer = this.#arguments;
      const name = this.#name();
      if (this.#at >= this.#text.length || this.#peek("E") || this.#peek(".")) {
        this.#arguments = outer;
        return name.text;
      }
      const result = name.isTemplate && !name.isBare ? this.#type() : undefined;
      const parameters = this.#parameters();
      this.#arguments = outer;
      if (result === undefined) return this.#spend(`${name.text}(${parameters})${name.tail}`);
      const space = result.right === "" && !/[(]$/.test(result.left) ? " " : "";
      return this.#spend(`${result.left}${space}${name.text}(${parameters})${name.tail}${result.right}`);
    });
  }

  /** The types up to the end of a function's type. */
  #parameters(): string {
    if (this.#match(/v(?=E|$|\.|@)/y) !== undefined) return "";
    const types: string[] = [];
    do types.push(...this.#several());
    while (this.#at < this.#text.length && !/[E.]/.test(this.#text[this.#at]!) && !this.#match(/[RO](?=E)/y));
    return types.join(", ");
  }

  /** One type, or those of a pack that is expanded here. */
  #several(): string[] {
    if (!this.#take("Dp")) {
      const type = this.#type();
      return type.pack === undefined ? [textOf(type)] : type.pack.map(textOf);
    }
    const start = this.#at;
    const [outerIndex, outerLength] = [this.#packIndex, this.#packLength];
    const types: string[] = [];
    this.#packLength = -1;
    this.#packIndex = 0;
    types.push(textOf(this.#type()));
    const seen = this.#seen.length;
    const length = this.#packLength;
    if (length < 0) this.#refuse();
    for (this.#packIndex = 1; this.#packIndex < length; this.#packIndex++) {
      this.#at = start;
      types.push(this.#spend(textOf(this.#type())));
      this.#seen.length = seen;
    }
    [this.#packIndex, this.#packLength] = [outerIndex, outerLength];
    return types.slice(0, length);
  }

  #name(): Name {
    return this.#deeper(() => {
      if (this.#take("N")) return this.#nestedName();
      if (this.#take("Z")) return this.#localName();
      let name: Name;
      if (this.#peek("S") && !this.#peek("St")) {
        const known = this.#substitution();
        name = { text: textOf(known), base: known.base ?? "", isTemplate: false, isBare: false, tail: "" };
        if (!this.#peek("I")) this.#refuse();
      } else {
        const scope = this.#take("St") ? "std::" : "";
        const own = this.#unqualified("");
        name = { ...own, text: scope + own.text };
        if (this.#peek("I")) this.#see(plain(name.text, name.base));
      }
      return this.#peek("I") ? { ...name, text: name.text + this.#templateArguments(), isTemplate: true } : name;
    });
  }

  #qualifiers(): string {
    const found = this.#match(/r?V?K?/y)!;
    const restricted = found.includes("r") ? " restrict" : "";
    return (found.includes("K") ? " const" : "") + (found.includes("V") ? " volatile" : "") + restricted;
  }

  #nestedName(): Name {
    const qualifiers = this.#qualifiers();
    const reference = this.#match(/[RO](?=.)/y);
    const tail = qualifiers + (reference === "R" ? " &" : reference === "O" ? " &&" : "");
    let soFar: Name | undefined;
    while (!this.#take("E")) {
      const scope: string = soFar === undefined ? "" : `${soFar.text}::`;
      if (this.#peek("I")) {
        if (soFar === undefined) this.#refuse();
        const text: string = soFar.text + this.#templateArguments();
        soFar = { ...soFar, text, isTemplate: true };
      } else if (soFar === undefined && this.#take("St")) {
        soFar = { text: "std", base: "std", isTemplate: false, isBare: false, tail };
        continue;
      } else if (soFar === undefined && (this.#peek("S") || this.#peek("T") || this.#peek("D"))) {
        const type = this.#peek("S") ? this.#substitution() : this.#type();
        const isMade = /[CD]/.test(this.#text[this.#at] ?? "") ? abbreviated.get(textOf(type)) : undefined;
        soFar = { text: isMade ?? textOf(type), base: type.base ?? "", isTemplate: false, isBare: false, tail };
        // What has been seen before, or was put down by #type, is not put down again.
        continue;
      } else {
        const own = this.#unqualified(soFar?.base ?? "");
        soFar = { ...own, text: scope + own.text, tail };
      }
      this.#see(plain(this.#spend(soFar.text), soFar.base));
    }
    if (soFar === undefined) this.#refuse();
    this.#seen.pop();
    return soFar;
  }

  #localName(): Name {
    const scope = this.#encoding();
    if (!this.#take("E")) this.#refuse();
    if (this.#take("s")) {
      this.#match(/_(\d|_\d+_)/y);
      return { text: `${scope}::string literal`, base: "", isTemplate: false, isBare: false, tail: "" };
    }
    if (this.#match(/d\d*_/y) !== undefined) this.#refuse();
    const name = this.#name();
    this.#match(/_(\d|_\d+_)/y);
    return { ...name, text: this.#spend(`${scope}::${name.text}`) };
  }

  /** `base` is the class that a constructor makes. */
  #unqualified(base: string): Name {
    this.#take("L");
    const own = this.#ownName(base);
    let tags = "";
    while (this.#take("B")) tags += `[abi:${this.#sourceName()}]`;
    return { ...own, text: own.text + tags };
  }

  #ownName(base: string): Name {
    const named = (text: string, isBare = false, own = text): Name => ({
      text,
      base: own,
      isTemplate: false,
      isBare,
      tail: "",
    });
    if (/\d/.test(this.#text[this.#at] ?? "")) {
      const text = this.#sourceName();
      return named(text.startsWith("_GLOBAL__N") ? "(anonymous namespace)" : text);
    }
    if (this.#match(/C[1-5]/y) !== undefined) return base === "" ? this.#refuse() : named(base, true);
    if (this.#match(/D[0-5]/y) !== undefined) return base === "" ? this.#refuse() : named(`~${base}`, true);
    if (this.#take("Ut")) return named(`'unnamed${this.#number()}'`);
    if (this.#take("Ul")) return named(this.#lambda());
    if (this.#take("cv")) return named(`operator ${textOf(this.#type())}`, true);
    if (this.#take("li")) return named(`operator"" ${this.#sourceName()}`);
    const operator = operators.get(this.#text.slice(this.#at, this.#at + 2));
    if (operator === undefined) this.#refuse();
    this.#at += 2;
    return named(`operator${words.test(operator) ? " " : ""}${operator}`);
  }

  #lambda(): string {
    const outer = this.#inLambda;
    this.#inLambda = true;
    const parameters = this.#parameters();
    this.#inLambda = outer;
    if (!this.#take("E")) this.#refuse();
    return `'lambda${this.#number()}'(${parameters})`;
  }

  /** Which one of namesakes: nothing for the first, then 0, 1 and on. */
  #number(): string {
    const digits = this.#match(/\d*_/y);
    return digits === undefined ? this.#refuse() : digits.slice(0, -1);
  }

  #sourceName(): string {
    const digits = this.#match(/[1-9]\d{0,3}/y) ?? this.#refuse();
    const start = this.#at;
    this.#at += Number(digits);
    if (this.#at > this.#text.length) this.#refuse();
    return this.#text.slice(start, this.#at);
  }

  #substitution(): Type {
    if (!this.#take("S")) this.#refuse();
    const letter = this.#match(/[abisod]/y);
    if (letter !== undefined) return plain(abbreviations.get(letter)!, bases.get(letter)!);
    return this.#seen[this.#sequence()] ?? this.#refuse();
  }

  /** Digits of base 36 up to `_`: `_` is 0, `0_` is 1. */
  #sequence(): number {
    const digits = this.#match(/[0-9A-Z]{0,4}_/y) ?? this.#refuse();
    return digits === "_" ? 0 : Number.parseInt(digits.slice(0, -1), 36) + 1;
  }

  #templateArguments(): string {
    return this.#deeper(() => {
      const list = this.#argumentList("I");
      this.#arguments = list;
      const shown = list.flatMap((type) => (type.pack === undefined ? [textOf(type)] : type.pack.map(textOf)));
      return this.#spend(`<${shown.join(", ")}>`);
    });
  }

  #argumentList(open: string): Type[] {
    if (!this.#take(open)) this.#refuse();
    const list: Type[] = [];
    while (!this.#take("E")) {
      if (this.#peek("J")) list.push({ ...plain(""), pack: this.#deeper(() => this.#argumentList("J")) });
      else if (this.#peek("L")) list.push(plain(this.#literal()));
      else if (this.#take("X")) {
        list.push(plain(this.#expression()));
        if (!this.#take("E")) this.#refuse();
      } else if (this.#peek("Dp")) list.push({ ...plain(""), pack: this.#several().map((text) => plain(text)) });
      else list.push(this.#type());
    }
    return list;
  }

  #literal(): string {
    if (!this.#take("L")) this.#refuse();
    if (this.#take("_Z")) {
      const text = this.#encoding();
      return this.#take("E") ? text : this.#refuse();
    }
    const code = this.#text[this.#at]!;
    const type = textOf(this.#type());
    const digits = (this.#match(/n?\d*/y) ?? "").replace("n", "-");
    if (!this.#take("E")) this.#refuse();
    if (type === "bool" && /^[01]$/.test(digits)) return digits === "1" ? "true" : "false";
    if (type === "std::nullptr_t") return "nullptr";
    const suffix = suffixes.get(code);
    return suffix !== undefined ? digits + suffix : `(${type})${digits}`;
  }

  /** The few kinds that stand in names of functions. */
  #expression(): string {
    return this.#deeper(() => {
      if (this.#peek("L")) return this.#literal();
      if (this.#peek("T")) return textOf(this.#type());
      if (this.#take("fp")) return `fp${this.#number()}`;
      if (/\d/.test(this.#text[this.#at] ?? "")) return this.#unresolved();
      if (this.#take("sr")) {
        if (!/\d/.test(this.#text[this.#at] ?? "")) return `${textOf(this.#type())}::${this.#unresolved()}`;
        let scope = "";
        while (!this.#take("E")) scope += `${this.#unresolved()}::`;
        return scope + this.#unresolved();
      }
      if (this.#take("cl")) {
        const called = this.#expression();
        const given: string[] = [];
        while (!this.#take("E")) given.push(this.#expression());
        return `${called}(${given.join(", ")})`;
      }
      if (this.#take("ad")) return this.#peek("L") ? `&${this.#expression()}` : this.#refuse();
      const code = this.#match(/pl|mi|ml|dv|rm|lt|gt|le|ge|eq|ne|aa|oo|an|or|eo|ls|rs/y) ?? this.#refuse();
      const left = this.#expression();
      return this.#spend(`${left} ${operators.get(code)!} ${this.#expression()}`);
    });
  }

  /** A name that an expression looks up. */
  #unresolved(): string {
    const name = this.#sourceName();
    return this.#peek("I") ? name + this.#innerArguments() : name;
  }

  #type(): Type {
    return this.#deeper(() => {
      const type = this.#anyType();
      this.#spend(type.left);
      this.#spend(type.right);
      return type;
    });
  }

  #anyType(): Type {
    const letter = this.#text[this.#at] ?? this.#refuse();
    if (/[rVK]/.test(letter)) {
      const qualifiers = this.#qualifiers();
      // A function's qualifiers are a part of its type.
      const type = this.#peek("F") ? this.#function() : this.#type();
      return this.#see(
        type.inner === "function"
          ? { ...type, right: type.right + qualifiers }
          : { ...type, left: type.left + qualifiers },
      );
    }
    if (this.#take("P")) return this.#see(pointed(this.#type(), "*"));
    if (this.#take("R")) return this.#see(pointed(this.#type(), "&"));
    if (this.#take("O")) return this.#see(pointed(this.#type(), "&&"));
    if (this.#take("C")) {
      const type = this.#type();
      return this.#see({ ...type, left: `${type.left} complex` });
    }
    if (letter === "F") return this.#see(this.#function());
    if (this.#take("A")) return this.#see(this.#array());
    if (this.#take("M")) return this.#see(this.#memberPointer());
    if (this.#peek("Dv")) return this.#see(this.#vector());
    if (this.#match(/D[tT]/y) !== undefined) {
      const text = `decltype(${this.#expression()})`;
      return this.#take("E") ? this.#see(plain(text)) : this.#refuse();
    }
    if (this.#take("u")) return this.#see(plain(this.#sourceName()));
    const two = letter === "D" ? this.#text.slice(this.#at, this.#at + 2) : letter;
    const builtin = builtins.get(two);
    if (builtin !== undefined) {
      this.#at += two.length;
      return plain(builtin);
    }
    if (letter === "T") return this.#parameter();
    if (letter === "S" && !this.#peek("St")) {
      const known = this.#substitution();
      return this.#peek("I") ? this.#see(plain(textOf(known) + this.#innerArguments(), known.base)) : known;
    }
    const { text, base } = this.#innerName();
    return this.#see(plain(text, base));
  }

  /** A class's name; its template arguments are not those that `T_` means. */
  #innerName(): Name {
    const outer = this.#arguments;
    const name = this.#name();
    this.#arguments = outer;
    return name;
  }

  #innerArguments(): string {
    const outer = this.#arguments;
    const text = this.#templateArguments();
    this.#arguments = outer;
    return text;
  }

  #parameter(): Type {
    if (!this.#take("T")) this.#refuse();
    const number = this.#sequence();
    if (this.#inLambda) return this.#see(plain("auto"));
    let type = this.#arguments[number] ?? this.#refuse();
    if (type.pack !== undefined && this.#packIndex >= 0) {
      this.#packLength = type.pack.length;
      type = type.pack[this.#packIndex] ?? plain("");
    }
    this.#see(type);
    return this.#peek("I") ? this.#see(plain(textOf(type) + this.#innerArguments())) : type;
  }

  #function(): Type {
    if (!this.#take("F")) this.#refuse();
    this.#take("Y");
    const result = this.#type();
    const parameters = this.#parameters();
    const before = this.#text[this.#at - 1];
    const reference = before === "R" ? " &" : before === "O" ? " &&" : "";
    if (!this.#take("E")) this.#refuse();
    return { left: `${result.left} `, right: `(${parameters})${reference}${result.right}`, inner: "function" };
  }

  #array(): Type {
    const size = this.#peek("T") ? this.#expression() : this.#match(/\d*/y)!;
    if (!this.#take("_")) this.#refuse();
    const { left, right, inner } = this.#type();
    return { left, right: inner === "array" ? ` [${size}]${right.slice(1)}` : ` [${size}]${right}`, inner: "array" };
  }

  #memberPointer(): Type {
    const owner = textOf(this.#type());
    const member = this.#type();
    if (member.inner === undefined) return { left: `${member.left} ${owner}::*`, right: member.right };
    return pointed(member, `${owner}::*`);
  }

  #vector(): Type {
    const size = this.#match(/Dv\d+_/y) ?? this.#refuse();
    return plain(`${textOf(this.#type())} vector[${size.slice(2, -1)}]`);
  }
}

/** A pointer or reference to `type`; references to references are one, `&` if either is. */
function pointed(type: Type, mark: string): Type {
  const isReference = mark.startsWith("&");
  if (isReference && type.reference !== undefined) {
    if (type.reference === "&" || mark === "&&") return type;
    return { ...type, left: type.left.slice(0, -1), reference: "&" };
  }
  const { left, right, inner } = type;
  const reference = isReference ? { reference: mark as "&" | "&&" } : {};
  if (inner === undefined) return { left: left + mark, right, ...reference };
  return { left: `${left}${inner === "array" ? " " : ""}(${mark}`, right: `)${right}`, ...reference };
}

/** `name` as its C++ source has it, or undefined. */
export function demangledCpp(name: string): string | undefined {
  if (!name.startsWith("_Z") || name.length > lengthLimit) return undefined;
  try {
    return new Demangler(name.slice(2)).whole();
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
}
