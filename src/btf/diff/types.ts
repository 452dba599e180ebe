/** What differs between two BTFs, as data. */

/**
 * Who is broken by a change: nobody; code compiled against the old layout; CO-RE programs and callers, too, because what they
 * ask for is not there any more or is something else.
 */
export type Breaks = "nothing" | "layout" | "core";

export type ChangeWhat =
  | "size"
  | "member-added"
  | "member-removed"
  | "member-moved"
  | "member-resized"
  | "member-retyped"
  | "value-added"
  | "value-removed"
  | "value-changed"
  | "type"
  | "result"
  | "param-added"
  | "param-removed"
  | "param-retyped"
  | "param-renamed"
  | "linkage";

export interface Change {
  readonly what: ChangeWhat;
  /** The member (`u.x` inside a member whose type has no name), enumerator or parameter; empty for the type itself. */
  readonly name: string;
  /** What was there and what is; undefined where there is nothing. Types as C spells them, places in bytes or `byte:bit`. */
  readonly old: string | undefined;
  readonly new: string | undefined;
  readonly breaks: Breaks;
}

export type DiffKind = "struct" | "union" | "enum" | "typedef" | "func" | "var" | "int" | "float";

export interface TypeChange {
  readonly kind: DiffKind;
  readonly name: string;
  readonly change: "added" | "removed" | "changed";
  /** The worst of its changes; that a type is gone breaks CO-RE programs. */
  readonly breaks: Breaks;
  readonly changes: readonly Change[];
}

const order: readonly Breaks[] = ["nothing", "layout", "core"];

/** The worst of two. */
export function worse(one: Breaks, other: Breaks): Breaks {
  return order.indexOf(one) > order.indexOf(other) ? one : other;
}
