import type { TomlTable } from "../config/toml/toml-values.ts";
import { AgentError } from "../protocol/errors.ts";
import { type Price, Prices } from "./prices.ts";

type PriceTable = { readonly [Key in "input" | "cached_input" | "output"]?: number };

/** `[codex_agent.prices."MODEL"]`. @throws AgentError `config` where a price is missing. */
export function readPrices(own: TomlTable): Prices {
  const table = (own["prices"] ?? {}) as Readonly<Record<string, PriceTable>>;
  return new Prices(new Map(Object.entries(table).map(([model, prices]) => [model, priceOf(model, prices)])));
}

function priceOf(model: string, { input, output, cached_input: cachedInput }: PriceTable): Price {
  if (input === undefined) throw missing(model, "input");
  if (output === undefined) throw missing(model, "output");
  // Where nobody says that cached tokens are cheaper, they are not.
  return { input, cachedInput: cachedInput ?? input, output };
}

const missing = (model: string, what: string): AgentError =>
  new AgentError(
    "config",
    `codex_agent.prices.${JSON.stringify(model)} does not say what ${what} costs; write [codex_agent.prices."MODEL"] with input, cached_input and output in dollars for a million tokens`,
  );
