import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readHooks, type ConfiguredHooks } from "../../src/config/hooks/read-hooks.ts";
import { compileMatcher } from "../../src/config/hooks/matcher.ts";
import { saveHookTrust } from "../../src/config/hooks/save-trust.ts";
import { findHomes } from "../../src/config/homes.ts";
import { loadConfig } from "../../src/config/load.ts";
import { oracle } from "../support/run.ts";
import { scratchFolder } from "../support/scratch.ts";

interface Listed {
  key: string;
  currentHash: string;
  trustStatus: string;
  [member: string]: unknown;
}
interface Answer {
  hooks: Listed[];
  warnings: string[];
  errors: unknown[];
}

let root = "";
beforeEach(async () => {
  root = await mkdtemp(`${scratchFolder}/hooks-`);
  for (const folder of ["home", "user", "tmp", "project"]) await mkdir(join(root, folder));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const put = async (path: string, content: string | object): Promise<void> => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), typeof content === "string" ? content : JSON.stringify(content));
};

/** What `hooks/list` of the real Codex says. */
async function real(overrides: readonly string[] = []): Promise<Answer> {
  const cwd = join(root, "project");
  const env = {
    PATH: process.env["PATH"],
    HOME: join(root, "user"),
    CODEX_HOME: join(root, "home"),
    TMPDIR: join(root, "tmp"),
  };
  const child = spawn(oracle().path, ["app-server", ...overrides.flatMap((text) => ["-c", text])], {
    cwd,
    env,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const send = (message: object): void => void child.stdin.write(`${JSON.stringify(message)}\n`);
  try {
    send({ id: 1, method: "initialize", params: { clientInfo: { name: "test", title: "test", version: "1" } } });
    for await (const line of createInterface({ input: child.stdout })) {
      const { id, result } = JSON.parse(line) as { id?: number; result?: { data: Answer[] } };
      if (id === 1) {
        send({ method: "initialized" });
        send({ id: 2, method: "hooks/list", params: { cwds: [cwd] } });
      }
      if (id === 2 && result?.data[0] !== undefined) return result.data[0];
    }
    throw new Error("the real Codex has said nothing");
  } finally {
    child.kill("SIGKILL");
  }
}

async function ours(overrides: readonly string[] = []): Promise<ConfiguredHooks> {
  const env = { HOME: join(root, "user"), CODEX_HOME: join(root, "home") };
  const { hooks } = await loadConfig({ env, cwd: join(root, "project"), overrides });
  return readHooks(hooks.places, hooks.state);
}

/** Members that ours has none of, or has beyond Codex's. */
const foreign = new Set(["pluginId", "environmentId", "input"]);
const plain = (hooks: readonly object[]): object[] =>
  hooks.map((hook) => Object.fromEntries(Object.entries(hook).filter(([key]) => !foreign.has(key))));

/** Lists with both, and expects the same. */
async function both(overrides: readonly string[] = []): Promise<ConfiguredHooks> {
  const [expected, got] = await Promise.all([real(overrides), ours(overrides)]);
  expect(plain(got.hooks)).toEqual(plain(expected.hooks));
  expect(got.warnings).toHaveLength(expected.warnings.length);
  return got;
}

const command = (text: string, rest: object = {}): object => ({ type: "command", command: text, ...rest });
const events =
  "PreModelRequest PostModelRequest PreToolUse PermissionRequest PostToolUse PreCompact PostCompact SessionStart SessionEnd UserPromptSubmit SubagentStart SubagentStop Stop Interrupt".split(
    " ",
  );

describe("hooks are listed as the real Codex lists them, hashes included:", () => {
  test("every event, with and without a matcher", async () => {
    const groups = [{ matcher: "abc", hooks: [command("a")] }, { hooks: [command("b"), command("c", { timeout: 2 })] }];
    await put("home/hooks.json", { hooks: Object.fromEntries(events.toReversed().map((event) => [event, groups])) });
    expect((await both()).hooks).toHaveLength(events.length * 3);
  });

  test("every member of a handler", async () => {
    const texts = ['ä<b>\u0007"q"\\', " spaces ", "a\nb", "\u00a0x"];
    await put("home/hooks.json", {
      description: "x",
      hooks: {
        PreToolUse: [
          { matcher: "", hooks: texts.map((text) => command(text, { statusMessage: text })) },
          { matcher: "*", hooks: [command("a", { async: true, timeout: 3, commandWindows: "w" })] },
          { hooks: [command("b", { additionalContextLimit: 7 }), command("b", { additionalContextLimit: 0 })] },
          {
            matcher: null,
            hooks: [command("c", { timeout: 0, odd: 1 }), command("c", { timeout: null, statusMessage: null })],
          },
        ],
        SessionEnd: [{ hooks: [command("d", { timeout: 700, async: true })] }],
        Interrupt: [{ hooks: [command("d", { timeout: 700, async: true })] }],
        Unknown: [{ hooks: [command("e")] }],
      },
    });
    expect((await both()).hooks).toHaveLength(11);
  });

  test("tools of MCP servers", async () => {
    const tool = (rest: string): string => `{"type":"mcp_tool","server":"s","tool":"t"${rest}}`;
    const handlers = ["", ',"input":{"z":1,"a":[1,2.50,"x",true]}', ',"timeout":4,"statusMessage":"m"'].map(tool);
    handlers.push(`{"type":"mcp_tool","server":" ","tool":"t"}`);
    await put(
      "home/hooks.json",
      `{"hooks":{"Stop":[{"hooks":[${handlers.join()}]}],"SessionEnd":[{"hooks":[${tool("")}]}]}}`,
    );
    expect((await both()).hooks).toHaveLength(3);
  });

  test("an input with a null in it", async () => {
    await put("home/hooks.json", {
      hooks: { Stop: [{ hooks: [{ type: "mcp_tool", server: "s", tool: "t", input: { a: [{ b: null }] } }] }] },
    });
    expect((await both()).hooks).toHaveLength(0);
  });

  test("what is passed over", async () => {
    await put("home/hooks.json", {
      hooks: {
        PreToolUse: [
          { matcher: "^B(", hooks: [command("a")] },
          { hooks: [command(""), command("  "), { type: "prompt", prompt: "x" }, { type: "agent" }, command("b")] },
          { matcher: "(?=x)", hooks: [command("c")] },
          {},
        ],
        Stop: [{ matcher: "^B(", hooks: [command("d")] }],
      },
    });
    expect((await both()).hooks).toHaveLength(2);
  });

  test.each([
    ["cut off", '{"hooks":{"Stop":['],
    ["no JSON", "hooks"],
    ["of another form", { Stop: [] }],
    ["with a member too many", { version: 1, hooks: {} }],
    ["with a list where a table belongs", { hooks: { Stop: { x: 1 } } }],
    ["with an unknown type", { hooks: { Stop: [{ hooks: [{ type: "other", command: "a" }, command("b")] }] } }],
    ["with a time that is negative", { hooks: { Stop: [{ hooks: [command("a", { timeout: -1 })] }] } }],
    ["with a null where none belongs", { hooks: { Stop: [{ hooks: [command("a", { async: null })] }] } }],
  ])("a file %s", async (_, content) => {
    await put("home/hooks.json", content);
    const { hooks, warnings } = await both();
    expect(hooks).toEqual([]);
    expect(warnings[0]).toContain(join(root, "home/hooks.json"));
  });

  test("all places, and what has been said about them", async () => {
    const stop = (text: string): object => ({ hooks: { Stop: [{ hooks: [command(text)] }] } });
    const toml = (text: string): string =>
      `[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = "command"\ncommand = "${text}"\n`;
    await put("project/.git/HEAD", "ref: refs/heads/main");
    await put("project/.codex/hooks.json", stop("c"));
    await put("project/.codex/config.toml", toml("d"));
    await put("home/hooks.json", stop("a"));
    const said = (place: string, lines: string): string =>
      `\n[hooks.state."${join(root, place)}:stop:0:0"]\n${lines}\n`;
    const [first] = await (async () => {
      await put("home/config.toml", "");
      return (await ours()).hooks;
    })();
    const config = [
      toml("b"),
      `[projects."${join(root, "project")}"]\ntrust_level = "trusted"\n`,
      said("home/hooks.json", `trusted_hash = "${first?.currentHash}"\nenabled = false`),
      said("home/config.toml", 'trusted_hash = "sha256:0"'),
    ];
    await put("home/config.toml", config.join(""));
    const flags = [
      'hooks.Stop=[{hooks=[{type="command",command="e"}]}]',
      'hooks.PreToolUse=[{hooks=[{type="command",command="f"}]}]',
    ];
    const { hooks } = await both(flags);
    expect(hooks.map(({ source, enabled, trustStatus }) => [source, enabled, trustStatus].join(" "))).toEqual([
      "user false trusted",
      "user true modified",
      "project true untrusted",
      "project true untrusted",
      "sessionFlags true untrusted",
      "sessionFlags true untrusted",
    ]);
  });

  test("the captured list", async () => {
    type List = Record<"untrusted", { data: Answer[] }>;
    const path = join(import.meta.dirname, "../fixtures/codex/hooks-list.json");
    const captured = JSON.parse(readFileSync(path, "utf8")) as List;
    const members = Object.keys(captured.untrusted.data[0]?.hooks[0] ?? {}).filter((key) => !foreign.has(key));
    await put("home/hooks.json", { hooks: { Stop: [{ hooks: [command("a")] }] } });
    expect(Object.keys((await ours()).hooks[0] ?? {}).sort()).toEqual(members.sort());
  });
});

test("a project that is not trusted has no hooks, and says so", async () => {
  await put("project/.git/HEAD", "ref: refs/heads/main");
  await put("project/.codex/hooks.json", { hooks: { Stop: [{ hooks: [command("a")] }] } });
  expect((await both()).hooks).toEqual([]);
  const env = { HOME: join(root, "user"), CODEX_HOME: join(root, "home") };
  const { warnings } = await loadConfig({ env, cwd: join(root, "project") });
  expect(warnings.join()).toContain("not trusted");
});

test("a project cannot trust its own hooks", async () => {
  await put("project/.git/HEAD", "ref: refs/heads/main");
  await put("project/.codex/hooks.json", { hooks: { Stop: [{ hooks: [command("a")] }] } });
  await put("home/config.toml", `[projects."${join(root, "project")}"]\ntrust_level = "trusted"\n`);
  const [hook] = (await ours()).hooks;
  await put("project/.codex/config.toml", `[hooks.state."${hook?.key}"]\ntrusted_hash = "${hook?.currentHash}"\n`);
  expect((await both()).hooks[0]?.trustStatus).toBe("untrusted");
});

test.each([
  ["hooks = 3", /hooks/],
  ["[hooks]\nStop = 3", /`hooks.Stop` must be a list, not a number/],
  ['[[hooks.Stop]]\nhooks = [{type = "command", command = "x", timeout = -3}]', /timeout` must be a whole number/],
])("hooks in config.toml that cannot be understood are an error: %j", async (config, message) => {
  await put("home/config.toml", config);
  await expect(ours()).rejects.toThrow(message);
});

test("what an administrator requires is managed, and runs without the user's trust", async () => {
  const env = { HOME: join(root, "user"), CODEX_HOME: join(root, "home") };
  await put("system/hooks.json", { hooks: { Stop: [{ hooks: [command("a")] }] } });
  await put(
    "system/requirements.toml",
    '[hooks]\nmanaged_dir = "/opt/hooks"\n[[hooks.Stop]]\nhooks = [{type = "command", command = "/opt/hooks/a"}]\n',
  );
  const key = `${join(root, "system/hooks.json")}:stop:0:0`;
  await put("home/config.toml", `[hooks.state."${key}"]\nenabled = false\n`);
  const { hooks } = await loadConfig({ env, cwd: join(root, "project"), systemDirectory: join(root, "system") });
  expect(readHooks(hooks.places, hooks.state).hooks).toMatchObject([
    { key: "/opt/hooks:stop:0:0", source: "system", isManaged: true, trustStatus: "managed" },
    { key, source: "system", isManaged: true, trustStatus: "managed", enabled: true },
  ]);
});

test("trust that is given here counts in the real Codex, and leaves the file as it was", async () => {
  await put("home/hooks.json", { hooks: { Stop: [{ hooks: [command("a"), command("b")] }] } });
  await put("home/config.toml", '# mine\nmodel = "m" # own\n');
  const { hooks } = await ours();
  await saveHookTrust(
    findHomes({ HOME: join(root, "user"), CODEX_HOME: join(root, "home") }),
    hooks.map(({ key, currentHash }) => ({ key, hash: currentHash })),
  );
  expect((await both()).hooks.map(({ trustStatus }) => trustStatus)).toEqual(["trusted", "trusted"]);
  expect(await readFile(join(root, "home/config.toml"), "utf8")).toMatch(/^# mine\nmodel = "m" # own\n/);
});

test.each([
  ["Bash", "Bash", true],
  ["Bash", "BashX", false],
  ["Bash|apply_patch", "apply_patch", true],
  ["(?i)bash", "BASH", true],
  ["^mcp__.*$", "mcp__a__b", true],
  ["(?P<x>B)ash", "Bash", true],
  ["a\\-b", "a-b", true],
  [null, "anything", true],
])("the matcher %j of %j: %j", (matcher, name, fits) => {
  const matches = compileMatcher(matcher);
  expect(typeof matches === "string" ? matches : matches(name)).toBe(fits);
});

test.each(["(", "(?=x)", "(?<!x)y", "(a)\\1"])("the matcher %j is not one", (matcher) => {
  expect(typeof compileMatcher(matcher)).toBe("string");
});
