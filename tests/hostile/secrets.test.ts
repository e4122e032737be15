import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { call, httpError, message, respond, type Script } from "../support/fake-model.ts";
import { ours, run, type JsonEvent, type Outcome } from "../support/run.ts";
import { attacked, done, type Attack } from "./attack.ts";
import { madeUpSecrets } from "./made-up-secrets.ts";

const planted = madeUpSecrets(29);
const file = planted.map(({ kind, text }) => `# ${kind}\n${text}\n`).join("\n");
/** Nothing in them says what they are but the place where they stand. */
const inEnvironment = { DEPLOY_PASSWORD: "Xylophone.Quartz.81", SIGNING_KEY: "plum~pear~cherry~7" };
const inLogin = "a plain sentence as a key";
const inConfig = "tangerine/dream/44";

const looking: Script = ({ body }) =>
  JSON.stringify((body as { input: unknown }).input).includes("function_call_output")
    ? done
    : respond([call("1", "exec_command", { cmd: "cat secrets.txt .env; env; cat missing/secrets" })]);

const options = {
  files: { "secrets.txt": file, ".env": file, "AGENTS.md": "Be brief." },
  config: "sandbox_mode = 'read-only'",
  env: inEnvironment,
  homeFiles: { "auth.json": JSON.stringify({ auth_mode: "apikey", OPENAI_API_KEY: inLogin }) },
};

/** Which secrets a text holds. */
function heldIn(text: string): string[] {
  const known = [...Object.values(inEnvironment), inLogin, inConfig];
  return [
    ...planted.filter(({ secret }) => text.includes(secret)).map(({ kind }) => kind),
    ...known.filter((value) => text.includes(value)),
  ];
}

/** Everything below the homes that is neither a thread nor what the user put there. */
function kept(folder: string, found: Record<string, string> = {}): Record<string, string> {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const path = join(folder, name);
    if (["sessions", "auth.json", "config.toml", "history.jsonl", "rewind"].includes(name)) continue;
    if (statSync(path).isDirectory()) kept(path, found);
    else if (statSync(path).isFile()) found[path] = readFileSync(path, "latin1");
  }
  return found;
}

const exec = ({ stage }: Attack, ...argv: string[]): Promise<Outcome> =>
  run(ours(), stage, ["exec", "--skip-git-repo-check", ...argv], { stdin: null });
const errors = ({ events }: Outcome): string =>
  JSON.stringify(events.filter(({ type, item }: JsonEvent) => type !== "item.completed" || isError(item)));
const isError = (item: unknown): boolean => (item as { type?: string }).type === "error";

it("what a command printed is in the thread, and in no log, audit line or export", () =>
  attacked(
    async (attack) => {
      const { stage, model } = attack;
      const json = await exec(attack, "--json", "go");
      expect(json.code, json.stderr).toBe(0);
      // The model works with what it was shown, as with Codex.
      expect(heldIn(JSON.stringify(model.requests.at(-1)!.body)).length).toBeGreaterThan(50);
      const human = await exec(attack, "go");
      const cli = (...argv: string[]): Promise<Outcome> => run(ours(), stage, argv, { stdin: null });
      const { thread_id: thread = "" } = json.events[0] as { thread_id?: string };
      const outputs = {
        "stderr of --json": json.stderr,
        "events that are no part of the conversation": errors(json),
        "stderr for people": human.stderr,
        audit: (await cli("audit")).stdout,
        "audit --json": (await cli("audit", "--json", "--thread", thread)).stdout,
        export: (await cli("sessions", "export", thread)).stdout,
        "export --json": (await cli("sessions", "export", "--json", thread)).stdout,
        usage: (await cli("usage", "--json")).stdout,
        approvals: (await cli("approvals", "list", "--all", "--json")).stdout,
        ...kept(stage.codexHome),
        ...kept(join(stage.home, ".agent_runtime")),
      };
      for (const text of [outputs.audit, outputs["export"], outputs["export --json"], outputs.usage, human.stderr])
        expect(text).not.toBe("");
      const found = Object.entries(outputs).flatMap(([place, text]) => heldIn(text).map((kind) => `${place}: ${kind}`));
      expect(found).toEqual([]);
      const whole = await cli("sessions", "export", "--with-secrets", "--json", thread);
      expect(heldIn(whole.stdout).length).toBeGreaterThan(50);
    },
    { script: looking, ...options },
  ));

