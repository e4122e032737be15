import * as fs from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { AuditEntry, AuditReport } from "../../../src/protocol/audit.ts";
import type { Answer } from "../../../src/protocol/questions.ts";
import { call, customCall, message, respond, type ModelItem } from "../../support/fake-model.ts";
import { configFile } from "../../support/run.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";

let live: LiveThread | undefined;
let server: Server | undefined;
afterEach(async () => {
  await live?.close();
  server?.close();
  live = server = undefined;
});

interface Happening {
  readonly what: string;
  /** `[codex_agent]` and what follows; null for Codex's own settings. */
  readonly config: string;
  readonly item: (workspace: string) => ModelItem;
  readonly answer?: Answer;
  readonly wanted: Partial<AuditEntry>;
}

const mode = (name: string, more = ""): string => `model = "gpt-5.5"\n[codex_agent]\nmode = "${name}"\n${more}`;
const codex = (settings: string, more = ""): string => `model = "gpt-5.5"\n${settings}\n${more}`;
const command = (cmd: string, extra: object = {}): ModelItem => call("1", "exec_command", { cmd, ...extra });
const escalated = { sandbox_permissions: "require_escalated", justification: "it has to" };
const rule = (text: string): string => `[[codex_agent.rules]]\n${text}\n`;
const patch = (file: string): string => `*** Begin Patch\n*** Add File: ${file}\n+x\n*** End Patch\n`;

/** What happened, and the line of the audit that tells of it. */
const happenings: readonly Happening[] = [
  {
    what: "a command that the mode allows",
    config: mode("auto"),
    item: () => command("echo hi"),
    wanted: {
      tool: "exec_command",
      what: "echo hi",
      decision: "allow",
      by: "default",
      rule: "mode:auto",
      outcome: "exit 0",
      exitCode: 0,
    },
  },
  {
    what: "a command that fails",
    config: mode("auto"),
    item: () => command("exit 3"),
    wanted: { decision: "allow", outcome: "exit 3", exitCode: 3 },
  },
  {
    what: "full mode",
    config: mode("full"),
    item: () => command("echo hi > made"),
    wanted: { decision: "allow", by: "default", rule: "mode:full", outcome: "exit 0" },
  },
  {
    what: "Codex's sandbox",
    config: codex('sandbox_mode = "workspace-write"'),
    item: () => command("true"),
    wanted: { decision: "allow", by: "default", rule: "sandbox:workspace-write" },
  },
  {
    what: "a yes of the person's",
    config: mode("ask"),
    item: () => command("touch made"),
    answer: { type: "allow", scope: "once" },
    wanted: { decision: "allow", by: "person", rule: "mode:ask", scope: null, outcome: "exit 0" },
  },
  {
    what: "a yes that holds on",
    config: mode("ask"),
    item: () => command("touch made"),
    answer: { type: "allow", scope: "turn" },
    wanted: { decision: "allow", by: "person", scope: "turn" },
  },
  {
    what: "a no of the person's",
    config: mode("ask"),
    item: () => command("touch made"),
    answer: { type: "deny", message: "rather not" },
    wanted: { decision: "deny", by: "person", rule: "mode:ask", outcome: "refused" },
  },
  {
    what: "a way out of the sandbox",
    config: codex('approval_policy = "on-request"\nsandbox_mode = "workspace-write"'),
    item: () => command("true", escalated),
    answer: { type: "allow", scope: "once" },
    wanted: { decision: "allow", by: "person", reason: "it has to" },
  },
  {
    what: "a rule that allows",
    config: mode("ask", rule('command = "touch"\ndecision = "allow"\nreason = "harmless here"')),
    item: () => command("touch made"),
    wanted: {
      decision: "allow",
      by: "rule",
      rule: "config:codex_agent.rules[0]",
      reason: "harmless here",
      outcome: "exit 0",
    },
  },
  {
    what: "a rule that forbids",
    config: mode("auto", rule('command = "touch"\ndecision = "deny"\nreason = "never"')),
    item: () => command("touch made"),
    wanted: { decision: "deny", by: "rule", rule: "config:codex_agent.rules[0]", reason: "never", outcome: "refused" },
  },
  {
    what: "plan mode",
    config: mode("plan"),
    item: () => command("touch made"),
    wanted: { decision: "deny", rule: "mode:plan", outcome: "refused" },
  },
  {
    what: "a patch",
    config: mode("auto"),
    item: () => customCall("1", "apply_patch", patch("made")),
    wanted: { tool: "apply_patch", decision: "allow", outcome: "completed", files: ["made"] },
  },
  {
    what: "a protected file",
    config: mode("auto"),
    item: () => customCall("1", "apply_patch", patch(".env")),
    answer: { type: "deny" },
    wanted: { tool: "apply_patch", decision: "deny", by: "person", rule: "protected:.env", outcome: "refused" },
  },
  {
    what: "a tool that is not there",
    config: mode("auto"),
    item: () => call("1", "fly", { height: 3 }),
    wanted: { tool: "fly", what: '{"height":3}', decision: "deny", outcome: "refused" },
  },
  {
    what: "arguments that mean nothing",
    config: mode("auto"),
    item: () => call("1", "exec_command", { cmd: 7 }),
    wanted: { tool: "exec_command", decision: "deny", outcome: "refused" },
  },
  {
    what: "a trial that was kept",
    config: mode("ask", 'trial = "unknown"'),
    item: () => command(`node -e 'fs.writeFileSync("made", "x")'`),
    answer: { type: "allow", scope: "once" },
    wanted: { decision: "allow", by: "person", outcome: "exit 0; trial: kept (1 file)", files: ["made"] },
  },
  {
    what: "a trial that was dropped",
    config: mode("ask", 'trial = "unknown"'),
    item: () => command(`node -e 'fs.writeFileSync("made", "x")'`),
    answer: { type: "deny", message: "no" },
    wanted: { decision: "deny", by: "person", outcome: "exit 0; trial: dropped (1 file)", reason: "no", files: [] },
  },
];

