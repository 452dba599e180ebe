/** Messages of the `kernel` room. */

export const kernelMessages = {} as const;
