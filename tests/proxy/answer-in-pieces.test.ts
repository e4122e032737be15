import { expect, test } from "vitest";
import { chatText } from "../support/fake-chat.ts";
import { eventsOf, bridgeTo, post } from "./on-stage.ts";

const asked = { model: "m", input: "hi", stream: true };

test("a stream that is whole at once goes out in one piece that says how long it is", async () => {
  const { bridge } = await bridgeTo(() => chatText("Hi"));
  const response = await post(bridge, asked);
  const text = await response.text();
  expect(response.headers.get("content-length")).toBe(String(Buffer.byteLength(text)));
  expect(response.headers.get("content-type")).toMatch("text/event-stream");
  expect(eventsOf(text).at(-1)!.type).toBe("response.completed");
});

test("one that comes piece by piece goes out piece by piece, and what keeps it alive comes first where nothing else does", async () => {
  let go: () => void = () => undefined;
  const waits = new Promise<void>((resolve) => (go = resolve));
  const { bridge } = await bridgeTo(
    [{ parts: [{ gate: () => waits }, ...chatText("Hi").parts] }],
    {},
    { heartbeatMs: 20 },
  );
  const response = await post(bridge, asked);
  expect(response.headers.get("content-length")).toBeNull();
  expect(response.headers.get("content-type")).toMatch("text/event-stream");
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes(": still here\n\n")) text += (await reader.read()).value;
  go();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) text += piece.value;
  expect(eventsOf(text).at(-1)!.type).toBe("response.completed");
});
