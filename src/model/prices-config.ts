import { describeValue, isTable, type TomlTable, type TomlValue } from "../config/toml/toml-values.ts";
import { AgentError } from "../protocol/errors.ts";
import { type Price, Prices } from "./prices.ts";

const known = ["input", "cached_input", "output"] as const;

/** `[codex_agent.prices."MODEL"]`. @throws AgentError `config` */
export function readPrices(own: TomlTable): Prices {
  const table = own["prices"];
  if (table === undefined) return new Prices();
  if (!isTable(table)) throw wrong("codex_agent.prices is no table");
  return new Prices(new Map(Object.entries(table).map(([model, value]) => [model, priceOf(model, value)])));
}

function priceOf(model: string, value: TomlValue): Price {
  const name = `codex_agent.prices.${JSON.stringify(model)}`;
  if (!isTable(value)) throw wrong(`${name} is no table`);
  const table = value;
  const other = Object.keys(table).find((key) => !(known as readonly string[]).includes(key));
  if (other !== undefined) throw wrong(`${name}.${other} is not known; there are ${known.join(", ")}`);
  const input = dollars(name, table, "input");
  const output = dollars(name, table, "output");
  if (input === null) throw wrong(`${name} does not say what input costs`);
  if (output === null) throw wrong(`${name} does not say what output costs`);
  // Where nobody says that cached tokens are cheaper, they are not.
  return { input, cachedInput: dollars(name, table, "cached_input") ?? input, output };
}

function dollars(name: string, table: TomlTable, key: (typeof known)[number]): number | null {
  const value = table[key];
  if (value === undefined) return null;
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw wrong(`${name}.${key} is ${describeValue(value)}, which is no price`);
}

const wrong = (what: string): AgentError =>
  new AgentError(
    "config",
    `${what}; write [codex_agent.prices."MODEL"] with input, cached_input and output in dollars for a million tokens`,
  );
