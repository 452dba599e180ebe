/** What a text may make the assembler keep. */

/** A section has at most this many bytes. */
export const maxBytes: number = 2 ** 30;

/** What `.zero` and the like may ask for in all sections that have contents: more bytes than the text has cost memory. */
export const maxFilled: number = 2 ** 27;
