import { message, respond } from "../../support/fake-model.ts";
import type { AppClient } from "../../support/app-client.ts";
import type { Desk, Dialogue } from "./dialogue.ts";

const unknown = "0190aaaa-0000-7000-8000-000000000000";
const script = () => () => respond([message("msg_1", "hello")]);

async function thread({ stage }: Desk, client: AppClient, params: Record<string, unknown> = {}): Promise<string> {
  const options = { cwd: stage.workspace, approvalPolicy: "never", model: "gpt-5.5", sandbox: "danger-full-access" };
  const { thread: opened } = await client.call("thread/start", { ...options, ...params });
  return (opened as { id: string }).id;
}

async function turn(client: AppClient, threadId: string, text: string, params = {}): Promise<void> {
  await client.call("turn/start", { threadId, input: [{ type: "text", text }], ...params });
  await client.next("turn/completed");
}

const mode = (kind: string, effort: string | null, words: string | null): Record<string, unknown> => ({
  mode: kind,
  settings: { model: "gpt-5.5", reasoning_effort: effort, developer_instructions: words },
});

export const settingsDialogues: Dialogue[] = [
  {
    name: "a thread begins with what its client wants",
    script,
    stage: { git: false },
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, {
        developerInstructions: "Talk like a pirate.",
        config: { model_reasoning_effort: "high", "features.goals": false },
        personality: "pragmatic",
        threadSource: "mine",
        sandbox: "danger-full-access",
      });
      await turn(client, threadId, "hi", { turnTrigger: "button" });
      const opened = { cwd: desk.stage.workspace, model: "gpt-5.5" };
      await client.request("thread/start", { ...opened, sandbox: "read-only", permissions: ":workspace" });
      await client.request("thread/start", { ...opened, sandbox: "read-only", approvalPolicy: "on-request" });
      await client.request("thread/start", { ...opened, permissions: ":read-only" });
      await client.request("thread/start", { ...opened, permissions: ":workspace", ephemeral: true });
      const granular = { sandbox_approval: true, rules: true, mcp_elicitations: false };
      await client.request("thread/start", { ...opened, sandbox: "read-only", approvalPolicy: { granular } });
      const last = await thread(desk, client, { sandbox: "read-only", approvalsReviewer: "auto_review" });
      await client.next("thread/started", ({ thread: begun }) => (begun as { id: string }).id === last);
    },
  },
  {
    name: "what a turn is started with holds from it on",
    script,
    stage: { git: false },
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      await turn(client, threadId, "one", { effort: "high", summary: "concise", personality: "friendly" });
      await turn(client, threadId, "two", { model: "gpt-5.5" });
      await turn(client, threadId, "three", { approvalPolicy: "on-request", sandboxPolicy: { type: "readOnly" } });
      await turn(client, threadId, "four", { cwd: "/", sandboxPolicy: { type: "dangerFullAccess" } });
      await turn(client, threadId, "five");
      const params = { threadId, input: [] };
      await client.request("turn/start", { ...params, sandboxPolicy: { type: "readOnly" }, permissions: ":workspace" });
    },
  },
  {
    name: "a mode brings words of its own",
    script,
    stage: { git: false },
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      await turn(client, threadId, "one", { collaborationMode: mode("plan", "low", "Only plan.") });
      await turn(client, threadId, "two");
      await turn(client, threadId, "three", { collaborationMode: mode("default", null, "Now work.") });
    },
  },
  {
    name: "settings change between turns",
    script,
    stage: { git: false },
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      const change = (params: Record<string, unknown>): Promise<unknown> =>
        client.call("thread/settings/update", { threadId, ...params });
      await change({});
      await change({ effort: "high", summary: "detailed", approvalPolicy: "on-request", serviceTier: "flex" });
      await client.next("thread/settings/updated");
      await change({ effort: null, serviceTier: null });
      await client.next("thread/settings/updated");
      const roots = { writableRoots: ["/opt"], networkAccess: true, excludeTmpdirEnvVar: true, excludeSlashTmp: true };
      await change({ sandboxPolicy: { type: "workspaceWrite", ...roots } });
      await client.next("thread/settings/updated");
      await change({ permissions: ":workspace", cwd: "/" });
      await client.next("thread/settings/updated");
      await change({ approvalPolicy: { granular: { sandbox_approval: true, rules: false, mcp_elicitations: true } } });
      await client.next("thread/settings/updated");
      await change({ collaborationMode: mode("plan", "low", "Only plan.") });
      await client.next("thread/settings/updated");
      await client.request("thread/settings/update", { threadId: unknown });
      await client.request("thread/settings/update", { threadId: "none" });
      await client.request("turn/settings/update", { threadId, turnId: unknown, effort: "low" });
    },
  },
  {
    name: "goals are set, read and cleared",
    script,
    stage: { git: false },
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      await turn(client, threadId, "one");
      await client.request("thread/goal/set", { threadId, objective: "" });
      await client.request("thread/goal/set", { threadId, status: "paused" });
      await client.call("thread/goal/set", { threadId, objective: "do it", status: "paused", tokenBudget: 1000 });
      await client.next("thread/goal/updated");
      await client.call("thread/goal/get", { threadId });
      await client.request("thread/goal/set", { threadId, tokenBudget: -1 });
      await client.call("thread/goal/set", { threadId, tokenBudget: null, status: "complete" });
      await client.next("thread/goal/updated");
      await client.call("thread/goal/clear", { threadId });
      await client.next("thread/goal/cleared");
      await client.call("thread/goal/clear", { threadId });
      await client.request("thread/goal/get", { threadId: unknown });
      await client.request("thread/goal/get", { threadId: "none" });
    },
  },
];
