import { RolloutStore } from "../../journal/store.ts";
import type { JournalRecord } from "../../kernel/journal-port.ts";
import type { ParamsOf } from "../../protocol/methods.ts";
import type { Ids } from "../../system/ids.ts";
import type { System } from "../../system/ports.ts";
import { configure } from "../configure.ts";
import { catalogOf, instructionsOf } from "../model/model-catalog.ts";
import type { Caller } from "./live-thread.ts";

/** Keeps a conversation that was held elsewhere as a thread that can be gone on with; gives its id. */
export async function importThread(
  { turns, ...options }: ParamsOf<"thread/import">,
  caller: Caller,
  { system, ids }: { system: System; ids: Ids },
): Promise<string> {
  const config = await configure(options, system);
  const catalog = await catalogOf(config);
  const model = catalog.find(config.model ?? catalog.preferred);
  const store = new RolloutStore(system, config.homes[caller.threads ?? "codex"]);
  const threadId = ids.uuid();
  const journal = store.create({
    id: threadId,
    windowId: ids.uuid(),
    cwd: config.cwd,
    originator: caller.originator,
    source: caller.source,
    ...(options.threadSource !== undefined && { threadSource: options.threadSource }),
    modelProvider: config.provider.id,
    baseInstructions: {
      text: instructionsOf(config, model),
      model: config.modelInstructions === null ? model.name : null,
    },
    git: null,
  });
  try {
    for (const turn of turns) journal.append(recordsOf(turn, ids, journal.nextSequence()));
    await journal.sync();
  } finally {
    await journal.close();
  }
  return threadId;
}

function recordsOf(
  { text, answers, atMs }: ParamsOf<"thread/import">["turns"][number],
  ids: Ids,
  sampledThrough: number,
): JournalRecord[] {
  const turnId = ids.uuid();
  const times = { startedAtMs: atMs, completedAtMs: atMs };
  const userMessage = { type: "userMessage", id: ids.uuid(), content: [{ type: "text", text }] } as const;
  return [
    { type: "turn.started", turnId, startedAtMs: atMs, contextWindow: null, trigger: null },
    {
      type: "response.item",
      turnId,
      item: { type: "message", id: `msg_${ids.uuid()}`, role: "user", content: [{ type: "input_text", text }] },
      kinds: ["user.text"],
      createdAtMs: atMs,
      sampledThrough,
    },
    { type: "item.completed", turnId, item: { ...userMessage, content: [...userMessage.content] }, ...times },
    ...answers.flatMap((answer): JournalRecord[] => {
      const id = `msg_${ids.uuid()}`;
      return [
        {
          type: "response.item",
          turnId,
          item: { type: "message", id, role: "assistant", content: [{ type: "output_text", text: answer }] },
          sampledThrough,
        },
        { type: "item.completed", turnId, item: { type: "agentMessage", id, text: answer }, ...times },
      ];
    }),
    {
      type: "turn.completed",
      turnId,
      lastMessage: answers.at(-1) ?? null,
      ...times,
      durationMs: 0,
      firstTokenMs: null,
    },
  ];
}
