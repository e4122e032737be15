import { spawn } from "node:child_process";
import { appendFile, mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeStage, oracle, ours, type Binary, type Stage } from "../../support/run.ts";
import { alone, both, inputOf, json, warnings } from "./both.ts";

/** What the user says about a folder in config.toml. */
const judged = (level: string) => (stage: Stage) =>
  appendFile(join(stage.codexHome, "config.toml"), `\n[projects."${stage.workspace}"]\ntrust_level = "${level}"\n`);

describe("what is given is used or refused, where the real Codex goes on without it", () => {
  it.each([
    ["is missing", {}],
    ["is no image", { "picture.png": "just words" }],
  ])("an image that %s is an error before the model is asked", async (_what, files) => {
    const seen = await both({ argv: json("-i", "picture.png", "--", "look"), files }, ({ code, model, stderr }) => [
      code,
      model.requests.length,
      stderr.includes("picture.png"),
    ]);
    expect(seen).toEqual({ codex: [0, 1, false], ours: [1, 0, true] });
  });

  it("a name that no thread has is an error and no new thread", async () => {
    const seen = await both({ argv: json("resume", "no-such-name", "go") }, ({ code, model, stderr }) => [
      code,
      model.requests.length,
      stderr.includes("`no-such-name`"),
    ]);
    expect(seen).toEqual({ codex: [0, 1, false], ours: [1, 0, true] });
  });

  it("a header that cannot be sent is a configuration error", async () => {
    const seen = await both({ provider: 'http_headers = { "a b" = "c" }' }, ({ code, model, stderr }) => [
      code,
      model.requests.length,
      stderr.includes('"a b"'),
    ]);
    expect(seen).toEqual({ codex: [0, 1, false], ours: [1, 0, true] });
  });

  it("a base URL that is none is a configuration error", async () => {
    const seen = await both(
      { baseUrl: "not a url", provider: "request_max_retries = 0\nstream_max_retries = 1" },
      ({ code, events, stderr }) => [code, events.length > 0, stderr.includes("base_url")],
    );
    expect(seen).toEqual({ codex: [1, true, false], ours: [1, false, true] });
  });
});

it("what is not built yet is refused by its name", async () => {
  const seen = await alone({ argv: ["exec", "--worktree", "go"] }, ({ code, model, stderr }) => [
    code,
    model.requests.length,
    stderr,
  ]);
  expect(seen).toEqual([2, 0, expect.stringContaining("--worktree is not supported yet")]);
});

describe("trust", () => {
  it("a project that was marked as untrusted is read-only", async () => {
    const seen = await both(
      { argv: ["exec", "-m", "gpt-5.5", "go"], git: true, setup: judged("untrusted") },
      ({ stderr }) => /^sandbox: (\S+)/m.exec(stderr)?.[1],
    );
    expect(seen).toEqual({ codex: "workspace-write", ours: "read-only" });
  });

  it("a folder that was marked as trusted may be worked in without git", async () => {
    const seen = await both({ argv: ["exec", "-m", "gpt-5.5", "go"], setup: judged("trusted") }, ({ code, stderr }) => [
      code,
      stderr.includes("Not inside a trusted directory"),
    ]);
    expect(seen).toEqual({ codex: [1, true], ours: [0, false] });
  });
});

describe("notices", () => {
  it("an unknown key is told of once", async () => {
    const seen = await both(
      { config: "surprise = 3" },
      (act) => warnings(act).filter((text) => text.includes("`surprise`")).length,
    );
    expect(seen).toEqual({ codex: 2, ours: 1 });
  });

  it("keys that a project may not set are told of once", async () => {
    const project = async (stage: Stage): Promise<void> => {
      await judged("trusted")(stage);
      await mkdir(join(stage.workspace, ".codex"));
      await writeFile(join(stage.workspace, ".codex", "config.toml"), 'model_provider = "evil"\nnotify = ["x"]\n');
    };
    const seen = await both(
      { git: true, setup: project },
      (act) => warnings(act).filter((text) => text.includes("model_provider, notify")).length,
    );
    expect(seen).toEqual({ codex: 2, ours: 1 });
  });

  it("a file of instructions that is linked from a second place is read once", async () => {
    const link = (stage: Stage): Promise<void> => symlink("../AGENTS.md", join(stage.workspace, "sub", "AGENTS.md"));
    const seen = await both(
      { git: true, files: { "AGENTS.md": "the rule\n", "sub/file": "" }, argv: json("-C", "sub", "go"), setup: link },
      ({ model }) =>
        inputOf(model.requests[0])
          .flatMap(({ content }) => content ?? [])
          .map(({ text }) => text?.match(/the rule/g)?.length ?? 0)
          .reduce((sum, count) => sum + count, 0),
    );
    expect(seen).toEqual({ codex: 2, ours: 1 });
  });

  it("a text of instructions is cut between characters", async () => {
    const seen = await both(
      { git: true, files: { "AGENTS.md": "é".repeat(50) }, argv: json("-c", "project_doc_max_bytes=51", "go") },
      ({ model }) => model.requests[0]?.rawBody.includes("\ufffd"),
    );
    expect(seen).toEqual({ codex: true, ours: false });
  });
});

describe("standard input", () => {
  /** Whether it ends although its standard input stays open. */
  async function endsByItself(binary: Binary): Promise<boolean> {
    const stage = await makeStage({ baseUrl: "http://127.0.0.1:9/v1" });
    const child = spawn(binary.path, ["exec", "go"], {
      cwd: stage.workspace,
      env: stage.env,
      stdio: ["pipe", "ignore", "pipe"],
    });
    try {
      return await new Promise<boolean>((settle) => {
        let said = "";
        child.stderr.on("data", (chunk: Buffer) => {
          said += chunk.toString();
          if (said.includes("Reading additional input")) settle(false);
        });
        child.on("close", () => settle(said.includes("Not inside a trusted directory")));
      });
    } finally {
      child.kill("SIGKILL");
      await new Promise((settle) =>
        child.exitCode === null && child.signalCode === null ? child.on("close", settle) : settle(null),
      );
      await stage.dispose();
    }
  }

  it("a folder that may not be worked in is told before input is waited for", async () => {
    expect(await endsByItself(oracle())).toBe(false);
    expect(await endsByItself(ours())).toBe(true);
  });
});
