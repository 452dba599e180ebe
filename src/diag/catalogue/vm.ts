/** Messages of the `vm` room. */

export const vmMessages = {} as const;
