/** Declarators: `*name`, `name[3]`, `(*name)(int)` – what stands around a name, turned inside out. */
import { newAttributes, type CAttributes } from "./attributes.js";
import { qualifierOf } from "./basic.js";
import type { CParser } from "./parse.js";
import { maxRecord } from "./layout.js";
import { baseOf, cSize, type CParam, type CQualifier, type CType } from "./types.js";

export interface CDeclarator {
  /** Empty for a type without a name. */
  readonly name: string;
  readonly type: CType;
  /** Of the name. */
  readonly at: number;
}

interface Place {
  readonly at: number;
  readonly end: number;
}

/** What a declarator makes of the type before it. */
type Step = (type: CType) => CType;

interface Steps {
  readonly name: string;
  readonly at: number;
  readonly steps: readonly Step[];
}

export function declaratorC(parser: CParser, base: CType, attributes: CAttributes): CDeclarator {
  const { name, at, steps } = readSteps(parser, attributes);
  let type = base;
  for (const step of steps) type = step(type);
  parser.attributes(attributes);
  return { name, at, type };
}

function readSteps(parser: CParser, attributes: CAttributes): Steps {
  return parser.nested(() => {
    const { cursor } = parser;
    const { derived } = parser.scope;
    const steps: Step[] = [];
    parser.attributes(attributes);
    while (cursor.accept("*")) {
      const found = new Set<CQualifier>();
      const own = newAttributes();
      for (;;) {
        const qualifier = cursor.token.kind === "word" ? qualifierOf(cursor.token.text) : undefined;
        if (qualifier !== undefined) {
          found.add(qualifier);
          cursor.next();
        } else if (!parser.attributes(own)) {
          break;
        }
      }
      attributes.declTags.push(...own.declTags);
      // A tag behind the star is on the pointer; BTF has tags only on what is pointed to, where libbpf's words put them.
      steps.push((type) => {
        let target = type;
        for (const tag of own.typeTags) target = derived.tagged(tag, target);
        return parser.qualify(derived.pointer(target), found, newAttributes());
      });
    }
    let inner: Steps | undefined;
    let name = "";
    let { at } = cursor.token;
    const next = cursor.ahead(1);
    const nested = next.text === "*" || next.text === "(" || next.text === "__attribute__";
    if (cursor.is("(") && (nested || (next.kind === "word" && !startsParams(parser)))) {
      cursor.next();
      inner = readSteps(parser, attributes);
      ({ name, at } = inner);
      cursor.expect(")");
    } else if (cursor.token.kind === "word" && qualifierOf(cursor.token.text) === undefined) {
      name = cursor.next().text;
    }
    const suffixes: Step[] = [];
    for (;;) {
      const { token } = cursor;
      if (cursor.is("[")) suffixes.push(readArray(parser));
      else if (cursor.is("(")) suffixes.push(readFunction(parser, token));
      else break;
    }
    return { name, at, steps: [...steps, ...suffixes.toReversed(), ...(inner?.steps ?? [])] };
  });
}

/** Does the parenthesis here open parameters, and not a declarator? */
function startsParams(parser: CParser): boolean {
  const { kind, text } = parser.cursor.ahead(1);
  return kind === "word" && parser.isTypeWord(text);
}

function readArray(parser: CParser): Step {
  const { cursor, scope } = parser;
  const open = cursor.expect("[");
  cursor.accept("static");
  const count = cursor.is("]") ? undefined : parser.number();
  const place: Place = { at: open.at, end: cursor.token.end };
  if (count !== undefined && (count < 0n || count > 0xffff_ffffn)) {
    parser.fail("ctype-range", { what: "the length of the array", value: count, low: 0, high: 0xffff_ffff }, place);
  }
  cursor.expect("]");
  return (of) => {
    if (baseOf(of).kind === "func") parser.fail("ctype-function", { what: "array of functions" }, place);
    const size = parser.sizeFor(of, "an element of the array", place);
    if (size * Number(count ?? 0n) > maxRecord) {
      parser.fail("ctype-too-large", { what: "the array", limit: maxRecord }, place);
    }
    return scope.derived.array(of, count === undefined ? undefined : Number(count));
  };
}

function readFunction(parser: CParser, place: Place): Step {
  const { cursor } = parser;
  cursor.expect("(");
  const params: CParam[] = [];
  let variadic = cursor.accept(")");
  if (!variadic) {
    const { token } = cursor;
    for (;;) {
      variadic = cursor.accept("...");
      if (variadic) break;
      params.push(readParam(parser));
      if (!cursor.accept(",")) break;
    }
    cursor.expect(")");
    const only = params.length === 1 && params[0]!.name === "" && params[0]!.type.kind === "void";
    if (only) params.pop();
    for (const { type } of params) {
      if (cSize(type) === undefined && baseOf(type).kind === "void") {
        parser.fail("ctype-incomplete", { what: "a parameter" }, token);
      }
    }
  }
  return (result) => {
    const { kind } = baseOf(result);
    if (kind === "func" || kind === "array") {
      parser.fail(
        "ctype-function",
        { what: `function that returns ${kind === "func" ? "a function" : "an array"}` },
        place,
      );
    }
    return { kind: "func", result, params, variadic };
  };
}

/** A parameter; arrays and functions are handed over as pointers. */
function readParam(parser: CParser): CParam {
  const { derived } = parser.scope;
  const { type, attributes } = parser.specifiers();
  const made = parser.declarator(type, attributes);
  const base = baseOf(made.type);
  const decayed =
    base.kind === "array" ? derived.pointer(base.of) : base.kind === "func" ? derived.pointer(made.type) : made.type;
  return { name: made.name, type: decayed, tags: attributes.declTags };
}
