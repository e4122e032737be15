import { call, message, respond } from "../../support/fake-model.ts";
import type { AppClient } from "../../support/app-client.ts";
import type { StageOptions } from "../../support/run.ts";
import type { Desk, Dialogue } from "./dialogue.ts";
import { withoutPieces } from "./steps.ts";

interface ListedHook {
  key: string;
  currentHash: string;
}

/** Trusts every hook as it is listed, the way that clients do. */
async function trustAll(client: AppClient): Promise<void> {
  const { data } = await client.call("hooks/list", {});
  const [{ hooks }] = data as [{ hooks: ListedHook[] }];
  await client.call("config/batchWrite", {
    edits: [
      {
        keyPath: "hooks.state",
        value: Object.fromEntries(hooks.map(({ key, currentHash }) => [key, { trusted_hash: currentHash }])),
        mergeStrategy: "upsert",
      },
    ],
    reloadUserConfig: true,
  });
  await client.call("hooks/list", {});
}

async function turn({ stage }: Desk, client: AppClient): Promise<void> {
  const { thread } = await client.call("thread/start", {
    cwd: stage.workspace,
    approvalPolicy: "never",
    sandbox: "danger-full-access",
    model: "gpt-5.5",
  });
  const { id: threadId } = thread as { id: string };
  await client.call("turn/start", { threadId, input: [{ type: "text", text: "go" }] });
  await client.next("turn/completed");
}

const stage = (hooks: object): StageOptions => ({ homeFiles: { "hooks.json": JSON.stringify({ hooks }) } });
const command = (line: string, more: object = {}): object => ({
  hooks: [{ type: "command", command: line, ...more }],
});

const untrusted = ["user_prompt_submit", "stop"].map((event) => `<root>/codex-home/hooks.json:${event}:0:0`).join(", ");

/** The thread, and what is told of it right away. */
function withWarning(told: unknown): unknown[] {
  const { method, params } = told as { method: string; params: { thread?: { id: string } } };
  if (method !== "thread/started") return [told];
  const message = `2 hooks do not run, for nobody has trusted them as they are now: ${untrusted}. Read what they run, then trust them with \`codex-agent hooks trust\`.`;
  return [told, { method: "warning", params: { threadId: params.thread?.id, message } }];
}

export const hooksDialogues: Dialogue[] = withoutPieces([
  {
    name: "hooks are trusted by a client, run, and are told of",
    script: () => [respond([call("c1", "exec_command", { cmd: "echo one" })]), respond([message("msg_1", "done")])],
    stage: stage({
      UserPromptSubmit: [command("echo more to know", { statusMessage: "looking" })],
      PreToolUse: [{ matcher: "Bash", ...command("exit 0") }],
      PostToolUse: [command("echo no >&2; exit 3")],
    }),
    async play(desk) {
      const client = await desk.connect();
      await trustAll(client);
      await turn(desk, client);
    },
  },
  {
    name: "hooks that nobody trusts are not run",
    script: () => [respond([message("msg_1", "done")])],
    stage: stage({ UserPromptSubmit: [command("echo more to know")], Stop: [command("exit 2")] }),
    async play(desk) {
      const client = await desk.connect();
      await turn(desk, client);
    },
    wanted: {
      reason: "Whoever relies on a hook is told that it does not run.",
      change: (real) => ({
        ...real,
        clients: real.clients.map((client) => ({ ...client, told: client.told.flatMap(withWarning) })),
      }),
    },
  },
  {
    name: "a hook that does not let the turn end is told of, with its words as an item",
    script: () => [respond([message("msg_1", "first")]), respond([message("msg_2", "second")])],
    stage: stage({
      Stop: [command(`test -e stopped || { touch stopped; echo "not yet" >&2; exit 2; }`)],
    }),
    async play(desk) {
      const client = await desk.connect();
      await trustAll(client);
      await turn(desk, client);
    },
  },
]);
