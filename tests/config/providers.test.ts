import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { tokenSource } from "../../src/config/secrets/auth-command.ts";
import { resolveCredentials } from "../../src/config/secrets/credentials.ts";
import type { Config } from "../../src/config/config.ts";
import { Secret } from "../../src/config/secrets/secret.ts";
import { AgentError } from "../../src/protocol/errors.ts";
import { askCodex, failureOf, load, put, withStage } from "./place.ts";

const key = (config: Config): string | undefined =>
  resolveCredentials(config.provider, config.environment, config.homes.codex).token?.reveal();

function missing(config: Config): string {
  try {
    key(config);
  } catch (error) {
    if (error instanceof AgentError && error.code === "credentials_missing") return error.message;
    throw error;
  }
  throw new Error("there were credentials");
}

const custom = (lines: string): string =>
  `model_provider = "x"\n[model_providers.x]\nname = "X"\nbase_url = "http://127.0.0.1:1/v1/"\n${lines}`;

describe("providers", () => {
  it("is OpenAI unless something else is named", async () => {
    await withStage({}, async (stage) => {
      expect((await load(stage)).provider).toMatchObject({
        id: "openai",
        baseUrl: "https://api.openai.com/v1",
        requestMaxRetries: 4,
        streamMaxRetries: 5,
        streamIdleTimeoutMs: 300_000,
      });
      const moved = await load(stage, {
        overrides: ["openai_base_url=http://127.0.0.1:9/v1/"],
        env: { ...stage.env, OPENAI_BASE_URL: "http://wrong" },
      });
      expect(moved.provider.baseUrl).toBe("http://127.0.0.1:9/v1");
    });
  });

  it("keeps numbers within what can work", async () => {
    const lines = "request_max_retries = 100000\nstream_max_retries = 0\nstream_idle_timeout_ms = 99999999999\n";
    await withStage({ homeFiles: { "config.toml": custom(lines) } }, async (stage) => {
      expect((await load(stage)).provider).toMatchObject({
        requestMaxRetries: 100,
        streamMaxRetries: 0,
        streamIdleTimeoutMs: 2_147_483_647,
        baseUrl: "http://127.0.0.1:1/v1",
      });
    });
  });

  it("sends the headers and the key that Codex sends", async () => {
    const provider =
      'http_headers = { "X-Fixed" = "f", "X-Both" = "fixed" }\nenv_http_headers = { "x-both" = "BOTH", "X-Empty" = "EMPTY", "X-Unset" = "UNSET" }';
    await askCodex(
      (baseUrl) => ({
        git: true,
        baseUrl,
        config: 'model = "gpt-5.5"',
        provider,
        env: { BOTH: "from env", EMPTY: "" },
      }),
      ["hi"],
      async (stage, _outcome, requests) => {
        const config = await load(stage);
        const ours = Object.fromEntries(
          Object.entries(config.provider.headers).map(([name, value]) => [name.toLowerCase(), value]),
        );
        const sent = requests[0]?.headers ?? {};
        const theirs = Object.fromEntries(
          ["x-fixed", "x-both", "x-empty", "x-unset"].flatMap((name) =>
            sent[name] === undefined ? [] : [[name, sent[name]]],
          ),
        );
        expect(ours).toEqual(theirs);
        expect(`Bearer ${key(config)}`).toBe(sent["authorization"]);
      },
    );
  });
});

