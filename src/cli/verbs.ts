/** All verbs, in the order of the help. What each does stands in the file of its name: `as.ts`, `btf-dump.ts`. */
import { ld } from "./ld-options.js";
import { as } from "./verb-as.js";
import type { Verb } from "./verb.js";
import { btfDiff, btfDump, btfMin } from "./verbs-btf.js";
import { objcopy, strip } from "./verbs-copy.js";
import { ar, size } from "./verbs-files.js";
import { nm, objdump, readelf } from "./verbs-inspect.js";
import { load, run } from "./verbs-run.js";

export { ar, as, btfDiff, btfDump, btfMin, ld, load, nm, objcopy, objdump, readelf, run, size, strip };

export const verbs: Readonly<Record<string, Verb>> = {
  as,
  ld,
  objdump,
  readelf,
  nm,
  size,
  ar,
  objcopy,
  strip,
  "btf dump": btfDump,
  "btf diff": btfDiff,
  "btf min": btfMin,
  run,
  load,
};
