/** What the program is called with. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  checkFilePath,
  Codex,
  SessionNotFoundError,
  ValidationError,
  type ThreadOptions,
} from "../../../src/sdk/index.ts";
import { failure, otherId, program, threadId, type CodexSettings } from "./scripted.ts";

const working = `if (fs.readFileSync(0, "utf8") !== "") note("prompt"); begin(); text("x"); done();`;
type Given = Parameters<ReturnType<Codex["startThread"]>["run"]>;

/** The arguments of one turn. */
async function argumentsOf(thread: ThreadOptions, codex: CodexSettings = {}, turn: Given = ["go"]): Promise<string[]> {
  const { codex: make, calls } = await program(working);
  await make(codex)
    .startThread(thread)
    .run(...turn);
  return calls()[0]!.args;
}

/** The values of each `--config`, in order. */
const settings = (args: string[]): string[] => args.filter((_, index) => args[index - 1] === "--config");

describe("arguments", () => {
  it("come in the one order that the program understands, all options given", async () => {
    const { codex, calls, folder } = await program(working);
    const image = join(folder, "image.png");
    writeFileSync(image, "");
    mkdirSync(join(folder, "more"));
    const thread = codex({
      baseUrl: 'http://x/"v1"',
      config: { a: { b: 1 }, c: "d" },
      configOverrides: ["raw=1"],
    }).resumeThread(threadId, {
      model: "m",
      threadSource: "ignored",
      sandboxMode: "workspace-write",
      workingDirectory: folder,
      additionalDirectories: [folder, join(folder, "more")],
      skipGitRepoCheck: true,
      modelReasoningEffort: "high",
      networkAccessEnabled: true,
      webSearchMode: "cached",
      webSearchEnabled: true,
      approvalPolicy: "on-request",
      ephemeral: true,
      profile: "p",
      oss: true,
      localProvider: "ollama",
      worktree: true,
      ignoreUserConfig: true,
      ignoreRules: true,
      strictConfig: true,
      enable: ["one", "two"],
      disable: ["three"],
      approveForMe: true,
    });
    await thread.run(
      [
        { type: "text", text: "a" },
        { type: "local_image", path: image },
        { type: "local_image", path: image },
      ],
      { outputSchema: {}, cyberAccessProgram: "standard" },
    );
    const args = calls()[0]!.args;
    const schemaFile = args[args.indexOf("--output-schema") + 1];
    expect(args).toEqual([
      "exec",
      "--experimental-json",
      "--config",
      "a.b=1",
      "--config",
      'c="d"',
      "--config",
      "raw=1",
      "--config",
      'openai_base_url="http://x/\\"v1\\""',
      "--model",
      "m",
      "--sandbox",
      "workspace-write",
      "--cd",
      folder,
      "--add-dir",
      folder,
      "--add-dir",
      join(folder, "more"),
      "--skip-git-repo-check",
      "--output-schema",
      schemaFile,
      "--cyber-access-program",
      "standard",
      "--config",
      'model_reasoning_effort="high"',
      "--config",
      "sandbox_workspace_write.network_access=true",
      "--config",
      'web_search="cached"',
      "--config",
      'approval_policy="on-request"',
      "--ephemeral",
      "--profile",
      "p",
      "--oss",
      "--local-provider",
      "ollama",
      "--worktree",
      "--ignore-user-config",
      "--ignore-rules",
      "--strict-config",
      "--enable",
      "one",
      "--enable",
      "two",
      "--disable",
      "three",
      "--approve-for-me",
      "resume",
      threadId,
      "--image",
      image,
      "--image",
      image,
    ]);
  });

  it("are few when nothing is set, and null sets nothing", async () => {
    const { codex, calls } = await program(working);
    const nothing = { model: null, networkAccessEnabled: undefined, ephemeral: null, skipGitRepoCheck: false };
    await codex({ apiKey: null }).startThread(nothing).run("go", { signal: undefined, timeoutMs: null });
    expect(calls()[0]!.args).toEqual(["exec", "--experimental-json"]);
    expect(await argumentsOf({}, { jsonFlag: "--json" })).toEqual(["exec", "--json"]);
  });

  it("XS-104: model and sandbox are pairs", async () => {
    const args = await argumentsOf({ model: "gpt-5.5", sandboxMode: "read-only" });
    expect(args.slice(2)).toEqual(["--model", "gpt-5.5", "--sandbox", "read-only"]);
  });

  it("XS-105: effort, network, search and approval are settings", async () => {
    const args = await argumentsOf({
      modelReasoningEffort: 'od"d',
      networkAccessEnabled: false,
      webSearchMode: "indexed",
      approvalPolicy: { granular: { rules: true, "odd key": false } },
    });
    expect(settings(args)).toEqual([
      'model_reasoning_effort="od\\"d"',
      "sandbox_workspace_write.network_access=false",
      'web_search="indexed"',
      'approval_policy={granular = {rules = true, "odd key" = false}}',
    ]);
  });

  it.each([
    [{ webSearchEnabled: true }, ['web_search="live"']],
    [{ webSearchEnabled: false }, ['web_search="disabled"']],
    [{}, []],
    [{ webSearchEnabled: false, webSearchMode: "live" }, ['web_search="live"']],
    [{ webSearchEnabled: true, webSearchMode: "disabled" }, ['web_search="disabled"']],
  ] as const)("XS-106: search by %j is %j, and the old feature is never named", async (options, expected) => {
    expect(settings(await argumentsOf(options))).toEqual(expected);
  });

  it("XS-107: configuration stands before raw overrides, those before what the client sets, and a thread's options last", async () => {
    const codex = { config: { a: { b: [1, "x"] } }, configOverrides: ["web_search=1"], baseUrl: "u" };
    expect(settings(await argumentsOf({ webSearchMode: "live" }, codex))).toEqual([
      'a.b=[1, "x"]',
      "web_search=1",
      'openai_base_url="u"',
      'web_search="live"',
    ]);
  });

  it("XS-108: directories and images are repeated flags in their order", async () => {
    const { codex, calls, folder } = await program(working);
    const images = ["b.png", "a.png"].map((name) => join(folder, name));
    for (const image of images) writeFileSync(image, "");
    mkdirSync(join(folder, "z"));
    await codex()
      .startThread({ additionalDirectories: [join(folder, "z"), folder] })
      .run([...images.map((path) => ({ type: "local_image" as const, path })), { type: "text", text: "look" }]);
    expect(calls()[0]!.args.slice(2)).toEqual([
      "--add-dir",
      join(folder, "z"),
      "--add-dir",
      folder,
      ...images.flatMap((path) => ["--image", path]),
    ]);
  });

  it("XS-109: a thread to resume stands before the first image", async () => {
    const { codex, calls, folder } = await program(working);
    writeFileSync(join(folder, "a.png"), "");
    const thread = codex().startThread({ threadSource: "nightly" });
    await thread.run("one");
    await thread.run([
      { type: "text", text: "two" },
      { type: "local_image", path: join(folder, "a.png") },
    ]);
    expect(calls()[0]!.args.slice(2)).toEqual(["--thread-source", "nightly"]);
    expect(calls()[1]!.args.slice(2)).toEqual(["resume", threadId, "--image", join(folder, "a.png")]);
  });

  it("XS-112: the base URL is a quoted setting and no variable", async () => {
    const { codex, calls } = await program(working);
    await codex({ baseUrl: "http://base", env: {} }).startThread().run("go");
    expect(settings(calls()[0]!.args)).toEqual(['openai_base_url="http://base"']);
    expect(JSON.stringify(calls()[0]!.env)).not.toContain("http://base");
  });

  it("XS-111: given variables hide the host's, and get key and originator", async () => {
    process.env["HOST_ONLY"] = "1";
    const { codex, calls } = await program(working);
    await codex({ env: { OWN: "2" }, apiKey: "sk-1" })
      .startThread()
      .run("go");
    await codex({ env: { OWN: "2" }, inheritEnv: true, originator: "mine" })
      .startThread()
      .run("go");
    await codex().startThread().run("go");
    const [own, both, host] = calls().map(({ env }) => env);
    expect(own).toMatchObject({
      OWN: "2",
      CODEX_API_KEY: "sk-1",
      CODEX_INTERNAL_ORIGINATOR_OVERRIDE: "codex_agent_sdk",
    });
    expect(own).not.toHaveProperty("HOST_ONLY");
    expect(both).toMatchObject({ OWN: "2", HOST_ONLY: "1", CODEX_INTERNAL_ORIGINATOR_OVERRIDE: "mine" });
    expect(host).toMatchObject({ HOST_ONLY: "1" });
    expect(JSON.stringify(calls().map(({ args }) => args))).not.toContain("sk-1");
    delete process.env["HOST_ONLY"];
  });

  it("a fork, the newest thread and a review have their words", async () => {
    const { codex, calls } = await program(working);
    const made = codex();
    const fork = made.forkThread(otherId, { threadSource: "s" });
    expect(fork.id).toBeNull();
    await fork.run("go");
    expect(fork.id).toBe(threadId);
    await made.resumeLast().run("go");
    await made.review({ type: "uncommittedChanges" });
    await made.review({ type: "baseBranch", branch: "main" });
    await made.review({ type: "commit", sha: "abc", title: "A title" });
    await made.review({ type: "custom", instructions: "look" }, { sandboxMode: "read-only" });
    expect(calls().map(({ args }) => args.slice(2).join(" "))).toEqual([
      `--thread-source s fork ${otherId} -`,
      "resume --last",
      "review --uncommitted",
      "review --base main",
      "review --commit abc --title A title",
      "--sandbox read-only review -",
    ]);
  });
});

