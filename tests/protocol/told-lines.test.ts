import { expect, it } from "vitest";
import { Outgoing } from "../../src/doors/app-server/wire.ts";
import { encodeExecEvent, type ExecItem } from "../../src/protocol/codex-0.169/exec-events.ts";

const half = "\ud83d";
const item: ExecItem = { id: "item_1", type: "agent_message", text: `a ${half}` };

it("a line of `exec --json` holds no half of a character, for clients that refuse the whole line for one", () => {
  const line = encodeExecEvent({ type: "item.completed", item });
  expect(line).not.toContain("\\ud83d");
  expect(JSON.parse(line)).toMatchObject({ item: { text: "a \ufffd" } });
});

it("nor does a message of the app-server", () => {
  const message = { method: "warning", params: { threadId: null, message: `a ${half}` } } as const;
  const bytes = new Outgoing(message).encoded((text) => Buffer.from(text));
  expect(JSON.parse(Buffer.from(bytes).toString())).toEqual({
    ...message,
    params: { threadId: null, message: "a \ufffd" },
  });
});
