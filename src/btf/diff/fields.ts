/** The members of a struct as C names them: those of members without a name count as its own. */
import type { Btf } from "../btf.js";
import { resolveType } from "../sizes.js";
import type { BtfComposite, BtfType } from "../types.js";
import { Budget } from "../dump/budget.js";

export interface Field {
  /** In bits from the start of the outermost struct. */
  readonly offset: number;
  /** In bits; 0 for what is no bitfield. */
  readonly width: number;
  readonly type: number;
  /** Its type is a struct or union without a name, whose members follow under its name. */
  readonly open: boolean;
}

type Composite = BtfComposite<"struct"> | BtfComposite<"union">;

function isUnnamed(type: BtfType): type is Composite {
  return (type.kind === "struct" || type.kind === "union") && type.name === "";
}

export class Fields {
  readonly #btf: Btf;
  readonly #budget: Budget;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#budget = new Budget(btf);
  }

  /** Name → field, in the order of declaration. Throws `btf-depth`, `btf-output`. */
  of(struct: Composite): ReadonlyMap<string, Field> {
    const found = new Map<string, Field>();
    this.#collect(struct, "", 0, found);
    return found;
  }

  #collect({ members }: Composite, prefix: string, base: number, found: Map<string, Field>): void {
    for (const member of members) {
      this.#budget.spend(1 + prefix.length + member.name.length);
      const { id, type } = resolveType(this.#btf, member.type);
      const open = isUnnamed(type);
      const offset = base + member.offset;
      const name = prefix + member.name;
      if (member.name !== "") found.set(name, { offset, width: member.bitfieldSize, type: member.type, open });
      if (!open) continue;
      const inside = member.name === "" ? prefix : `${name}.`;
      this.#budget.within(id, () => this.#collect(type, inside, offset, found));
    }
  }
}
