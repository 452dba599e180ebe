/** Room `link`: Objects to one Object. */
export { link } from "./link.js";
export type { LinkOptions, LinkResult } from "./types.js";