describe("sessions", () => {
  it("XS-129: an empty id and one that begins with a dash are refused at once", async () => {
    for (const id of ["", " ", "-", "--last", "a\0b", null as unknown as string]) {
      expect(() => new Codex().resumeThread(id)).toThrow(ValidationError);
      expect(() => new Codex().forkThread(id)).toThrow(ValidationError);
    }
  });

  it("XS-129: a name that nobody knows is refused before anything starts; one that is known goes on by its id", async () => {
    const { codex, calls, folder } = await program(working);
    const lines = [
      { id: otherId, thread_name: "mine" },
      { id: threadId, thread_name: "old" },
      { id: threadId, thread_name: "mine" },
    ];
    const made = codex({ env: { CODEX_HOME: folder } });
    const unknown = made.resumeThread("mine");
    const error = await failure(unknown.run("go"));
    expect(error).toBeInstanceOf(SessionNotFoundError);
    expect(error.message).toContain('"mine" by that name in ');
    expect(calls()).toEqual([]);
    writeFileSync(
      join(folder, "session_index.jsonl"),
      `not json\n${lines.map((line) => JSON.stringify(line)).join("\n")}\n`,
    );
    expect(await failure(made.resumeThread("old").run("go"))).toBeInstanceOf(SessionNotFoundError);
    expect(unknown.id).toBeNull();
    await unknown.run("go");
    expect(unknown.id).toBe(threadId);
    expect(calls()[0]!.args.slice(2)).toEqual(["resume", threadId]);
  });
});

