import type { AppClient } from "../../support/app-client.ts";
import type { Desk, Dialogue } from "./dialogue.ts";

/** Opens a thread in the workspace that never asks; gives its id. */
export async function thread(
  { stage }: Desk,
  client: AppClient,
  params: Record<string, unknown> = {},
): Promise<string> {
  const options = { cwd: stage.workspace, approvalPolicy: "never", model: "gpt-5.5", ...params };
  const { thread: opened } = await client.call("thread/start", options);
  return (opened as { id: string }).id;
}

export const say = (text: string): { type: string; text: string }[] => [{ type: "text", text }];

/** Begins a turn; gives its id. */
export async function begin(client: AppClient, threadId: string, text = "go"): Promise<string> {
  const { turn } = await client.call("turn/start", { threadId, input: say(text) });
  return (turn as { id: string }).id;
}

/** A turn of a new thread with these settings, to its end. */
export const oneTurn =
  (params: Record<string, unknown> = { sandbox: "danger-full-access" }, turn: Record<string, unknown> = {}) =>
  async (desk: Desk): Promise<void> => {
    const client = await desk.connect();
    const threadId = await thread(desk, client, params);
    await client.call("turn/start", { threadId, input: say("go"), ...turn });
    await client.next("turn/completed");
  };

/** Whether a command of the model still runs when its output is told is the machine's affair: the pieces are not compared. */
export const withoutPieces = (dialogues: readonly Dialogue[]): Dialogue[] =>
  dialogues.map((dialogue) => ({
    ...dialogue,
    without: ["item/commandExecution/outputDelta", ...(dialogue.without ?? [])],
  }));
