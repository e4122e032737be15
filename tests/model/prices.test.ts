import { expect, test } from "vitest";
import { parseTomlFile } from "../../src/config/toml/toml.ts";
import { isTable, type TomlTable } from "../../src/config/toml/toml-values.ts";
import { readPrices } from "../../src/model/prices-config.ts";
import { costOf, Prices } from "../../src/model/prices.ts";

async function own(text: string): Promise<TomlTable> {
  const table = (await parseTomlFile("config.toml", text))["codex_agent"];
  if (!isTable(table)) throw new Error("no table");
  return table;
}

test("a known model has a price, with a date behind its name too, and one that looks alike has none", () => {
  const prices = new Prices();
  expect(prices.of("gpt-5.5")).toEqual({ input: 5, cachedInput: 0.5, output: 30 });
  expect(prices.of("gpt-5-2025-08-07")).toEqual(prices.of("gpt-5"));
  expect(prices.of("gpt-5.6-sol")).toBeNull();
  expect(prices.of("gpt-5-ultra")).toBeNull();
  expect(prices.of("toString")).toBeNull();
});

test("a configured price stands before the list, and cached tokens cost as much as others where nobody says less", async () => {
  const prices = readPrices(
    await own(
      '[codex_agent.prices."gpt-5.5"]\ninput = 1\noutput = 2.5\n[codex_agent.prices."my/model"]\ninput = 4\ncached_input = 0.25\noutput = 8',
    ),
  );
  expect(prices.of("gpt-5.5")).toEqual({ input: 1, cachedInput: 1, output: 2.5 });
  expect(prices.of("my/model")).toEqual({ input: 4, cachedInput: 0.25, output: 8 });
  expect(prices.of("gpt-5")).not.toBeNull();
});

test("cached tokens are a part of the input", () => {
  const price = { input: 4, cachedInput: 1, output: 10 };
  expect(costOf(price, { inputTokens: 1_000_000, cachedInputTokens: 500_000, outputTokens: 100_000 })).toBe(3.5);
});

test.each([
  ['[codex_agent.prices."m"]\ninput = 1', 'codex_agent.prices."m" does not say what output costs'],
  ['[codex_agent.prices."m"]\noutput = 1', 'codex_agent.prices."m" does not say what input costs'],
])("%s is refused by name", async (text, message) => {
  const table = await own(text);
  expect(() => readPrices(table)).toThrow(
    expect.objectContaining({ code: "config", message: expect.stringContaining(message) }),
  );
});
