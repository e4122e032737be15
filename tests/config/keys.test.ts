import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { rootKeys } from "../../src/config/schema/keys.ts";
import type { Shape } from "../../src/config/schema/schema.ts";
import { makeStage, oracle, run, type Stage } from "../support/run.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await makeStage();
});
afterAll(() => stage.dispose());

/** Whether the real Codex knows a key: it says which one it does not, whatever its value. */
async function isKnown(table: string, key: string, beside: string): Promise<boolean> {
  const header = table === "" ? "" : `[${table}]\n${beside}\n`;
  writeFileSync(join(stage.codexHome, "config.toml"), `${header}${key} = [[[[1]]]]\n[nobody_knows_this]\nx = 1\n`);
  const { stderr } = await run(oracle(), stage, ["exec", "--strict-config", "--skip-git-repo-check", "hi"], {
    stdin: null,
  });
  const unknown = /unknown configuration field `([^`]*)`/.exec(stderr)?.[1];
  return unknown === undefined || unknown.split(".").at(-1) !== key;
}

const own = new Set(["codex_agent"]);
const tableKeys = (shape: Shape | undefined): string[] =>
  shape?.kind === "table" ? Object.keys(shape.keys) : shape?.kind === "map" ? tableKeys(shape.of) : [];

it("knows no key that the real Codex does not know", async () => {
  const unknown: string[] = [];
  for (const key of Object.keys(rootKeys)) if (!own.has(key) && !(await isKnown("", key, ""))) unknown.push(key);
  for (const [table, name, beside] of [
    ["model_providers.x", "model_providers", 'name = "x"'],
    ["shell_environment_policy", "shell_environment_policy", ""],
    ["tools", "tools", ""],
    ["skills", "skills", ""],
    ["history", "history", ""],
    ["sandbox_workspace_write", "sandbox_workspace_write", ""],
  ] as const) {
    for (const key of tableKeys(rootKeys[name])) {
      if (beside.startsWith(`${key} `)) continue;
      if (!(await isKnown(table, key, beside))) unknown.push(`${table}.${key}`);
    }
  }
  expect(unknown).toEqual([]);
  expect(await isKnown("", "no_such_key", "")).toBe(false);
  expect(await isKnown("skills", "no_such_key", "")).toBe(false);
});

it("knows all keys of the real Codex: 106 of them stand in its table of settings", () => {
  // The number is in the program itself; two of them have no name that anybody has written down.
  const counted = Object.keys(rootKeys).filter((key) => !own.has(key)).length;
  expect(counted).toBeGreaterThanOrEqual(104);
});

it("names every key in docs/configuration.md, as honoured or as not", () => {
  const text = readFileSync(join(import.meta.dirname, "../../docs/configuration.md"), "utf8");
  const named = new Set([...text.matchAll(/`([a-z0-9_.]+)`/g)].map(([, name = ""]) => name.split(".")[0]));
  expect(Object.keys(rootKeys).filter((key) => !named.has(key))).toEqual([]);
  const without = text.slice(text.indexOf("### Known and without effect"), text.indexOf("### Permission profiles"));
  const listed = new Set([...without.matchAll(/`([a-z0-9_]+)`/g)].map(([, name]) => name));
  const ignored = Object.entries(rootKeys).flatMap(([key, shape]) => (shape.kind === "ignored" ? [key] : []));
  expect([...listed].toSorted()).toEqual(ignored.toSorted());
});
