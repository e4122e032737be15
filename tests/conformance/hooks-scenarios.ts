import { readFileSync } from "node:fs";
import { appendFile, chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readHooks } from "../../src/config/hooks/read-hooks.ts";
import { loadConfig } from "../../src/config/load.ts";
import { byThread, one, script as agentScript } from "./agents-scenarios.ts";
import { call, customCall, message, respond, type Reply, type Step } from "../support/fake-model.ts";
import { handmade } from "../support/mcp/servers.ts";
import type { RequestRules } from "../support/normalise.ts";
import type { Stage } from "../support/run.ts";
import type { Played, Scenario, Turn } from "../support/scenario.ts";
import { commonRules } from "./rules.ts";

interface Case {
  name: string;
  hooks: Hooks;
  stdout: { item?: { type: string; text: string } }[];
  requests: { new_items: { type: string; arguments?: string }[] }[];
}

type Handler = Record<string, unknown>;
type Hooks = Record<string, { matcher?: string; hooks: Handler[] }[]>;

/** What the real Codex did with 33 hooks, each in a run of its own. */
const cases = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/codex/hooks-cases.json"), "utf8"),
) as Case[];

/** `hook NAME EXIT STDOUT STDERR AFTER`: notes what it is told, without what changes from run to run, and answers, once a file AFTER is there. */
const program = `#!/bin/bash
IN=$(cat)
printf '%s %s\\n' "$1" "$IN" | sed -E 's#/var/tmp/(ca-[A-Za-z0-9_]+/)?stage-[A-Za-z0-9_]+#STAGE#g; s#sessions/[-0-9/]+#sessions/#g; s#rollout-[-0-9T]{19}-#rollout-#g; s/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/ID/g; s/Wall time: [0-9.]+ seconds/Wall time: N seconds/g' >> "told-$1.log"
until [ -z "$5" ] || [ -e "$5" ]; do sleep 0.05; done
printf '%s' "$3"
printf '%s' "$4" >&2
exit "\${2:-0}"
`;