async function open({ config, item }: Pick<Happening, "config" | "item">): Promise<void> {
  live = await startLiveThread(
    (request) => {
      const { input } = request.body as { input: { type: string }[] };
      const called = input.some(({ type }) => type.endsWith("_output"));
      return respond([called ? message("msg_end", "done") : item(live!.stage.workspace)]);
    },
    { stage: { config } },
  );
}

/** Each turn runs the command once. */
async function openCalling(config: string, cmd: string): Promise<void> {
  live = await startLiveThread(
    ({ index }) =>
      respond([index % 2 === 1 ? message(`m${index}`, "done") : call(`c${index}`, "exec_command", { cmd })]),
    { stage: { config } },
  );
}

async function audit(): Promise<AuditReport> {
  const { threadId } = live!.info;
  return live!.client.call("audit/read", { cwd: live!.stage.workspace, threadId });
}

const calls = (report: AuditReport): AuditEntry[] => report.threads[0]!.entries.filter(({ kind }) => kind === "call");

describe("what happened, and the audit of it", () => {
  test.each(happenings)("$what", async ({ config, item, answer, wanted }) => {
    await open({ config, item });
    const turn = live!.say("go");
    if (answer !== undefined) {
      const { questionId } = await live!.next("question.asked");
      await live!.client.call("question/answer", { threadId: live!.info.threadId, questionId, answer });
    }
    await turn;
    const found = calls(await audit());
    const files = (wanted.files ?? []).map((name) => join(live!.stage.workspace, name));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ ...wanted, ...(wanted.files !== undefined && { files }) });
    expect(found[0]?.atMs).toBeGreaterThan(Date.parse("2020-01-01"));
    expect(found[0]?.turnId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

test("walls are told of once, with what they lack", async () => {
  await open({ config: mode("auto"), item: () => command("true") });
  await live!.say("one");
  await live!.say("two");
  const walls = (await audit()).threads[0]!.entries.filter(({ kind }) => kind === "walls");
  expect(walls).toHaveLength(1);
  expect(walls[0]?.what).toMatch(/^mode auto; commands run in the walls of (bubblewrap|helper)/);
});

describe("full access that comes after a mode with walls", () => {
  const lines = async (): Promise<string[]> =>
    (await audit()).threads[0]!.entries.map(({ kind, what, rule }) => (kind === "walls" ? what : `${kind} ${rule}`));

  test("is told of from its first command on", async () => {
    await openCalling(mode("auto"), "true");
    await live!.say("one");
    const { threadId } = live!.info;
    await live!.client.call("thread/settings", { threadId, sandbox: "danger-full-access", approvalPolicy: "never" });
    await live!.say("two");
    expect(await lines()).toEqual([
      "call mode:auto",
      expect.stringMatching(/^mode auto; commands run in the walls of/),
      "call sandbox:danger-full-access",
      "commands run without walls",
    ]);
  });

  test("is told of too where the thread was opened anew in between", async () => {
    await openCalling(mode("auto"), "true");
    await live!.say("one");
    const { threadId } = live!.info;
    await live!.client.call("thread/close", { threadId });
    const config = codex('sandbox_mode = "danger-full-access"');
    fs.writeFileSync(join(live!.stage.codexHome, "config.toml"), configFile(live!.model.baseUrl, { config }));
    await live!.client.call("thread/resume", { threadId });
    await live!.say("two");
    expect((await lines()).slice(2)).toEqual(["call sandbox:danger-full-access", "commands run without walls"]);
  });
});

test("what a script types into a running command is told of, and of its other calls nothing more is kept", async () => {
  const secret = `sk-${"a1B2".repeat(10)}`;
  const script = [
    `const started = await tools.exec_command({ cmd: "read line", tty: true, yield_time_ms: 250 });`,
    `await tools.write_stdin({ session_id: started.session_id, chars: "rm -rf old ${secret}\\n" });`,
  ].join("\n");
  live = await startLiveThread(
    ({ index }) => respond([index === 0 ? customCall("c1", "exec", script) : message("m", "done")]),
    { stage: { config: `sandbox_mode = "workspace-write"` } },
  );
  await live.say("go");
  const typed = calls(await audit()).filter(({ tool }) => tool === "write_stdin");
  expect(typed).toMatchObject([
    { what: "rm -rf old [redacted]\n", decision: "allow", by: "default", rule: "sandbox:workspace-write" },
  ]);
  const noted = fs.readFileSync(live.info.path!, "utf8").match(/"typed"[^\n]*/g);
  expect(noted).toEqual([expect.stringContaining(typed[0]!.callId!)]);
});

test("effects of a command are found when the audit is read, and none are in the file", async () => {
  await open({ config: mode("auto"), item: () => command("cp a b && touch c") });
  await live!.say("go");
  const [entry] = calls(await audit());
  const { workspace } = live!.stage;
  expect(entry?.effects?.writes).toEqual(expect.arrayContaining([join(workspace, "b"), join(workspace, "c")]));
  expect(fs.readFileSync(live!.info.path!, "utf8")).not.toContain('"effects"');
});

test("what is decided by default has no line of its own", async () => {
  await open({ config: codex('sandbox_mode = "danger-full-access"'), item: () => command("true") });
  await live!.say("go");
  const own = fs
    .readFileSync(live!.info.path!, "utf8")
    .split("\n")
    .filter((line) => line.includes('"codex_agent"'));
  const kinds = own.map((line) => (JSON.parse(line) as { payload: { type: string } }).payload.type);
  expect(kinds.filter((kind) => !["call_started", "child_started", "request_head"].includes(kind))).toEqual([]);
});

test("hosts that are reached and refused are told of", async () => {
  server = createServer((_, response) => response.end("here"));
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const visit = (address: string): string => `curl -s --noproxy "" http://${address}:${port}/;`;
  // What it does is found out only when it runs: nobody is asked.
  const script = `x=$(printf '%s' '${visit("127.0.0.1")} ${visit("127.0.0.2")}'); sh -c "$x"`;
  await open({
    config: mode("auto", `[codex_agent.network]\nallow = ["127.0.0.1:${port}"]`),
    item: () => command(script),
  });
  await live!.say("go");
  const report = await audit();
  const hosts = report.threads[0]!.entries.filter(({ kind }) => kind === "host");
  expect(hosts).toMatchObject([
    { what: `127.0.0.1:${port}`, decision: "allow", rule: "network" },
    { what: `127.0.0.2:${port}`, decision: "deny", reason: "codex_agent.network.allow does not name it" },
  ]);
});

test("a turn that was stopped, and a thread with damage in its middle, are told of as far as they can be read", async () => {
  await open({ config: mode("ask"), item: () => command("touch made") });
  const turn = live!.say("go");
  const { questionId } = await live!.next("question.asked");
  await live!.client.call("question/answer", { threadId: live!.info.threadId, questionId, answer: { type: "cancel" } });
  expect((await turn).type).toBe("turn.interrupted");
  const path = live!.info.path!;
  const lines = fs.readFileSync(path, "utf8").trimEnd().split("\n");
  fs.writeFileSync(path, [lines[0], "{broken", ...lines.slice(1), '{"timestamp":"20'].join("\n"));
  const [thread] = (await audit()).threads;
  expect(thread?.warnings).toEqual([
    `The last line of ${path} was cut off while it was written.`,
    `1 line of ${path} cannot be read, and may have told more.`,
  ]);
  expect(thread?.entries).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: "call", decision: "deny", by: "person" }),
      expect.objectContaining({ kind: "turn", outcome: "stopped" }),
    ]),
  );
});

test("a thread that is not there is an error that says so", async () => {
  await open({ config: mode("auto"), item: () => command("true") });
  const threadId = "01a1ffd2-bc84-7285-8828-779bd74de656";
  await expect(live!.client.call("audit/read", { threadId })).rejects.toMatchObject({ code: "thread_not_found" });
});
