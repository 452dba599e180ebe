/** What `ar` does to the members of an archive, as new lists: nothing here touches files. */
import { failure } from "../diag/index.js";
import type { NewArchiveMember } from "./ar-write.js";

/** `members` with `added`, each in the place of the first member of its name or, with `append` or a new name, at the end. */
export function addMembers(
  members: readonly NewArchiveMember[],
  added: readonly NewArchiveMember[],
  append = false,
): NewArchiveMember[] {
  const all = [...members];
  const places = new Map<string, number>();
  if (!append) all.forEach(({ name }, i) => places.has(name) || places.set(name, i));
  for (const member of added) {
    const place = append ? undefined : places.get(member.name);
    if (place !== undefined) all[place] = member;
    else places.set(member.name, all.push(member) - 1);
  }
  return all;
}

/** The first member of each of `names`, by the archive's order; all members without names. Throws `ar-member`. */
export function pickMembers<Member extends { readonly name: string }>(
  members: readonly Member[],
  names: readonly string[],
): Member[] {
  if (names.length === 0) return [...members];
  const wanted = new Set(names);
  const picked = members.filter(({ name }) => wanted.delete(name));
  for (const name of wanted) throw failure("ar-member", { name });
  return picked;
}

/** `members` without the first one of each of `names`. Throws `ar-member`. */
export function dropMembers<Member extends { readonly name: string }>(
  members: readonly Member[],
  names: readonly string[],
): Member[] {
  if (names.length === 0) return [...members];
  const dropped = new Set(pickMembers(members, names));
  return members.filter((member) => !dropped.has(member));
}