describe("credentials", () => {
  it("names the missing variable of a provider, at request time, in Codex's words", async () => {
    await askCodex(
      (baseUrl) => ({ git: true, baseUrl, config: 'model = "gpt-5.5"', env: { FAKE_KEY: "" } }),
      ["hi"],
      async (stage, outcome) => {
        const failed = outcome.events.find((event) => event.type === "turn.failed");
        expect(failed).toEqual({ type: "turn.failed", error: { message: missing(await load(stage)) } });
      },
    );
  });

  it("takes env_key before experimental_bearer_token before nothing", async () => {
    await withStage(
      { homeFiles: { "config.toml": custom('experimental_bearer_token = "tok"\n') }, env: { CODEX_API_KEY: "unused" } },
      async (stage) => {
        expect(key(await load(stage))).toBe("tok");
        expect(key(await load(stage, { overrides: ["model_providers.x.env_key=FAKE_KEY"] }))).toBe("sk-fake");
      },
    );
    await withStage({ homeFiles: { "config.toml": custom("") }, env: { CODEX_API_KEY: "unused" } }, async (stage) => {
      expect(key(await load(stage))).toBeUndefined();
      expect(key(await load(stage, { overrides: ["model_providers.x.requires_openai_auth=true"] }))).toBe("unused");
    });
  });

  it("takes CODEX_API_KEY, then auth.json, and never OPENAI_API_KEY from the environment", async () => {
    await withStage({ env: { OPENAI_API_KEY: "no" } }, async (stage) => {
      expect(missing(await load(stage))).toContain("set CODEX_API_KEY");
      expect(key(await load(stage, { overrides: ["openai_base_url=http://127.0.0.1:9"] }))).toBeUndefined();
      await put(stage, "codex-home/auth.json", '{"auth_mode":"apikey","OPENAI_API_KEY":"stored"}');
      expect(key(await load(stage))).toBe("stored");
      expect(key(await load(stage, { env: { ...stage.env, CODEX_API_KEY: " given\n" } }))).toBe("given");
    });
  });

  it.each([
    [
      '{"auth_mode":"agentIdentity","agent_identity":{"token":"hidden"}}',
      'holds a login of the kind "agentIdentity", which is not supported',
    ],
    ['{"OPENAI_API_KEY":"hidden', "is not valid JSON"],
    ["[]", "is not a JSON object"],
  ])("says what is wrong with auth.json %j and quotes nothing of it", async (auth, reason) => {
    await withStage({ homeFiles: { "auth.json": auth } }, async (stage) => {
      const said = missing(await load(stage));
      expect(said).toContain(reason);
      expect(said).not.toContain("hidden");
    });
  });

  it("takes keys from .env, under what is set already, and no variable of Codex", async () => {
    const homeFiles = {
      "config.toml": custom('env_key = "OWN_KEY"\n'),
      ".env": '# keys\nexport OWN_KEY="caf\u00e9 # 1"\nFAKE_KEY=other\nCODEX_API_KEY=x\ncodex_home=/y\n',
    };
    await withStage({ homeFiles }, async (stage) => {
      const config = await load(stage);
      expect(key({ ...config, environment: config.environment })).toBe("caf\u00e9 # 1");
      expect(config.environment).toMatchObject({ FAKE_KEY: "sk-fake" });
      expect(Object.keys(config.environment)).not.toEqual(expect.arrayContaining(["CODEX_API_KEY"]));
      expect(config.environment).not.toHaveProperty("codex_home");
    });
  });

  it("knows every variable that commands must not see", async () => {
    const config = `${custom('env_key = "A"\nenv_http_headers = { h = "B" }\n')}[model_providers.other]\nname = "o"\nenv_key = "C"\n[mcp_servers.m]\nurl = "http://x"\nbearer_token_env_var = "D"\nenv_http_headers = { h = "E" }\n`;
    await withStage({ homeFiles: { "config.toml": config } }, async (stage) => {
      expect([...(await load(stage)).secretNames].sort()).toEqual([
        "A",
        "B",
        "C",
        "CODEX_API_KEY",
        "D",
        "E",
        "OPENAI_API_KEY",
      ]);
    });
  });

  it("never shows a secret by accident", () => {
    const secret = new Secret("hush");
    for (const shown of [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ a: [secret] }, { depth: 9, showHidden: true }),
    ]) {
      expect(shown).toContain("***");
      expect(shown).not.toContain("hush");
    }
    expect(secret.reveal()).toBe("hush");
  });

  it("knows whether anything about models was set up at all", async () => {
    await withStage({ env: { FAKE_KEY: "" } }, async (stage) => {
      const setUp = async (input: Parameters<typeof load>[1] = {}): Promise<boolean> =>
        (await load(stage, input)).hasAnyModelSetup;
      expect(await setUp()).toBe(false);
      expect(await setUp({ overrides: ["sandbox_mode=read-only"] })).toBe(false);
      expect(await setUp({ model: "demo" })).toBe(true);
      expect(await setUp({ overrides: ["openai_base_url=http://127.0.0.1"] })).toBe(true);
      expect(await setUp({ env: { ...stage.env, OPENAI_API_KEY: "x" } })).toBe(true);
      await put(stage, "codex-home/auth.json", "{}");
      expect(await setUp()).toBe(true);
    });
  });
});

describe("a command that prints the key", () => {
  const auth = (lines: string): string => `${custom("")}[model_providers.x.auth]\n${lines}`;

  async function tokens(lines: string, count: number): Promise<string[]> {
    const told: string[] = [];
    await withStage({ homeFiles: { "config.toml": auth(lines) } }, async (stage) => {
      const { provider, environment } = await load(stage);
      let now = 0;
      const next = tokenSource({ ...provider.auth!, cwd: stage.workspace }, environment, () => now);
      for (let index = 0; index < count; index++) {
        told.push((await next()).token.reveal());
        now += 1000;
      }
    });
    return told;
  }

  it("is asked again when its token has grown old, and once for requests that come together", async () => {
    const counting = 'command = "sh"\nargs = ["-c", "echo x >> n; wc -l < n"]\n';
    expect(await tokens(`${counting}refresh_interval_ms = 2000\n`, 4)).toEqual(["1", "1", "2", "2"]);
    expect(await tokens(`${counting}refresh_interval_ms = 0\n`, 4)).toEqual(["1", "1", "1", "1"]);
  });

  it.each([
    ['command = "sh"\nargs = ["-c", "echo sk-secret; exit 3"]\n', "ended with 3"],
    ['command = "true"\n', "printed no token"],
    ['command = "/no/such/program"\n', "cannot be run (ENOENT)"],
    ['command = "sh"\nargs = ["-c", "exec sleep 60"]\ntimeout_ms = 50\n', "within 50 ms"],
  ])("fails in words that hold no secret: %j", async (lines, said) => {
    const failure = await tokens(lines, 1).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "credentials_missing", message: expect.stringContaining(said) as string });
    expect(inspect(failure)).not.toContain("sk-secret");
  });

  it("stands alone, and has a program", async () => {
    for (const [lines, said] of [
      ['command = ""\n', "`model_providers.x.auth.command` is missing"],
      [
        'command = "a"\n[model_providers.y]\nname = "Y"\n[model_providers.y.aws]\n',
        "`model_providers.y.aws` is not supported",
      ],
    ] as const)
      await withStage({ homeFiles: { "config.toml": auth(lines) } }, async (stage) =>
        expect(await failureOf(stage)).toContain(said),
      );
    const twice = `${custom('env_key = "K"\n')}[model_providers.x.auth]\ncommand = "a"\n`;
    await withStage({ homeFiles: { "config.toml": twice } }, async (stage) =>
      expect(await failureOf(stage)).toContain("both say where the key comes from"),
    );
  });
});
