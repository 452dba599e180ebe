/** Names of sections. The sections of all files have few, so that each is made once, and equal ones are the same string. */

/** Longer names are left to who decodes string tables. */
const longest = 31;
/** The last name of each hash: most names are common ones, and the newest of the others takes the place of an older one. */
const names: string[] = Array.from({ length: 1024 }, () => "");

/** The last names by the number of the section: files of one compiler have mostly the same sections. */
const latest: string[] = Array.from({ length: 64 }, () => "");

/**
 * The name of section `index`, at `offset` of the section name table; undefined where it is long or not ASCII, or where none ends.
 */
export function shortName(table: Uint8Array, offset: number, index: number): string | undefined {
  const likely = latest[index];
  if (likely !== undefined && table[offset + likely.length] === 0 && isAt(likely, table, offset)) return likely;
  const name = knownName(table, offset);
  if (likely !== undefined && name !== undefined) latest[index] = name;
  return name;
}

function knownName(table: Uint8Array, offset: number): string | undefined {
  let hash = 0;
  let length = 0;
  for (let byte = table[offset]; byte !== 0; byte = table[offset + ++length]) {
    if (byte === undefined || byte >= 0x80 || length === longest) return undefined;
    hash = (Math.imul(hash, 31) + byte) & 0x3fff_ffff;
  }
  const place = hash % names.length;
  const known = names[place]!;
  if (known.length === length && isAt(known, table, offset)) return known;
  return (names[place] = String.fromCharCode(...table.subarray(offset, offset + length)));
}

function isAt(name: string, table: Uint8Array, offset: number): boolean {
  for (let at = 0; at < name.length; at++) if (name.charCodeAt(at) !== table[offset + at]) return false;
  return true;
}
