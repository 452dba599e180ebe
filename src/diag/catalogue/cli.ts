/** Messages of the `cli` room. */

export const cliMessages = {} as const;
