/** What `ar` does to the members of an archive, as new lists: nothing here touches files. */
import type { NewArchiveMember } from "./ar-write.js";

/** Beside which member others are put; undefined for the end. */
export interface ArchivePlace {
  readonly name: string;
  readonly side: "before" | "after";
}

/** `members` with `inserted` at `place`, or at the end where there is no such member. */
function insert<Member extends { readonly name: string }>(
  members: readonly Member[],
  inserted: readonly Member[],
  place: ArchivePlace | undefined,
): Member[] {
  const found = place === undefined ? -1 : members.findIndex(({ name }) => name === place.name);
  const at = found < 0 ? members.length : found + (place!.side === "after" ? 1 : 0);
  return [...members.slice(0, at), ...inserted, ...members.slice(at)];
}

/**
 * `members` with `added`: each in the place of the first member of its name, a new one at the end; with `append` all at the end,
 * with `place` all there.
 */
export function addMembers(
  members: readonly NewArchiveMember[],
  added: readonly NewArchiveMember[],
  { append = false, place }: { readonly append?: boolean; readonly place?: ArchivePlace | undefined } = {},
): NewArchiveMember[] {
  if (append) return [...members, ...added];
  const all = [...members];
  const places = new Map<string, number>();
  all.forEach(({ name }, i) => places.has(name) || places.set(name, i));
  if (place !== undefined) {
    const replaced = new Set(added.map(({ name }) => places.get(name)));
    const kept = all.filter(({ name }, i) => !replaced.has(i) || name === place.name);
    // The member beside which the others go is replaced where it is.
    const self = added.find(({ name }) => name === place.name);
    const known = kept.map((member) => (self !== undefined && member.name === place.name ? self : member));
    return insert(
      known,
      added.filter((member) => member !== self),
      place,
    );
  }
  for (const member of added) {
    const known = places.get(member.name);
    if (known !== undefined) all[known] = member;
    else places.set(member.name, all.push(member) - 1);
  }
  return all;
}

export interface Picked<Member> {
  readonly picked: readonly Member[];
  /** Names that no member has. */
  readonly missing: readonly string[];
}

/**
 * The first member of each of `names`, or the one of number `count` of that name, by the archive's order; all members without
 * names.
 */
export function pickMembers<Member extends { readonly name: string }>(
  members: readonly Member[],
  names: readonly string[],
  count = 1,
): Picked<Member> {
  if (names.length === 0) return { picked: [...members], missing: [] };
  const left = new Map(names.map((name) => [name, count]));
  const picked = members.filter(({ name }) => {
    const rest = left.get(name);
    if (rest === undefined) return false;
    if (rest > 1) left.set(name, rest - 1);
    else left.delete(name);
    return rest === 1;
  });
  return { picked, missing: [...left.keys()] };
}

/** `members` with `moved`, which are some of them, at `place` or at the end. */
export function moveMembers<Member extends { readonly name: string }>(
  members: readonly Member[],
  moved: readonly Member[],
  place: ArchivePlace | undefined,
): Member[] {
  const set = new Set(moved);
  return insert(
    members.filter((member) => !set.has(member)),
    moved,
    place,
  );
}
