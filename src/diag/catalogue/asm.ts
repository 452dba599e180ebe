/** Messages of the `asm` room. */

export const asmMessages = {} as const;
