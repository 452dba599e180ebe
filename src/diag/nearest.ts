/** "Did you mean": the candidate nearest to a misspelt word. */

/** Edits (insert, delete, replace, swap of neighbours) between `a` and `b`, or `limit + 1` once more are needed. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(previous[j]! + 1, row[j - 1]! + 1, previous[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, before[j - 2]! + 1);
      row.push(cost);
      least = Math.min(least, cost);
    }
    if (least > limit) return limit + 1;
    before = previous;
    previous = row;
  }
  return previous[b.length]!;
}

function commonStart(a: string, b: string): number {
  let size = 0;
  while (size < a.length && a[size] === b[size]) size++;
  return size;
}

/**
 * The candidate nearest to `word`, at most a third of its length (at least one edit) away; or undefined. Of those equally near the one
 * that starts like the word, of those the first: the starts of words are seldom misspelt.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let limit = Math.max(1, Math.floor(word.length / 3));
  for (const candidate of candidates) {
    const edits = distance(word, candidate, limit);
    // With every letter another it is another word.
    if (edits > limit || edits >= Math.max(word.length, candidate.length)) continue;
    if (best !== undefined && edits === limit && commonStart(word, candidate) <= commonStart(word, best)) continue;
    best = candidate;
    limit = edits;
    if (limit === 0) break;
  }
  return best;
}
