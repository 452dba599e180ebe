/** All verbs, in the order of the help. What each does stands in the file of its name: `as.ts`, `btf-dump.ts`. */
import { ld } from "./ld-options.js";
import { as } from "./verb-as.js";
import type { Verb } from "./verb.js";
import { btfVerbs } from "./verbs-btf.js";
import { copyVerbs } from "./verbs-copy.js";
import { fileVerbs } from "./verbs-files.js";
import { inspectVerbs } from "./verbs-inspect.js";
import { runVerbs } from "./verbs-run.js";

export const verbs: Readonly<Record<string, Verb>> = {
  as,
  ld,
  ...inspectVerbs,
  ...fileVerbs,
  ...copyVerbs,
  ...btfVerbs,
  ...runVerbs,
};
