/** Names of sections. The sections of all files have few, so that each is made once, and equal ones are the same string. */

/** Longer names are left to who decodes string tables. */
const longest = 31;
/** The last name of each hash: most names are common ones, and the newest of the others takes the place of an older one. */
const names: string[] = Array.from({ length: 1024 }, () => "");

/** The name at `offset` of a section name table; undefined where it is long or not ASCII, or where none ends. */
export function shortName(table: Uint8Array, offset: number): string | undefined {
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
