import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeStage, oracle, ours, run, type Outcome, type Stage, type StageOptions } from "../../support/run.ts";
import { put, trusted } from "../../config/place.ts";

async function withOurs(
  options: StageOptions,
  use: (say: (...argv: string[]) => Promise<Outcome>, stage: Stage) => Promise<void>,
  stdin = "",
): Promise<void> {
  const stage = await makeStage(options);
  try {
    await use((...argv) => run(ours(), stage, argv, { stdin }), stage);
  } finally {
    await stage.dispose();
  }
}

interface Shown {
  settings: { key: string; value: unknown; from: string; honoured: boolean }[];
  notices: string[];
}

const config = `model = "base"

[model_providers.mine]
name = "Mine"
base_url = "http://user:pass@127.0.0.1:1/v1"
experimental_bearer_token = "sk-secret"
http_headers = { "x-key" = "sk-secret" }

[mcp_servers.docs]
command = "docs"
env = { TOKEN = "sk-secret" }

[tui]
theme = "dark"

[profiles.fast]
model_verbosity = "low"
`;

describe("config show", () => {
  it("says of each setting where it comes from: file and line, flag, option or default", async () => {
    await withOurs({ git: true, homeFiles: { "config.toml": config } }, async (say, stage) => {
      const file = join(stage.codexHome, "config.toml");
      await put(stage, "codex-home/config.toml", `${config}\n${trusted(stage.workspace)}`);
      await put(stage, "workspace/.codex/config.toml", '# ours\nweb_search = "live"\n');
      const flags = ["-p", "fast", "-c", "personality=friendly", "-s", "danger-full-access"];
      const shown = await say(...flags, "config", "show", "--json");
      const { settings } = JSON.parse(shown.stdout) as Shown;
      const of = (key: string) => settings.find((setting) => setting.key === key);
      expect(of("model")).toMatchObject({ value: "base", from: `${file}:1` });
      expect(of("model_verbosity")).toMatchObject({ value: "low", from: `${file}:17` });
      expect(of("web_search")).toMatchObject({
        value: "live",
        from: `${join(stage.workspace, ".codex", "config.toml")}:2`,
      });
      expect(of("personality")).toMatchObject({ value: "friendly", from: "-c personality" });
      expect(of("sandbox_mode")).toMatchObject({ value: "danger-full-access", from: "option" });
      expect(of("approval_policy")).toMatchObject({ value: "on-request", from: "default" });
      expect(of("tui.theme")).toMatchObject({ honoured: false, from: `${file}:14` });
      expect(of("model")).toMatchObject({ honoured: true });
      expect(of("profiles.fast.model_verbosity")).toBeUndefined();
    });
  });

  it("shows no secret, in neither form", async () => {
    await withOurs({ homeFiles: { "config.toml": config } }, async (say) => {
      for (const argv of [
        ["config", "show"],
        ["config", "show", "--json"],
        ["config", "get", "model_providers"],
      ]) {
        const { stdout, stderr, code } = await say(...argv);
        expect(code).toBe(0);
        expect(stdout).toContain("model_providers.mine.experimental_bearer_token");
        expect(stdout).toContain("***");
        expect(stdout + stderr).not.toMatch(/sk-secret|pass@/);
      }
    });
  });
});

describe("config get", () => {
  it("prints one value, or the settings below a table; what is not set is an error", async () => {
    await withOurs({ homeFiles: { "config.toml": config } }, async (say) => {
      expect((await say("config", "get", "model")).stdout).toBe("base\n");
      expect((await say("config", "get", "project_doc_max_bytes")).stdout).toBe("32768\n");
      expect((await say("config", "get", "tui")).stdout).toBe('tui.theme = "dark"\n');
      const missing = await say("config", "get", "compact_prompt");
      expect([missing.code, missing.stderr]).toEqual([1, "Error: `compact_prompt` is not set\n"]);
    });
  });
});

describe("config set", () => {
  it("writes what fits and leaves the rest as it stands", async () => {
    await withOurs({ homeFiles: { "config.toml": `# mine\n${config}` } }, async (say, stage) => {
      const file = join(stage.codexHome, "config.toml");
      expect((await say("config", "set", "model", "other")).stdout).toBe(`Set model in ${file}.\n`);
      expect(readFileSync(file, "utf8")).toBe(`# mine\n${config}`.replace('"base"', '"other"'));
      expect((await say("config", "set", "history.max_bytes", "5")).code).toBe(0);
      expect((await say("config", "get", "history.max_bytes")).stdout).toBe("5\n");
      await say("-p", "new", "config", "set", "model", "of-profile");
      expect(readFileSync(join(stage.codexHome, "new.config.toml"), "utf8")).toBe('model = "of-profile"\n');
    });
  });

  it.each([
    ["sandbox_mode", "nope", "`sandbox_mode` must be one of"],
    ["history.max_bytes", "many", "`history.max_bytes` must be an integer from 0 on, found the string"],
    ["modell", "x", "unknown configuration key `modell`"],
    ["features.nope", "true", "Unknown feature flag: nope"],
  ])("refuses %s = %s by key and wanted type, with nothing written", async (key, value, said) => {
    await withOurs({}, async (say, stage) => {
      const refused = await say("config", "set", key, value);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain(said);
      expect(existsSync(join(stage.codexHome, "config.toml"))).toBe(false);
    });
  });
});

