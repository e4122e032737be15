import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ThreadItem } from "../../../src/protocol/items.ts";
import { chat, finish, text as chatSays, thought, toolCall, usage } from "../../support/fake-chat.ts";
import { answer, textBlock, thinkingBlock, toolUse } from "../../support/fake-messages.ts";
import {
  call,
  completed,
  created,
  customCall,
  itemParts,
  message,
  type Reply,
  type Script,
} from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";

/** What a model says in one answer, whatever the wire. */
interface Said {
  thinks?: string;
  text?: string;
  calls?: { id: string; name: string; args: Record<string, unknown> }[];
}

const wires = {
  responses: ({ thinks, text, calls = [] }: Said): Reply => {
    const items = [
      ...(thinks === undefined
        ? []
        : [{ type: "reasoning", id: "rs_1", summary: [], content: [{ type: "reasoning_text", text: thinks }] }]),
      ...(text === undefined ? [] : [message("msg_1", text)]),
      ...calls.map(({ id, name, args }) =>
        name === "apply_patch" ? customCall(id, name, String(args["input"])) : call(id, name, args),
      ),
    ];
    return { parts: [created(), ...items.flatMap(itemParts), completed()] };
  },
  chat: ({ thinks, text, calls = [] }: Said): Reply =>
    chat([
      ...(thinks === undefined ? [] : [thought(thinks)]),
      ...(text === undefined ? [] : [chatSays(text)]),
      ...calls.map(({ id, name, args }, index) => toolCall(index, id, name, args)),
      finish(calls.length > 0 ? "tool_calls" : "stop"),
      usage(100, 10),
    ]),
  messages: ({ thinks, text, calls = [] }: Said): Reply =>
    answer([
      ...(thinks === undefined ? [] : [thinkingBlock(thinks)]),
      ...(text === undefined ? [] : [textBlock(text)]),
      ...calls.map(({ id, name, args }) => toolUse(id, name, args)),
    ]),
} as const;
type Wire = keyof typeof wires;

const patch = `*** Begin Patch
*** Update File: a.txt
@@
 one
-two
+three
*** Add File: b.txt
+new
*** End Patch`;

const scenarios: Record<string, Said[]> = {
  "an answer": [{ text: "Good morning." }],
  "thoughts, words and a command": [
    {
      thinks: "I look first.",
      text: "I look.",
      calls: [{ id: "c1", name: "exec_command", args: { cmd: "cat a.txt" } }],
    },
    { text: "It says one and two." },
  ],
  "a patch": [{ calls: [{ id: "c1", name: "apply_patch", args: { input: patch } }] }, { text: "Done." }],
  "a patch that does not fit": [
    { calls: [{ id: "c1", name: "apply_patch", args: { input: patch.replace("-two", "-four") } }] },
    { text: "It did not fit." },
  ],
  "a command that fails, and a plan": [
    {
      calls: [
        { id: "c1", name: "exec_command", args: { cmd: "echo no >&2; exit 3" } },
        { id: "c2", name: "update_plan", args: { plan: [{ step: "look", status: "in_progress" }] } },
      ],
    },
    { text: "It failed." },
  ],
  "several calls at once": [
    {
      calls: [1, 2, 3].map((id) => ({ id: `c${id}`, name: "exec_command", args: { cmd: `echo ${id}` } })),
    },
    { text: "All three." },
  ],
  "a call of a tool that there is not": [
    { calls: [{ id: "c1", name: "teleport", args: { to: "mars" } }] },
    { text: "There is none." },
  ],
};

const overrides = (wire: Wire): string[] => [
  `codex_agent.providers.fake.wire_api=${wire}`,
  "tools.update_plan.enabled=true",
  "model_reasoning_summary=none",
  ...(wire === "responses" ? [] : ["show_raw_agent_reasoning=true"]),
];

async function live(wire: Wire, script: Script, more: Parameters<typeof startLiveThread>[1] = {}): Promise<LiveThread> {
  return startLiveThread(script, {
    ...more,
    stage: { files: { "a.txt": "one\ntwo\n" }, ...more.stage },
    thread: { model: "gpt-5.5", sandbox: "danger-full-access", overrides: overrides(wire), ...more.thread },
  });
}

/** An item without what chance or time made. */
function bare(item: ThreadItem): unknown {
  return JSON.parse(
    JSON.stringify(item, (key, value: unknown) =>
      /^(?:id|itemId|callId|durationMs|processId|pid|source|startedAtMs)$/.test(key) ? undefined : value,
    ),
  ) as unknown;
}

const text = (item: unknown): string => JSON.stringify(item);

async function play(wire: Wire, said: readonly Said[]): Promise<unknown> {
  const thread = await live(wire, said.map(wires[wire]));
  try {
    const end = await thread.say("go");
    const items = thread.events.flatMap((event) => (event.type === "item.completed" ? [bare(event.item)] : []));
    const files = await Promise.all(
      ["a.txt", "b.txt"].map((name) => readFile(join(thread.stage.workspace, name), "utf8").catch(() => null)),
    );
    // Commands that run side by side end as they like.
    if (said.some(({ calls = [] }) => calls.length > 1)) items.sort((one, other) => (text(one) < text(other) ? -1 : 1));
    const shown = JSON.stringify({ end: end.type, items, files });
    return JSON.parse(shown.replaceAll(thread.stage.root, "ROOT"));
  } finally {
    await thread.close();
  }
}

describe("a turn comes to the same items over every wire", () => {
  it.each(Object.entries(scenarios))("%s", async (_name, said) => {
    const expected = await play("responses", said);
    expect(expected).toMatchObject({ end: "turn.completed" });
    const items = (expected as { items: unknown[] }).items;
    expect(items.length).toBeGreaterThanOrEqual(said.length);
    expect(await play("chat", said)).toEqual(expected);
    expect(await play("messages", said)).toEqual(expected);
  });
});