describe("options", () => {
  it.each([
    [{ sandboxmode: "read-only" }, "ThreadOptions.sandboxmode is no option"],
    [{ sandboxMode: "none" }, "must be one of read-only, workspace-write, danger-full-access"],
    [{ model: "--help" }, "must not begin with a dash"],
    [{ model: "a\0b" }, "has a null byte"],
    [{ model: "" }, "is not empty"],
    [{ skipGitRepoCheck: "yes" }, "must be true or false"],
    [{ additionalDirectories: "/tmp" }, "must be an array"],
    [{ enable: ["-x"] }, "ThreadOptions.enable[0]"],
    [{ approvalPolicy: "auto" }, "never, on-request, on-failure, untrusted"],
    [{ approvalPolicy: { granular: { a: 1 } } }, "granular"],
    [{ sandbox_mode: "read-only", sandboxMode: "read-only" }, "two spellings"],
    ["text", "must be an object"],
  ])("of a thread, %j are refused: %s", (options, words) => {
    expect(() => new Codex().startThread(options as ThreadOptions)).toThrow(words);
    expect(() => new Codex().startThread(options as ThreadOptions)).toThrow(ValidationError);
  });

  it.each([
    [{ killTimeoutMs: 0 }, "killTimeoutMs"],
    [{ maxLineBytes: 2 ** 40 }, "maxLineBytes"],
    [{ stderrTailBytes: 65_537 }, "stderrTailBytes"],
    [{ env: { A: 1 } }, "CodexOptions.env.A must be a string"],
    [{ env: [] }, "CodexOptions.env"],
    [{ config: { a: null } }, "config.a"],
    [{ onMalformedLine: "ignore" }, "must be one of error, skip, event"],
    [{ binary: "claude" }, "codex-agent, codex"],
    [{ spawn: "x" }, "must be a function"],
  ])("of the client, %j are refused: %s", (options, words) => {
    expect(() => new Codex(options as never)).toThrow(words);
  });

  it.each([
    [{ timeoutMs: Number.NaN }, "timeoutMs"],
    [{ idleTimeoutMs: 2 ** 31 }, "idleTimeoutMs"],
    [{ signal: {} }, "AbortSignal"],
    [{ cyberAccessProgram: "other" }, "standard, daybreak_blue, daybreak_red"],
  ])("of a turn, %j are refused: %s", async (options, words) => {
    const { thread, calls } = await program(working);
    expect((await failure(thread().run("go", options as never))).message).toContain(words);
    expect(calls()).toEqual([]);
  });

  it("of older ports are taken under their switch, with a warning", async () => {
    const { codex, calls } = await program(working);
    const warned: string[] = [];
    const made = codex({ logger: { warn: (message) => warned.push(message) } });
    const turn = await made.startThread({ approvalPolicy: "auto", approvalPolicyAlias: true }).run("go");
    await made.startThread({ approvalPolicy: "manual", approvalPolicyAlias: true }).run("go");
    expect(calls().flatMap(({ args }) => settings(args))).toEqual([
      'approval_policy="never"',
      'approval_policy="on-request"',
    ]);
    expect(turn.warnings).toEqual(['approvalPolicy "auto" is deprecated; write "never"']);
    expect(warned).toHaveLength(2);
  });

  it("and methods have the names of codex-py too", async () => {
    const { path, calls } = await program(working);
    const codex = new Codex({ codex_path_override: path, kill_timeout_ms: 10 });
    const thread = codex.start_thread({
      sandbox_mode: "read-only",
      skip_git_repo_check: true,
      web_search_enabled: true,
    });
    const { events } = await thread.run_streamed("go", { output_schema: {} });
    for await (const event of events) expect(event.type).not.toBe("error");
    await codex.resume_thread(threadId).run("go");
    await codex.fork_thread(threadId).run("go");
    await codex.resume_last().run("go");
    expect(calls()[0]!.args).toContain("--output-schema");
    expect(calls()[0]!.args).toContain("--skip-git-repo-check");
    expect(calls()).toHaveLength(4);
  });
});

