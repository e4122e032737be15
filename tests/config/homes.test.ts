import { execFile } from "node:child_process";
import { rmdirSync, mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { findHomes } from "../../src/config/homes.ts";
import { load, withStage } from "./place.ts";

const loader = resolve(import.meta.dirname, "../../src/config/load.ts");

/** Runs a module in a Node of its own, as the command line tool would. */
async function runNode(source: string, options: { cwd: string; env?: Record<string, string> }): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--no-warnings", "--input-type=module", "-e", source],
    options,
  );
  return stdout.trim();
}

describe("homes", () => {
  it("are what the variables say, else folders of the user's home, which need not exist", () => {
    expect(findHomes({ HOME: "/h" })).toEqual({ user: "/h", codex: "/h/.codex", runtime: "/h/.agent_runtime" });
    expect(findHomes({ HOME: "/h", CODEX_HOME: "", AGENT_RUNTIME_DIR: "/r" })).toMatchObject({
      codex: "/h/.codex",
      runtime: "/r",
    });
    expect(findHomes({ HOME: "/h", CODEX_HOME: "/tmp" }).codex).toBe("/tmp");
  });

  it("come from the password file when HOME is not set", () => {
    expect(findHomes({}).codex).toBe(join(userInfo().homedir, ".codex"));
  });
});

describe("loading", () => {
  it("gives a frozen configuration", async () => {
    await withStage({ homeFiles: { "config.toml": "[history]\nmax_bytes = 1\n" } }, async (stage) => {
      const config = await load(stage);
      for (const part of [
        config,
        config.settings,
        config.settings["history"],
        config.permissions.writableRoots,
        config.provider,
      ]) {
        expect(Object.isFrozen(part)).toBe(true);
      }
    });
  });

  it("has Codex's defaults", async () => {
    await withStage({}, async (stage) => {
      expect(await load(stage)).toMatchObject({
        cwd: stage.workspace,
        projectRoot: null,
        model: null,
        webSearch: "cached",
        projectDocs: { maxBytes: 32_768, fallbackNames: [] },
        includeEnvironmentContext: true,
        shellEnvironment: { inherit: "all" },
        history: { persistence: "save-all", maxBytes: null },
        warnings: [],
        notices: [],
      });
      expect((await load(stage, { sandbox: "danger-full-access" })).webSearch).toBe("live");
    });
  });

  it("loads no TOML parser for what the official SDK passes, without files", async () => {
    const source = `
      import { registerHooks } from "node:module";
      const seen = [];
      registerHooks({ resolve(specifier, context, next) { seen.push(specifier); return next(specifier, context); } });
      const { loadConfig } = await import(${JSON.stringify(loader)});
      const overrides = ['openai_base_url="http://127.0.0.1:1/v1"', 'model_reasoning_effort="high"', "sandbox_workspace_write.network_access=true", 'web_search="live"', "project_doc_max_bytes=10"];
      const input = { env: { HOME: process.cwd() }, systemDirectory: "/nowhere" };
      const config = await loadConfig({ ...input, overrides });
      const before = seen.filter((name) => name.includes("toml") && !name.startsWith(".")).length;
      await loadConfig({ ...input, overrides: ["tui={}"] });
      console.log(JSON.stringify([config.reasoningEffort, config.permissions.networkAccess, before, seen.includes("smol-toml")]));`;
    await withStage({}, async (stage) => {
      expect(JSON.parse(await runNode(source, { cwd: stage.workspace }))).toEqual(["high", true, 0, true]);
    });
  });

  it("says so when the current directory is gone", async () => {
    const source = `
      import { rmdirSync } from "node:fs";
      const { loadConfig } = await import(${JSON.stringify(loader)});
      rmdirSync(process.cwd());
      await loadConfig({ env: { HOME: "/" } }).catch((error) => console.log(error.code, error.message));`;
    await withStage({}, async (stage) => {
      const cwd = join(stage.root, "gone");
      mkdirSync(cwd);
      expect(await runNode(source, { cwd })).toMatch(/^config The current directory no longer exists/);
      expect(() => rmdirSync(cwd)).toThrow("ENOENT");
    });
  });
});
