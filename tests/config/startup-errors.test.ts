import { describe, expect, it } from "vitest";
import { oracle, run } from "../support/run.ts";
import { failureOf, load, withStage } from "./place.ts";

interface Case {
  what: string;
  config: string;
  argv?: string[];
  input?: Parameters<typeof load>[1];
}

async function both({
  config,
  argv = [],
  input = {},
}: Case): Promise<{ theirs: string; ours: string; code: number | null }> {
  return withStage({ git: true, homeFiles: { "config.toml": config } }, async (stage) => {
    const real = await run(oracle(), stage, ["exec", ...argv, "hi"], { stdin: null, limitMs: 20_000 });
    return { theirs: real.stderr.trimEnd(), ours: await failureOf(stage, input), code: real.code };
  });
}

describe("failures before the first turn", () => {
  const sameText: Case[] = [
    { what: "an unknown provider", config: 'model_provider = "zzz"\n' },
    {
      what: "an unknown provider given with -c",
      config: "",
      argv: ["-c", "model_provider=zzz"],
      input: { overrides: ["model_provider=zzz"] },
    },
    { what: 'approval_policy = "untrusted"', config: 'approval_policy = "untrusted"\n' },
    { what: "a working directory that is missing", config: "", argv: ["-C", "/nowhere"], input: { cwd: "/nowhere" } },
    { what: "a feature that nobody knows", config: "", argv: ["--enable", "zork"], input: { enable: ["zork"] } },
  ];
  it.each(sameText)("says what Codex says: $what", async (one) => {
    const { theirs, ours, code } = await both(one);
    expect(code).toBe(1);
    expect(ours).toBe(theirs);
  });

  const samePlace: Case[] = [
    { what: "a syntax error", config: "model = \n" },
    { what: "a key given twice", config: 'model = "a"\nmodel = "b"\n' },
    { what: "a wrong type in a list", config: "# first\nproject_root_markers = [1]\n" },
    { what: "an unknown key", config: "foo = 1\n", argv: ["--strict-config"], input: { strict: true } },
    {
      what: "an unknown key in a table",
      config: "[sandbox_workspace_write]\nexclude_slash_tmp = true # fine\n  network_acess = true\n",
      argv: ["--strict-config"],
      input: { strict: true },
    },
    { what: "an unknown table", config: '[ "foo bar" ]\nx = 1\n', argv: ["--strict-config"], input: { strict: true } },
    {
      what: "an unknown feature",
      config: "[features]\nunified_exec = true\nfoo_bar = true\n",
      argv: ["--strict-config"],
      input: { strict: true },
    },
    {
      what: "a feature of a wrong type",
      config: "[features]\nfoo_bar = 1\n",
      argv: ["--strict-config"],
      input: { strict: true },
    },
  ];
  it.each(samePlace)("names the place that Codex names and shows it in the same form: $what", async (one) => {
    const { theirs, ours, code } = await both(one);
    expect(code).toBe(1);
    const frame = (text: string): unknown => {
      const [heading, place = "", gutter, line, carets = "", ...rest] = text.split("\n");
      return { heading, place: /^(.*:\d+:\d+): ./.exec(place)?.[1], gutter, line, column: carets.indexOf("^"), rest };
    };
    expect(frame(ours)).toEqual(frame(theirs));
  });

  it("shows file, line, column, key, wanted and found type of a value of a wrong type", async () => {
    await withStage(
      { homeFiles: { "config.toml": 'model = "x"\n\n[model_providers.fake]\nrequest_max_retries = "many"\n' } },
      async (stage) => {
        expect(await failureOf(stage)).toBe(
          [
            "Error loading config.toml:",
            `${stage.codexHome}/config.toml:4:23: \`model_providers.fake.request_max_retries\` must be an integer from 0 on, found the string "many"`,
            "  |",
            '4 | request_max_retries = "many"',
            "  |                       ^^^^^^",
          ].join("\n"),
        );
      },
    );
  });

  it.each([
    [
      'sandbox_mode = "foo"',
      'must be one of "read-only", "workspace-write", "danger-full-access", found the string "foo"',
    ],
    ["model = 3", "must be a string, found the integer 3"],
    ['include_environment_context = "x"', 'must be true or false, found the string "x"'],
    ["project_doc_max_bytes = -1", "must be an integer from 0 on, found the integer -1"],
    ["model_context_window = 1.5", "must be an integer from 1 on, found the number 1.5"],
    ['history = "all"', 'must be a table, found the string "all"'],
    ["notes = 2020-01-01\nmodel = 2020-01-01", "must be a string, found a date"],
    ['[projects."/x"]\ntrust_level = "maybe"', 'must be one of "trusted", "untrusted"'],
  ])("refuses %j and says what it wants", async (config, reason) => {
    await withStage({ homeFiles: { "config.toml": config } }, async (stage) =>
      expect(await failureOf(stage)).toContain(reason),
    );
  });

  it.each([
    ['profile = "x"', "--profile x"],
    ['[model_providers.ollama]\nname = "x"', "write `codex_agent.providers.ollama`"],
    ['[codex_agent.providers.openai]\nname = "x"', "openai_base_url"],
    ['[codex_agent.providers.mine]\nwire_api = "chat"', "`codex_agent.providers.mine.base_url` is missing"],
    ['[codex_agent.providers.mine]\nbase_urls = "http://x"', "`codex_agent.providers.mine.base_urls` is not known"],
    ['[codex_agent.providers.mine]\nbase_url = "http://x"\nkey_header = "a b"', "cannot be the name of an HTTP header"],
    ['[model_providers.openai]\nname = "x"', "openai_base_url"],
    ['[model_providers.x]\nname = "x"\nwire_api = "grpc"', "there are: responses, chat, messages"],
    ['[model_providers.x]\nbase_url = "http://localhost"', "`model_providers.x.name` is missing"],
    ['model_provider = "x"\n[model_providers.x]\nname = "x"', "`model_providers.x.base_url` is missing"],
    ['model_provider = "x"\n[model_providers.x]\nname = "x"\nbase_url = "nowhere"', "not an http or https URL"],
    [
      '[model_providers.x]\nname = "x"\nhttp_headers = { "a b" = "c" }',
      '"a b", which cannot be the name of an HTTP header',
    ],
    ['model = " "', "name is empty"],
    ['model_instructions_file = "missing.md"', "missing.md, does not exist"],
    ['model_instructions_file = "."', "is not a regular file"],
  ])("refuses %j", async (config, reason) => {
    await withStage({ homeFiles: { "config.toml": config } }, async (stage) =>
      expect(await failureOf(stage)).toContain(reason),
    );
  });

  it("shows where a file stops being UTF-8", async () => {
    const bytes = Buffer.concat([Buffer.from('# fine\nmodel = "'), Buffer.from([0xff]), Buffer.from('"\n')]);
    await withStage({ homeFiles: { "config.toml": bytes } }, async (stage) => {
      expect(await failureOf(stage)).toContain(`${stage.codexHome}/config.toml:2:10: `);
    });
  });

  it("refuses -c without a key or a value, and -c of a wrong type", async () => {
    await withStage({}, async (stage) => {
      expect(await failureOf(stage, { overrides: ["model"] })).toMatch(/^Error parsing -c overrides: /);
      expect(await failureOf(stage, { overrides: ["=1"] })).toMatch(/^Error parsing -c overrides: /);
      expect(await failureOf(stage, { overrides: ["model=1"] })).toBe(
        "Error loading config.toml: `model` must be a string, found the integer 1 (given with -c)",
      );
      expect(await failureOf(stage, { overrides: ["foo=1"], strict: true })).toContain(
        "unknown configuration key `foo` (given with -c)",
      );
    });
  });

  it("does not mind unknown keys without --strict-config, nor our own table with it", async () => {
    await withStage({ homeFiles: { "config.toml": "foo = 1\n[tui]\nbar = 1\n" } }, async (stage) => {
      expect((await load(stage)).ignoredKeys).toEqual(["tui"]);
    });
    await withStage({ homeFiles: { "config.toml": '[codex_agent.tools]\nmode = "code"\n' } }, async (stage) => {
      expect((await load(stage, { strict: true })).codexAgent).toEqual({ tools: { mode: "code" } });
    });
  });

  it.each([
    ["/nowhere", "does not exist"],
    ["/etc/passwd", "is not a directory"],
  ])("refuses CODEX_HOME=%s as Codex does", async (codexHome, reason) => {
    await withStage({ git: true, env: { CODEX_HOME: codexHome } }, async (stage) => {
      const real = await run(oracle(), stage, ["exec", "hi"], { stdin: null });
      const ours = await failureOf(stage);
      expect(real.code).toBe(1);
      expect(real.stderr).toContain("Error finding codex home: ");
      expect(ours).toMatch(/^Error finding codex home: /);
      expect(ours).toContain(reason);
    });
  });
});
