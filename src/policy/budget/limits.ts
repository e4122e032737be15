import { describeValue, isTable, type TomlTable } from "../../config/toml/toml-values.ts";
import { AgentError } from "../../protocol/errors.ts";

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

const keys = scopes.flatMap((scope) => units.map((unit) => keyOf({ scope, unit })));

/** `[codex_agent.budget]`. @throws AgentError `config` */
export function readLimits(own: TomlTable): readonly Limit[] {
  const table = own["budget"];
  if (table === undefined) return [];
  if (!isTable(table)) throw wrong("codex_agent.budget is no table");
  const other = Object.keys(table).find((key) => !keys.includes(key));
  if (other !== undefined) throw wrong(`codex_agent.budget.${other} is not known`);
  return scopes.flatMap((scope) =>
    units.flatMap((unit): Limit[] => {
      const key = keyOf({ scope, unit });
      const most = table[key];
      if (most === undefined) return [];
      const fits = typeof most === "number" && Number.isFinite(most) && most >= 0;
      if (!fits || (unit === "tokens" && !Number.isSafeInteger(most))) {
        const what = unit === "tokens" ? "a whole number of tokens" : "a number of dollars";
        throw wrong(`codex_agent.budget.${key} is ${describeValue(most)}, which is not ${what}`);
      }
      return [{ scope, unit, most }];
    }),
  );
}

const wrong = (what: string): AgentError =>
  new AgentError("config", `${what}; [codex_agent.budget] may hold ${keys.join(", ")}`);
