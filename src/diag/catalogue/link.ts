/** Messages of the `link` room. */

export const linkMessages = {} as const;
