/** The bodies of structs, unions and enumerations. */
import { newAttributes, type CAttributes } from "./attributes.js";
import { BtfIntEncoding } from "../table.js";
import { layoutRecord, maxRecord, type CField } from "./layout.js";
import type { CParser } from "./parse.js";
import { baseOf, cSize, type CEnum, type CRecord, type CType } from "./types.js";

const { BTF_INT_BOOL } = BtfIntEncoding;

/** `struct NAME { … }`, or `struct NAME` alone: a type that may get its body later. */
export function recordC(parser: CParser): CRecord {
  const { cursor, scope } = parser;
  const { text: kind } = cursor.next();
  const attributes = newAttributes();
  parser.attributes(attributes);
  const { token } = cursor;
  const name = token.kind === "word" ? cursor.next().text : "";
  if (name === "" && !cursor.is("{")) cursor.expected("a name or `{`");
  let record = scope.tags.get(name);
  if (name !== "" && record !== undefined && record.kind !== kind) {
    cursor.fail("ctype-redefined", { name: `${kind} ${name}` }, token);
  }
  if (name === "" || record === undefined || record.kind === "enum") {
    record = { kind: kind as CRecord["kind"], name, members: undefined, size: 0, align: 1, tags: [] };
    if (name !== "") {
      scope.tags.set(name, record);
      scope.types.push(record);
    }
  }
  if (!cursor.is("{")) return record;
  if (record.members !== undefined) cursor.fail("ctype-redefined", { name: `${kind} ${name}` }, token);
  const fields = parser.nested(() => readFields(parser, name === "" ? `the ${kind}` : `${kind} ${name}`));
  parser.attributes(attributes);
  if (record.members !== undefined) cursor.fail("ctype-redefined", { name: `${kind} ${name}` }, token);
  record.tags = attributes.declTags;
  if (!layoutRecord(record, fields, attributes.packed, attributes.aligned)) {
    cursor.fail("ctype-too-large", { what: `${kind} ${name}`.trim(), limit: maxRecord }, token);
  }
  return record;
}

interface Place {
  readonly at: number;
  readonly end: number;
}

function readFields(parser: CParser, what: string): CField[] {
  const { cursor } = parser;
  cursor.expect("{");
  const fields: CField[] = [];
  const names = new Set<string>();
  /** A flexible array: nothing may follow. */
  let last: Place | undefined;
  const add = (field: CField, place: Place): void => {
    if (last !== undefined) parser.fail("ctype-incomplete", { what: "a member that is not the last one" }, last);
    const base = baseOf(field.type);
    if (base.kind === "array" && base.count === undefined) last = place;
    else parser.sizeFor(field.type, "a member", place);
    for (const name of namesOf(field)) {
      if (names.has(name)) parser.fail("ctype-member", { name: what, member: name }, place);
      names.add(name);
    }
    fields.push(field);
  };
  while (!cursor.accept("}")) {
    if (cursor.accept(";")) continue;
    const { type, attributes } = parser.specifiers();
    if (cursor.is(";")) {
      // An anonymous struct or union is a member; anything else declares only its tag.
      const { packed, aligned, declTags: tags } = attributes;
      if ((type.kind === "struct" || type.kind === "union") && type.name === "") {
        add({ name: "", type, width: undefined, packed, aligned, tags }, cursor.token);
      }
      cursor.next();
      continue;
    }
    do {
      const place = cursor.token;
      add(readField(parser, type, attributes), place);
    } while (cursor.accept(","));
    cursor.expect(";");
  }
  return fields;
}

/** The names that a member brings into its record: its own, or those of an anonymous record's members. */
function* namesOf({ name, type }: { readonly name: string; readonly type: CType }): Generator<string> {
  const base = baseOf(type);
  if (name !== "") yield name;
  else if (base.kind === "struct" || base.kind === "union") for (const each of base.members ?? []) yield* namesOf(each);
}

function readField(parser: CParser, type: CType, shared: CAttributes): CField {
  const { cursor } = parser;
  const attributes = { ...shared, declTags: [...shared.declTags], typeTags: [] };
  const made = cursor.is(":") ? { name: "", type } : parser.declarator(type, attributes);
  let width: number | undefined;
  if (cursor.accept(":")) {
    const { token } = cursor;
    const given = parser.number();
    const base = baseOf(made.type);
    const { kind } = base;
    const bits = kind === "int" && base.encoding === BTF_INT_BOOL ? 1 : 8 * (cSize(made.type) ?? 0);
    const fits = (kind === "int" || kind === "enum") && given <= bits && given >= (made.name === "" ? 0 : 1);
    if (!fits) parser.fail("ctype-bitfield", { width: given }, token);
    width = Number(given);
    parser.attributes(attributes);
  } else if (made.name === "") {
    cursor.expected("a member's name");
  }
  const { packed, aligned, declTags: tags } = attributes;
  return { name: made.name, type: made.type, width, packed, aligned, tags };
}

/** `enum NAME { A, B = 2 }`, or `enum NAME` alone. */
export function enumC(parser: CParser): CEnum {
  const { cursor, scope } = parser;
  cursor.next();
  const attributes = newAttributes();
  parser.attributes(attributes);
  const { token } = cursor;
  const name = token.kind === "word" ? cursor.next().text : "";
  if (name === "" && !cursor.is("{")) cursor.expected("a name or `{`");
  let found = scope.tags.get(name);
  if (name !== "" && found !== undefined && found.kind !== "enum") {
    cursor.fail("ctype-redefined", { name: `enum ${name}` }, token);
  }
  if (found === undefined || found.kind !== "enum") {
    found = { kind: "enum", name, values: undefined, size: 4, signed: false };
    if (name !== "") scope.tags.set(name, found);
    scope.types.push(found);
  }
  if (!cursor.accept("{")) return found;
  if (found.values !== undefined) cursor.fail("ctype-redefined", { name: `enum ${name}` }, token);
  const values = readEnumerators(parser);
  parser.attributes(attributes);
  fillEnum(found, values, attributes.packed);
  return found;
}

function readEnumerators(parser: CParser): { name: string; value: bigint }[] {
  const { cursor, scope } = parser;
  const values: { name: string; value: bigint }[] = [];
  let next = 0n;
  while (!cursor.is("}")) {
    const { token } = cursor;
    if (token.kind !== "word") cursor.expected("an enumerator's name");
    cursor.next();
    parser.attributes(newAttributes());
    if (cursor.accept("=")) next = parser.number();
    if (next >= 1n << 64n) {
      const high = (1n << 64n) - 1n;
      cursor.fail("ctype-range", { what: token.text, value: next, low: -(1n << 63n), high }, token);
    }
    if (scope.enumerators.has(token.text)) cursor.fail("ctype-redefined", { name: token.text }, token);
    scope.enumerators.set(token.text, next);
    values.push({ name: token.text, value: next });
    next++;
    if (!cursor.accept(",")) break;
  }
  if (values.length === 0) cursor.expected("an enumerator's name");
  cursor.expect("}");
  return values;
}

/** The type clang chooses: unsigned unless there is a negative value, 4 bytes unless they are too few; the least when packed. */
function fillEnum(
  found: CEnum,
  values: readonly { readonly name: string; readonly value: bigint }[],
  packed: boolean,
): void {
  const signed = values.some(({ value }) => value < 0n);
  const fits = (bits: number): boolean =>
    values.every(({ value }) => (signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) === value);
  found.signed = signed;
  found.size = packed && fits(8) ? 1 : packed && fits(16) ? 2 : fits(32) ? 4 : 8;
  found.values = values;
}
