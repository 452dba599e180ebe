/** Messages of the `object` room. */

export const objectMessages = {} as const;
