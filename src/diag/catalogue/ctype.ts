/** Messages about C declarations (`.ctype`, `.func`, the types of `.map`). */
export const ctypeMessages = {
  "ctype-expected": { severity: "error", message: "expected {expected} in the C declaration, found {found}" },
  "ctype-unknown": {
    severity: "error",
    message: "`{name}` is not a type",
    help: 'declare it before with `.ctype "typedef … {name};"`',
  },
  "ctype-unknown-near": { severity: "error", message: "`{name}` is not a type", help: "did you mean `{guess}`?" },
  "ctype-specifiers": {
    severity: "error",
    message: "`{name}` does not go together with the words before it",
    help: "a type is one of C's, such as `unsigned long`, a typedef, or `struct`, `union` or `enum` with a name",
  },
  "ctype-redefined": { severity: "error", message: "`{name}` is declared twice, in different ways" },
  "ctype-member": { severity: "error", message: "`{name}` has two members of the name `{member}`" },
  "ctype-incomplete": {
    severity: "error",
    message: "{what} needs the size of a type that has none",
    help: "functions, void and structs without a body have no size: use a pointer, or write the body before",
  },
  "ctype-bitfield": {
    severity: "error",
    message: "a bitfield of {width} bits does not fit its type",
    help: "the type must be an integer, an enumeration or _Bool with at least that many bits; only unnamed fields have 0",
  },
  "ctype-number": { severity: "error", message: "not an integer that fits 64 bits" },
  "ctype-range": { severity: "error", message: "{what} is {value}, but {low} to {high} is possible" },
  "ctype-alignment": { severity: "error", message: "{value} is no alignment: it must be a power of two up to 2^28" },
  "ctype-constant": {
    severity: "error",
    message: "the constant expression has no value",
    help: "a division by zero, or a shift by more than 63",
  },
  "ctype-no-constant": {
    severity: "error",
    message: "`{name}` has no value that is known here",
    help: "constants are numbers, enumerators, sizeof, and symbols that .set gave a number before",
  },
  "ctype-function": {
    severity: "error",
    message: "there is no {what}",
    help: "C has pointers to functions for that",
  },
  "ctype-attribute": {
    severity: "error",
    message: "the attribute `{name}` is not known",
    help: "known ones are {known}",
  },
  "ctype-character": {
    severity: "error",
    message: "`{found}` cannot be read in a C declaration",
    help: "declarations are read without a preprocessor: no #include, #define or macros",
  },
  "ctype-deep": { severity: "error", message: "the declaration is nested too deeply: at most {limit} levels are read" },
  "ctype-too-large": { severity: "error", message: "{what} becomes larger than the {limit} bytes a type can have" },
  "ctype-body": {
    severity: "error",
    message: "a function's body cannot stand here",
    help: "end the prototype with `;`",
  },
} as const;
