/** Exit codes: all well, an input is wrong, the command line is wrong. */
export const exitCodes = { ok: 0, input: 1, usage: 2 } as const;