describe("input", () => {
  it.each([
    ["", "has no text"],
    [" \n", "has no text"],
    [[], "has no text"],
    [[{ type: "text", text: "" }], "has no text"],
    [[{ type: "picture", path: "/x" }], "input[0].type must be text or local_image"],
    [[{ type: "text", text: 1 }], "input[0].text must be a string"],
    [["words"], "input[0] must be an object"],
    [{ type: "text", text: "a" }, "must be a string or an array"],
    [null, "must be a string or an array"],
  ])("%j is refused before anything starts", async (input, words) => {
    const { thread, calls } = await program(working);
    const error = await failure(thread().run(input as never));
    expect(error).toBeInstanceOf(ValidationError);
    expect(error.message).toContain(words);
    expect(calls()).toEqual([]);
  });

  it("names images and directories that are not there, which the program would pass over", async () => {
    const { codex, calls, folder } = await program(working);
    const look = (path: string): Promise<unknown> =>
      codex()
        .startThread()
        .run([
          { type: "text", text: "x" },
          { type: "local_image", path },
        ]);
    expect((await failure(look(join(folder, "none.png")))).message).toBe(
      `image 1 does not exist: ${join(folder, "none.png")}`,
    );
    expect((await failure(look(folder))).message).toContain("is not a file");
    const nowhere = join(folder, "nowhere");
    expect((await failure(codex().startThread({ workingDirectory: nowhere }).run("x"))).message).toBe(
      `workingDirectory does not exist: ${nowhere}`,
    );
    const more = codex().startThread({ additionalDirectories: [folder, nowhere] });
    expect((await failure(more.run("x"))).message).toContain("additionalDirectories[1] does not exist");
    expect(calls()).toEqual([]);
  });

  it("XS-130: a path is refused when it is empty, missing, a directory, has a null byte or leads out of its base", async () => {
    const { folder } = await program("");
    const base = join(folder, "base");
    mkdirSync(join(base, "inner"), { recursive: true });
    writeFileSync(join(base, "inner", "real.png"), "");
    writeFileSync(join(folder, "outside.png"), "");
    symlinkSync(join(base, "inner", "real.png"), join(base, "link.png"));
    symlinkSync(join(folder, "outside.png"), join(base, "escape.png"));
    expect(await checkFilePath("link.png", { base })).toBe(join(base, "link.png"));
    expect(await checkFilePath(join(base, "inner", "real.png"), { base })).toBe(join(base, "inner", "real.png"));
    expect(await checkFilePath(join(folder, "outside.png"))).toBe(join(folder, "outside.png"));
    for (const path of ["", "a\0b", "none.png", "inner", "escape.png", "../outside.png", join(folder, "outside.png")])
      expect(await failure(checkFilePath(path, { base })), path).toBeInstanceOf(ValidationError);
  });
});
