import { valueAt, type TomlTable } from "../../config/toml/toml-values.ts";

/** How far a budget reaches: a turn with all that its sub-agents do, a thread with them, a local day with everything. */
export type Scope = "turn" | "thread" | "day";
export type Unit = "tokens" | "usd";

export interface Limit {
  readonly scope: Scope;
  readonly unit: Unit;
  readonly most: number;
}

const scopes: readonly Scope[] = ["turn", "thread", "day"];
const units: readonly Unit[] = ["tokens", "usd"];

/** The key of a budget in `[codex_agent.budget]`. */
export const keyOf = ({ scope, unit }: Pick<Limit, "scope" | "unit">): string => `${scope}_${unit}`;

/** `[codex_agent.budget]`. */
export function readLimits(own: TomlTable): readonly Limit[] {
  return scopes.flatMap((scope) =>
    units.flatMap((unit): Limit[] => {
      const most = valueAt(own, ["budget", keyOf({ scope, unit })]) as number | undefined;
      return most === undefined ? [] : [{ scope, unit, most }];
    }),
  );
}
