import { expect, it } from "vitest";
import type { AppClient } from "../../support/app-client.ts";
import { call, message, respond, type Script } from "../../support/fake-model.ts";
import { git, oracle, subject, type Stage } from "../../support/run.ts";
import { playDialogue, type Desk, type Dialogue, type Heard } from "./dialogue.ts";

const report = (count: number): string =>
  JSON.stringify({
    findings: Array.from({ length: count }, (_, index) => ({
      title: `[P1] Title ${index + 1}`,
      body: `Body ${index + 1} line\nand more`,
      confidence_score: 0.9,
      priority: 1,
      code_location: { absolute_file_path: "/workspace/a.txt", line_range: { start: index + 1, end: index + 2 } },
    })),
    overall_correctness: "patch is incorrect",
    overall_explanation: "Explained.",
    overall_confidence_score: 0.8,
  });

const commits = (stage: Stage): Promise<void> =>
  git(stage, ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "--allow-empty", "-m", "one"]);

async function reviewed(
  desk: Desk,
  target: object,
  then?: (client: AppClient, threadId: string) => Promise<void>,
): Promise<void> {
  const client = await desk.connect();
  const { thread } = await client.call("thread/start", {
    cwd: desk.stage.workspace,
    approvalPolicy: "never",
    sandbox: "danger-full-access",
    model: "gpt-5.5",
  });
  const threadId = (thread as { id: string }).id;
  const reply = await client.request("review/start", { threadId, target });
  if ("error" in reply) return;
  await client.next("turn/completed");
  await then?.(client, threadId);
}

const looks =
  (reply: string): (() => Script) =>
  () => [
    respond([call("c1", "exec_command", { cmd: "echo looked" })]),
    respond([message("msg_1", reply)]),
    respond([message("msg_2", "after")]),
  ];

const dialogues: Dialogue[] = [
  {
    name: "uncommitted changes, two findings, and a turn after it",
    script: looks(report(2)),
    setup: commits,
    play: (desk) =>
      reviewed(desk, { type: "uncommittedChanges" }, async (client, threadId) => {
        await client.call("turn/start", { threadId, input: [{ type: "text", text: "and now" }] });
        await client.next("turn/completed");
      }),
  },
  {
    name: "against a base branch, nothing found",
    script: looks(report(0)),
    setup: commits,
    play: (desk) => reviewed(desk, { type: "baseBranch", branch: "main" }),
  },
  {
    name: "a commit with a title, one finding among other words",
    script: looks(`Here it is: ${report(1)}`),
    setup: commits,
    play: (desk) => reviewed(desk, { type: "commit", sha: "0123456789abcdef", title: "T" }),
  },
  {
    name: "instructions, and a reply that is no JSON",
    script: looks("all is well"),
    play: (desk) => reviewed(desk, { type: "custom", instructions: "  look at everything " }),
  },
  {
    name: "targets that name nothing",
    script: () => [],
    play: async (desk) => {
      await reviewed(desk, { type: "custom", instructions: " " });
    },
  },
];

interface Said {
  method: string;
  params: { item?: Record<string, unknown>; turn?: { status: string; items: { text?: string }[] } };
}

/**
 * What clients and models are told of a review, without ids. Ours tells the turn under one id, from its beginning on, and
 * nothing of the reviewer's own message, of which the real one tells a beginning without an end; prose is each one's own.
 */
function essence({ clients, requests }: Heard): unknown {
  const [{ replies, told }] = clients as [Heard["clients"][number]];
  const items = (told as Said[]).flatMap(({ method, params: { item, turn } }): Record<string, unknown>[] => {
    if (method === "turn/completed") return [{ method, status: turn?.status, last: turn?.items.at(-1)?.text }];
    if (item === undefined) return [];
    const { type, review, text, command, aggregatedOutput, status } = item;
    const unfinished = method === "item/started" && type === "agentMessage" && text === "";
    const words = type === "userMessage" ? {} : { review, text, command, aggregatedOutput, status };
    return unfinished ? [] : [{ method, type, ...words }];
  });
  const asked = (requests as Record<string, unknown>[]).map((body) => {
    const metadata = (body["client_metadata"] as Record<string, unknown>)["x-codex-turn-metadata"];
    const {
      subagent_kind: kind,
      thread_source: source,
      parent_thread_id: parent,
    } = metadata as Record<string, unknown>;
    const input = body["input"] as { type: string; role?: string }[];
    const tools = (body["tools"] as { name?: string; type: string }[] | undefined)?.map(
      ({ name, type }) => name ?? type,
    );
    return {
      tools: kind === "review" ? tools : null,
      kind,
      source: kind === "review" ? source : null,
      hasParent: parent !== undefined,
      input: input.map(({ type, role }) => role ?? type),
    };
  });
  return {
    replies: replies.map(({ method, reply }) => ({ method, reply: withoutPlace(method, reply) })),
    items,
    asked,
  };
}

/** The threads themselves are compared elsewhere. */
const withoutPlace = (method: string, reply: unknown): unknown => (method === "thread/start" ? null : reply);

it.concurrent.for(dialogues.map((dialogue) => ({ dialogue, name: dialogue.name })))(
  "a review is told as the real one tells it: $name",
  { timeout: 120_000 },
  async ({ dialogue }) => {
    const [real, got] = await Promise.all([playDialogue(oracle(), dialogue), playDialogue(subject(), dialogue)]);
    expect(essence(got)).toEqual(essence(real));
  },
);
