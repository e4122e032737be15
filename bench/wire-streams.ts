import { streamsOf } from "./streams.ts";

/** What `calls-N` and `deltas-N` of streams.ts are over other APIs: the same answers in the same pieces. */

export type Wire = "responses" | "chat" | "messages";

type Json = Record<string, unknown>;
/** One answer: its text in pieces, or the call of a command. */
type Said = { deltas: string[] } | { call: string; cmd: string };

/** The path of each API below `/v1`. */
export const wireOf: Readonly<Record<string, Wire>> = {
  "v1/responses": "responses",
  "v1/chat/completions": "chat",
  "v1/messages": "messages",
};

export function wireStreamsOf(task: string, wire: Wire): Buffer[] {
  if (wire === "responses") return streamsOf(task);
  return saidIn(task).map(wire === "chat" ? chatStream : messagesStream);
}

function saidIn(task: string): Said[] {
  const [name, number = "0"] = task.split("-");
  const count = Number(number);
  if (name === "deltas") return [{ deltas: Array.from({ length: count }, (_, index) => `w${index % 100} `) }];
  if (name !== "calls") throw new Error(`${task} is measured over Responses alone`);
  const calls = Array.from({ length: count }, (_, round): Said => ({ call: `call_${round}_0`, cmd: "true" }));
  return [...calls, { deltas: ["done"] }];
}

function chatStream(said: Said): Buffer {
  const chunk = (delta: Json, finish_reason: string | null = null, more: Json = {}): string =>
    `data: ${JSON.stringify({ id: "c1", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta, finish_reason }], ...more })}\n\n`;
  const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 };
  const body =
    "deltas" in said
      ? [...said.deltas.map((content) => chunk({ content })), chunk({}, "stop")]
      : [
          chunk({
            tool_calls: [
              {
                index: 0,
                id: said.call,
                type: "function",
                function: { name: "exec_command", arguments: JSON.stringify({ cmd: said.cmd }) },
              },
            ],
          }),
          chunk({}, "tool_calls"),
        ];
  const head = chunk({ role: "assistant", content: "" });
  return Buffer.from([head, ...body, chunk({}, null, { choices: [], usage }), "data: [DONE]\n\n"].join(""));
}

function messagesStream(said: Said): Buffer {
  const event = (type: string, rest: Json): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;
  const block = (content_block: Json, deltas: readonly Json[]): string[] => [
    event("content_block_start", { index: 0, content_block }),
    ...deltas.map((delta) => event("content_block_delta", { index: 0, delta })),
    event("content_block_stop", { index: 0 }),
  ];
  const usage = { input_tokens: 100, output_tokens: 1 };
  const message = { id: "m1", type: "message", role: "assistant", model: "m", content: [], stop_reason: null, usage };
  const body =
    "deltas" in said
      ? block(
          { type: "text", text: "" },
          said.deltas.map((text) => ({ type: "text_delta", text })),
        )
      : block({ type: "tool_use", id: `tool_${said.call}`, name: "exec_command", input: {} }, [
          { type: "input_json_delta", partial_json: JSON.stringify({ cmd: said.cmd }) },
        ]);
  const stop_reason = "deltas" in said ? "end_turn" : "tool_use";
  return Buffer.from(
    [
      event("message_start", { message }),
      ...body,
      event("message_delta", { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 10 } }),
      event("message_stop", {}),
    ].join(""),
  );
}
