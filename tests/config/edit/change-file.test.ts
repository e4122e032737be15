import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { isTable, valueAt, type TomlValue } from "../../../src/config/toml/toml-values.ts";
import { parseTomlFile } from "../../../src/config/toml/toml.ts";
import type { Stage } from "../../support/run.ts";
import { withStage } from "../place.ts";

const source = (name: string): string => JSON.stringify(join(import.meta.dirname, "../../../src", name));

/** Eight writes at once, of each of several processes. */
const writing = (writes: string): string => `
  const { findHomes } = await import(${source("config/homes.ts")});
  const homes = findHomes(process.env);
  ${writes}
  await Promise.all(Array.from({ length: 8 }, (_, index) => write(process.argv[1] + index)));`;

const writers = {
  "trust in folders": `
    const { loadConfig } = await import(${source("config/load.ts")});
    const write = (name) => loadConfig({ env: { ...process.env }, from: process.cwd() + "/" + name, trust: true });`,
  "trust in hooks": `
    const { saveHookTrust } = await import(${source("config/hooks/save-trust.ts")});
    const write = (name) => saveHookTrust(homes, [{ key: name, hash: "sha256:" + name }]);`,
  "single settings": `
    const { writeSetting } = await import(${source("config/change-config.ts")});
    const write = (name) => writeSetting(homes, null, ["desktop", name], true);`,
  "skills that are off": `
    const { setSkillEnabled } = await import(${source("config/skill-switch.ts")});
    const write = (name) => setSkillEnabled(homes, { name }, false);`,
  "MCP servers": `
    const { add } = await import(${source("doors/mcp/mcp-door.ts")});
    process.stdout.write = () => true;
    const write = (name) => add({ name, server: { command: "true" } });`,
};

const kept: Record<keyof typeof writers, (table: TomlValue, stage: Stage) => string[]> = {
  "trust in folders": (table, stage) =>
    keysAt(table, "projects").map((path) => path.slice(realpathSync(stage.workspace).length + 1)),
  "trust in hooks": (table) => keysAt(table, "hooks", "state"),
  "single settings": (table) => keysAt(table, "desktop"),
  "skills that are off": (table) => {
    const off = isTable(table) ? valueAt(table, ["skills", "config"]) : [];
    return Array.isArray(off) ? off.map((skill) => String(isTable(skill) && skill["name"])) : [];
  },
  "MCP servers": (table) => keysAt(table, "mcp_servers"),
};

function keysAt(table: TomlValue, ...path: string[]): string[] {
  const found = isTable(table) ? valueAt(table, path) : undefined;
  return found !== undefined && isTable(found) ? Object.keys(found) : [];
}

const processes = ["a", "b", "c"];
const names = processes.flatMap((name) => Array.from({ length: 8 }, (_, index) => `${name}${index}`));

it.each(Object.keys(writers) as (keyof typeof writers)[])(
  "of %s that are written at once, in one process and in others, none is lost",
  (what) =>
    withStage({ homeFiles: { "config.toml": '# mine\nmodel = "m"\n' } }, async (stage) => {
      for (const name of names) mkdirSync(join(stage.workspace, name));
      const children = processes.map((name) =>
        spawn(process.execPath, ["--input-type=module", "-e", writing(writers[what]), name], {
          cwd: stage.workspace,
          env: stage.env,
          stdio: "inherit",
        }),
      );
      const codes = await Promise.all(children.map(async (child) => (await once(child, "exit"))[0] as number));
      expect(codes).toEqual([0, 0, 0]);
      const file = join(stage.codexHome, "config.toml");
      const text = readFileSync(file, "utf8");
      expect(kept[what](await parseTomlFile(file, text), stage).toSorted()).toEqual(names);
      expect(text).toMatch(/^# mine\nmodel = "m"\n/);
    }),
);
