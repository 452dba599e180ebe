/** Searching what is sorted. */

/** How many of `length` sorted items are before a place: `isBefore` is true for these, which stand first, and false for the rest. */
export function countBefore(length: number, isBefore: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
