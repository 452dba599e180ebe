/** Messages of the `btf` room. */

export const btfMessages = {} as const;
