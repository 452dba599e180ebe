/** Messages of the `elf` room. */

export const elfMessages = {} as const;