it("what a server says of a key is in no error", () => {
  const quoted = [...planted.map(({ text }) => text), inLogin, ...Object.values(inEnvironment), "sk-fake"];
  let next = 0;
  const refusing: Script = () =>
    httpError(401, { error: { message: `Incorrect API key provided: ${quoted.slice(next, (next += 12)).join(" ")}` } });
  return attacked(
    async (attack) => {
      while (next < quoted.length) {
        const json = await exec(attack, "--json", "go");
        const human = await exec(attack, "go");
        expect([json.code, human.code]).toEqual([1, 1]);
        expect(json.stdout).toContain("Incorrect API key provided");
        expect(heldIn(json.stdout + json.stderr + human.stderr)).toEqual([]);
        expect(json.stdout + json.stderr + human.stderr).not.toContain("sk-fake");
      }
    },
    { script: refusing, ...options },
  );
});

it("a line of the configuration that is wrong is quoted without its secret", () =>
  attacked(async ({ stage }) => {
    const { secret } = planted.find(({ kind }) => kind === "OpenAI project key")!;
    const config = join(stage.codexHome, "config.toml");
    const text = readFileSync(config, "utf8");
    writeFileSync(config, `${text}\n[mcp_servers.x]\ncommand = ["tool", "--api-key", "${secret}"]\n`);
    const wrong = await run(ours(), stage, ["config", "show"], { stdin: null });
    expect([wrong.code, heldIn(wrong.stderr)]).toEqual([1, []]);
    expect(wrong.stderr).toContain("config.toml");
    const servers = `[mcp_servers.x]\ncommand = "tool"\nargs = ["--api-key", "${secret}"]\n[mcp_servers.x.env]\nA = "${inConfig}"\n`;
    writeFileSync(config, `${text}\n${servers}`);
    for (const argv of [
      ["config", "show"],
      ["config", "show", "--json"],
      ["config", "get", "mcp_servers.x"],
    ]) {
      const shown = await run(ours(), stage, argv, { stdin: null });
      expect([shown.code, heldIn(shown.stdout + shown.stderr)]).toEqual([0, []]);
      expect(shown.stdout).toContain("mcp_servers");
    }
  }, options));

it("a failing server of tools brings its words without secrets", () =>
  attacked(
    async (attack) => {
      const { stage } = attack;
      mkdirSync(join(stage.root, "outside"));
      writeFileSync(join(stage.root, "outside", "words"), file);
      const json = await exec(
        attack,
        "--json",
        // Without a search for tools its first request waits for every server.
        "-m",
        "unknown-model",
        "-c",
        `mcp_servers.x={command="sh",args=["-c","cat ${stage.root}/outside/words >&2; exit 3"]}`,
        "go",
      );
      expect(json.stdout + json.stderr).toMatch(/\bx\b/);
      expect(heldIn(errors(json) + json.stderr)).toEqual([]);
    },
    { script: () => respond([message("m", "done")]), ...options },
  ));

it("what policy explains about a command holds no secret of it", () =>
  attacked(async ({ stage }) => {
    const { secret } = planted.find(({ kind }) => kind === "OpenAI project key")!;
    const argv = [
      "policy",
      "explain",
      "--json",
      "--",
      "curl",
      "-H",
      `Authorization: Bearer ${secret}`,
      "https://example.com",
    ];
    const explained = await run(ours(), stage, argv, { stdin: null });
    expect([explained.code, heldIn(explained.stdout)], explained.stderr).toEqual([0, []]);
    expect(explained.stdout).toContain("decision");
  }, options));