describe("features", () => {
  it("lists what the real Codex lists, as it does, with what a file says", async () => {
    await withOurs({ homeFiles: { "config.toml": "[features]\ngoals = false\n" } }, async (say, stage) => {
      const real = await run(oracle(), stage, ["features", "list"]);
      expect((await say("features", "list")).stdout).toBe(real.stdout);
      const listed = JSON.parse((await say("features", "list", "--json")).stdout) as unknown[];
      expect(listed).toHaveLength(215);
      expect(listed).toContainEqual(expect.objectContaining({ name: "goals", enabled: false }));
    });
  });

  it.each(["enable", "disable"])("%ss in config.toml as the real Codex does", async (verb) => {
    const before = '# about\nmodel = "a"\n\n[features]\n# why\nhooks = true # so\n';
    for (const name of ["goals", "hooks", "no_such_feature"]) {
      const [real, got] = await Promise.all(
        [oracle(), ours()].map(async (binary) => {
          const stage = await makeStage({ homeFiles: { "config.toml": before } });
          const { stdout, stderr, code } = await run(binary, stage, ["features", verb, name]);
          const text = readFileSync(join(stage.codexHome, "config.toml"), "utf8");
          await stage.dispose();
          return { stdout, stderr, code, text };
        }),
      );
      expect(got).toEqual(real);
    }
  });
});

describe("models", () => {
  it("lists the catalog in force, and the configured model as assumed where it has none of its name", async () => {
    await withOurs({ homeFiles: { "config.toml": 'model = "my-own"\n' } }, async (say) => {
      const { models } = JSON.parse((await say("models", "--json")).stdout) as {
        models: { name: string; known: boolean; contextWindow: number; readsImages: boolean; efforts: string[] }[];
      };
      expect(models[0]).toMatchObject({ name: "my-own", known: false, contextWindow: 272_000 });
      expect(models[1]).toMatchObject({ name: "gpt-6.1-sol", readsImages: true });
      expect(models.map(({ name }) => name)).not.toContain("codex-auto-review");
      expect((await say("models", "--all")).stdout).toContain("codex-auto-review");
      expect((await say("models")).stdout).toMatch(/\* +my-own \(assumed\) +272000/);
    });
  });

  it("reads the file of model_catalog_json, and says where it is wrong", async () => {
    const entry = { slug: "mine", display_name: "M", context_window: 1000, default_reasoning_level: "low" };
    await withOurs({ homeFiles: { "config.toml": 'model_catalog_json = "catalog.json"\n' } }, async (say, stage) => {
      await put(stage, "codex-home/catalog.json", JSON.stringify({ models: [entry] }));
      expect((await say("models")).stdout).toMatch(/\* +mine +1000/);
      await put(stage, "codex-home/catalog.json", '{"models":[{}]}');
      const refused = await say("exec", "--skip-git-repo-check", "hi");
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("lacks `models[0].slug`")]);
    });
  });
});

describe("login", () => {
  it("keeps, shows and forgets a key as the real Codex does", async () => {
    const play = async (binary: ReturnType<typeof ours>): Promise<unknown[]> => {
      const stage = await makeStage();
      const told: unknown[] = [];
      const file = join(stage.codexHome, "auth.json");
      for (const [argv, stdin] of [
        [["login", "status"], ""],
        [["login", "--with-api-key"], ""],
        [["login", "--with-api-key"], "sk-abcdefghijklmnopqrstuvwxyz\n"],
        [["login", "status"], ""],
        [["login", "--with-api-key"], "short"],
        [["login", "status"], ""],
        [["logout"], ""],
        [["logout"], ""],
      ] as const) {
        const { stdout, stderr, code } = await run(binary, stage, argv, { stdin });
        const kept = existsSync(file) ? [readFileSync(file, "utf8"), statSync(file).mode & 0o777] : null;
        told.push({ argv, stdout, stderr, code, kept });
      }
      await stage.dispose();
      return told;
    };
    expect(await play(ours())).toEqual(await play(oracle()));
  });

  it("refuses what is no key", async () => {
    await withOurs(
      {},
      async (say, stage) => {
        expect((await say("login")).code).toBe(1);
        expect(existsSync(join(stage.codexHome, "auth.json"))).toBe(false);
      },
      "two words",
    );
  });
});

describe("whoami", () => {
  it("says whom requests go to and with which key, or what is missing", async () => {
    await withOurs({ baseUrl: "http://127.0.0.1:9/v1" }, async (say) => {
      const { stdout, code } = await say("whoami");
      expect([code, stdout]).toEqual([0, "fake (http://127.0.0.1:9/v1)\nAPI key *** from FAKE_KEY\n"]);
    });
    await withOurs({}, async (say) => {
      const out = await say("whoami");
      expect([out.code, out.stderr]).toEqual([1, expect.stringContaining("Not logged in to OpenAI")]);
      const object = JSON.parse((await say("whoami", "--json")).stdout) as unknown;
      expect(object).toMatchObject({ provider: "openai", loggedIn: false });
    });
  });
});