const hook = (name: string, stdout: unknown = "", { exit = 0, stderr = "", after = "" } = {}): Handler => {
  const said = typeof stdout === "string" ? stdout : JSON.stringify(stdout);
  const words = [name, String(exit), said, stderr, after].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  return { type: "command", command: `$HOME/hook ${words.join(" ")}` };
};
const print = (answer: object): string => `printf %s '${JSON.stringify(answer).replaceAll("'", `'\\''`)}'`;
const shell = (command: string): Handler => ({ type: "command", command });
const serverTool = (tool: string, input: object = {}, rest: object = {}): Handler => ({
  type: "mcp_tool",
  server: "demo",
  tool,
  input,
  ...rest,
});
const group = (...hooks: Handler[]): Hooks[string] => [{ hooks }];
const specific = (hookEventName: string, rest: object): object => ({ hookSpecificOutput: { hookEventName, ...rest } });
const rewriting = (updatedInput: unknown): object =>
  specific("PreToolUse", { permissionDecision: "allow", updatedInput });

const end = respond([message("msg_end", "done")]);
const run = (id: number, cmd: string, rest: object = {}): Reply =>
  respond([call(String(id), "exec_command", { cmd, ...rest })]);
const patch = (file: string): string => `*** Begin Patch\n*** Add File: ${file}\n+x\n*** End Patch`;

const flags = ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", "-s", "danger-full-access"];
const turn = (...rest: string[]): Turn => ({ argv: [...flags, ...rest, "hello there"] });
const again = (word: "resume" | "fork"): Turn => ({ argv: ({ threadId }) => [...flags, word, threadId, "once more"] });

/** Writes the program, and trust in every hook as codex-agent reckons it: the real Codex has to take it for the same. */
export async function trustHooks(stage: Stage): Promise<void> {
  await writeFile(join(stage.home, "hook"), program);
  await chmod(join(stage.home, "hook"), 0o755);
  const config = await loadConfig({ env: stage.env, cwd: stage.workspace });
  const { hooks } = readHooks(config.hooks.places, config.hooks.state);
  const lines = hooks.map(
    ({ key, currentHash }) => `\n[hooks.state.${JSON.stringify(key)}]\ntrusted_hash = "${currentHash}"\n`,
  );
  await appendFile(join(stage.codexHome, "config.toml"), lines.join(""));
}

const hooked = (
  name: string,
  hooks: Hooks,
  script: readonly Step[],
  { stage, ...rest }: Partial<Scenario> = {},
): Scenario => ({
  name: `hooks: ${name}`,
  script: () => script,
  stage: { homeFiles: { "hooks.json": JSON.stringify({ hooks }) }, ...stage },
  setup: trustHooks,
  turns: [turn()],
  ...rest,
});

type Event = Played["runs"][number]["events"][number];

const said = (names: string): Event => ({
  type: "item.completed",
  item: { id: "<item>", type: "error", message: `<text ${names}>` },
});

const isA = (type: string, event: Event): boolean => (event as { type?: unknown }).type === type;

const eachRun = (real: Played, change: (events: Event[]) => Event[]): Played => ({
  ...real,
  runs: real.runs.map((each) => ({ ...each, events: change(each.events) })),
});

type Wanted = NonNullable<Scenario["wanted"]>;

/** The prompt went nowhere, which ours says right after the start of the turn. */
const refused: Wanted = {
  reason: "the real one ends such a turn without a word",
  change: (real) =>
    eachRun(real, (events) => events.flatMap((event) => (isA("turn.started", event) ? [event, said("")] : [event]))),
};

/** Hooks are passed over, which ours says before the turn. */
const untrusted: Wanted = {
  reason: "the real one does not say that it runs none",
  change: (real) =>
    eachRun(real, (events) =>
      events.flatMap((event) => (isA("turn.started", event) ? [said("codex-agent hooks trust"), event] : [event])),
    ),
};

const saidOnce: Wanted = {
  reason: "the real one says it twice",
  change: (real) =>
    eachRun(real, (events) =>
      events.filter((event, at) => at === 0 || JSON.stringify(event) !== JSON.stringify(events[at - 1])),
    ),
};

const silent = new Set(["ss_stop", "ups_block", "ups_exit2", "ups_stop"]);

function captured({ name, hooks, stdout, requests }: Case): Scenario {
  const answers = stdout.flatMap(({ item }) => (item?.type === "agent_message" ? [item.text] : []));
  const calls = requests.some(({ new_items: items }) => items.some(({ type }) => type === "function_call"));
  const placed = JSON.stringify(hooks)
    .replaceAll("/workspace/bin/hook", "$HOME/hook")
    .replaceAll("/workspace/tmp/", "$TMPDIR/");
  return {
    ...hooked(name, JSON.parse(placed) as Hooks, [
      ...(calls ? [run(1, "echo hi")] : []),
      ...answers.map((text, index) => respond([message(`msg_${index}`, text)])),
    ]),
    ...(silent.has(name) && { wanted: refused }),
  };
}

/** Ours has one tool more where a summary stands for the history, and other words around it. */
const compacted: RequestRules = {
  ...commonRules,
  withoutTools: new Set(["read_history"]),
  summaries: ["summary"],
};

const named: RequestRules = {
  ...commonRules,
  freeWordings: [
    ...(commonRules.freeWordings ?? []),
    { pattern: /"nickname":"[^"]*"/g, becomes: '"nickname":"<name>"' },
  ],
};

/** On its way out the program waits a second for a hook, or three where it asks for them. */
const isBrief = (event: string): boolean => event === "SessionEnd" || event === "Interrupt";
const everyEvent = (...names: string[]): Hooks =>
  Object.fromEntries(names.map((name) => [name, group({ ...hook(name), ...(isBrief(name) && { timeout: 3 }) })]));

/** Hooks in both programs: what they are told, what they may do, and what becomes of the turn. */
export const hooksScenarios: Scenario[] = [
  ...cases.map(captured),
  hooked(
    "what each is told in a turn with a call",
    everyEvent("SessionStart", "UserPromptSubmit", "PreToolUse", "PostToolUse", "Stop", "SessionEnd"),
    [run(1, "echo hi"), end],
  ),
  hooked("what each is told of requests", everyEvent("PreModelRequest", "PostModelRequest", "Stop"), [end]),
  hooked(
    "what each is told of a refused request",
    everyEvent("PreModelRequest", "PostModelRequest", "Stop", "SessionEnd"),
    [{ status: 400, parts: [{ raw: '{"error":{"message":"bad"}}' }] }],
  ),
  hooked("how a session comes to its turn", everyEvent("SessionStart", "SessionEnd"), [end, end, end], {
    turns: [turn(), again("resume"), again("fork")],
  }),
  hooked(
    "contexts of every kind stay where they are",
    {
      SessionStart: group(hook("a", "FIRST"), hook("b", "SECOND")),
      UserPromptSubmit: group(hook("c", "PROMPT")),
      PreToolUse: group(hook("d", specific("PreToolUse", { additionalContext: "BEFORE" }))),
      PostToolUse: group(hook("e", specific("PostToolUse", { additionalContext: "AFTER" }))),
      Stop: group(shell(`IN=$(cat); case "$IN" in *'"stop_hook_active":false'*) echo 'go on' >&2; exit 2;; esac`)),
    },
    [
      run(1, "echo one"),
      respond([message("msg_1", "first")]),
      respond([message("msg_2", "more")]),
      respond([message("msg_3", "second")]),
      end,
    ],
    { turns: [turn(), again("resume")] },
  ),
  hooked(
    "of several rewritten inputs the last to come counts",
    {
      PreToolUse: group(
        shell(`sleep 4; ${print(rewriting({ command: "pwd; echo late" }))}`),
        shell(print(rewriting({ command: "echo early" }))),
      ),
    },
    [run(1, "echo hi", { workdir: "/usr" }), end],
  ),
  hooked("a rewritten input of the wrong form", { PreToolUse: group(hook("pre", rewriting({ cmd: "echo other" }))) }, [
    run(1, "echo hi"),
    end,
  ]),
  hooked("a patch that is refused", { PreToolUse: group(hook("pre", "", { exit: 2, stderr: "no patches" })) }, [
    respond([customCall("1", "apply_patch", patch("a.txt"))]),
    end,
  ]),
  hooked(
    "a patch that is rewritten",
    { PreToolUse: group(hook("pre", rewriting({ command: patch("b.txt") }))), PostToolUse: group(hook("post")) },
    [respond([customCall("1", "apply_patch", patch("a.txt"))]), end],
  ),
  hooked(
    "tools without a command, and calls that cannot be made",
    { PreToolUse: group(hook("pre", "", { exit: 2, stderr: "no" })) },
    [
      respond([call("1", "view_image", { path: "x.png" })]),
      respond([call("2", "nope", {})]),
      respond([call("3", "write_stdin", { session_id: 3, chars: "x" })]),
      respond([call("4", "exec_command", { bad: 1 })]),
      end,
    ],
  ),
  hooked("a command that goes on is told of when it ends", everyEvent("PreToolUse", "PostToolUse"), [
    run(1, "sleep 3; echo late; exit 3", { yield_time_ms: 300 }),
    (request) => {
      const session = Number(/session ID (\d+)/.exec(request.rawBody)?.[1]);
      return respond([call("2", "write_stdin", { session_id: session, yield_time_ms: 60_000 })]);
    },
    end,
  ]),
  hooked(
    "two that keep the turn going",
    {
      Stop: group(
        ...["A<&>\"'", "B"].map((reason) =>
          shell(
            `IN=$(cat); case "$IN" in *'"stop_hook_active":false'*) ${print({ decision: "block", reason })};; esac`,
          ),
        ),
      ),
    },
    [respond([message("msg_1", "first")]), end],
  ),
  hooked(
    "one that keeps the turn going and one that ends it",
    { Stop: group(hook("a", { decision: "block", reason: "more" }), hook("b", { continue: false })) },
    [end],
  ),
  hooked(
    "replies of several after a call",
    {
      PostToolUse: group(
        shell(print({ decision: "block", reason: " B \n" })),
        shell(print({ continue: false, stopReason: "C", reason: "C2", decision: "block" })),
        shell("echo D >&2; exit 2"),
        shell(print({ decision: "block" })),
      ),
    },
    [run(1, "echo hi"), end],
  ),
  hooked(
    "matchers",
    {
      PreToolUse: [
        "Bash",
        "Bas",
        "bash",
        "Bash|apply_patch",
        "^Ba",
        "a.h$",
        "(?i)BASH",
        "*",
        "",
        "Bash,Write",
        "[Bb]ash",
        "mcp__.*",
      ].map((matcher, index) => ({ matcher, hooks: [shell(`touch ran-${index}`)] })),
    },
    [run(1, "echo hi"), end],
  ),
  hooked(
    "one that nobody waits for",
    {
      PreToolUse: group({ ...hook("aside", "", { exit: 2, stderr: "no" }), async: true }),
      SessionStart: group({ ...hook("start", "AFTERWARDS", { after: "called" }), async: true }),
    },
    [run(1, "touch called; until [ -e told-start.log ] && [ -e told-aside.log ]; do sleep 0.05; done; sleep 3"), end],
  ),
  hooked(
    "hooks of config.toml, of the command line and of a trusted project",
    { SessionStart: group(hook("home", "HOME")) },
    [end],
    {
      stage: {
        git: true,
        homeFiles: { "hooks.json": JSON.stringify({ hooks: { SessionStart: group(hook("home", "HOME")) } }) },
        files: { ".codex/hooks.json": JSON.stringify({ hooks: { SessionStart: group(hook("project", "PROJECT")) } }) },
      },
      setup: async (stage) => {
        const config = join(stage.codexHome, "config.toml");
        await appendFile(
          config,
          `\n[[hooks.SessionStart]]\n[[hooks.SessionStart.hooks]]\ntype = "command"\ncommand = "echo TOML"\n`,
        );
        await appendFile(config, `\n[projects.${JSON.stringify(stage.workspace)}]\ntrust_level = "trusted"\n`);
        await trustHooks(stage);
      },
    },
  ),
  hooked(
    "a compaction, and the session's start after it",
    {
      ...everyEvent("PreCompact", "PostCompact", "PreModelRequest", "PostModelRequest"),
      SessionStart: group(hook("SessionStart", "START")),
    },
    [
      respond([call("1", "exec_command", { cmd: "echo hi" })], { usage: [9000, 0, 10, 0] }),
      respond([message("msg_1", "summary")]),
      end,
    ],
    { rules: compacted, turns: [turn("-c", "model_auto_compact_token_limit=5000")] },
  ),
  ...["PreCompact", "PostCompact"].map((event) =>
    hooked(
      `a compaction that ${event} ends`,
      { [event]: group(hook(event, { continue: false, stopReason: "no" })), ...everyEvent("Stop", "Interrupt") },
      [
        respond([call("1", "exec_command", { cmd: "echo hi" })], { usage: [9000, 0, 10, 0] }),
        respond([message("msg_1", "summary")]),
        end,
      ],
      { turns: [turn("-c", "model_auto_compact_token_limit=5000")] },
    ),
  ),
  hooked(
    "calls of a script",
    {
      PreToolUse: group(
        shell(
          `sed -E 's/.*"tool_name":"([^"]*)".*/\\1/' >> told; ${print(specific("PreToolUse", { additionalContext: "BEFORE" }))}`,
        ),
      ),
      PostToolUse: group(shell(print({ decision: "block", reason: "REPLACED" }))),
    },
    [respond([customCall("1", "exec", "const r = await tools.exec_command({cmd: 'echo nested'}); text(r);")]), end],
    { turns: [{ argv: ["exec", "--json", "--skip-git-repo-check", "-s", "workspace-write", "hello there"] }] },
  ),
  {
    ...hooked(
      "in a sub-agent",
      {
        ...everyEvent("SessionStart", "UserPromptSubmit", "PreToolUse", "Stop", "SessionEnd"),
        SubagentStart: group(hook("SubagentStart", "AGENT")),
        SubagentStop: group(
          hook("SubagentStop"),
          shell(`IN=$(cat); case "$IN" in *'"stop_hook_active":false'*) echo more >&2; exit 2;; esac`),
        ),
      },
      [],
    ),
    script: agentScript(
      [
        one("spawn_agent", () => ({ message: "child task" })),
        one("wait_agent", (agents) => ({ targets: agents, timeout_ms: 20_000 })),
      ],
      (number) => (number === 0 ? run(9, "echo child") : respond([message(`msg_agent_${number}`, `answer ${number}`)])),
    ),
    rules: named,
    inOrder: byThread,
  },
  hooked(
    "tools of a server",
    {
      SessionStart: group(serverTool("echo", { text: "from ${source}" }), serverTool("boom")),
      UserPromptSubmit: group(
        serverTool("content"),
        serverTool("both"),
        serverTool("echo", { text: "<${prompt}> ${nothing}" }),
        { ...serverTool("echo"), server: "nobody" },
      ),
      PreToolUse: group(
        serverTool("arguments", specific("PreToolUse", { additionalContext: "${tool_name}: ${tool_input}" })),
        serverTool("hang", {}, { timeout: 1 }),
      ),
      PostToolUse: group(serverTool("arguments", { decision: "block", reason: "seen ${tool_response}" })),
    },
    [run(1, "echo hi"), end],
    { stage: { config: handmade() } },
  ),
  hooked("switched off as a feature", { SessionStart: group(hook("a", "NEVER")) }, [end], {
    turns: [turn("--disable", "hooks")],
  }),
  hooked("a single one that is switched off", { SessionStart: group(hook("a", "NEVER")) }, [end], {
    setup: async (stage) => {
      await trustHooks(stage);
      await appendFile(join(stage.codexHome, "config.toml"), "enabled = false\n");
    },
  }),
  hooked("that nobody has trusted", { SessionStart: group(hook("a", "NEVER")) }, [end], {
    setup: async () => {},
    wanted: untrusted,
  }),
  hooked("that have changed since they were trusted", { SessionStart: group(hook("a", "NEVER")) }, [end], {
    setup: async (stage) => {
      await trustHooks(stage);
      await writeFile(
        join(stage.codexHome, "hooks.json"),
        JSON.stringify({ hooks: { SessionStart: group(hook("b", "NEVER")) } }),
      );
    },
    wanted: untrusted,
  }),
  hooked("run without trust", { SessionStart: group(hook("a", "ALWAYS")) }, [end], {
    setup: async (stage) => {
      await trustHooks(stage);
      await writeFile(
        join(stage.codexHome, "config.toml"),
        readFileSync(join(stage.codexHome, "config.toml"), "utf8").replace(/\[hooks[^]*$/, ""),
      );
    },
    turns: [turn("--dangerously-bypass-hook-trust")],
    wanted: saidOnce,
  }),
];
