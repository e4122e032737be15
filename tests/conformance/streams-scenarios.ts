import {
  added,
  call,
  completed,
  created,
  done,
  failed,
  htmlPage,
  incomplete,
  itemParts,
  message,
  reasoning,
  respond,
  textDelta,
} from "../support/fake-model.ts";
import type { Scenario } from "../support/scenario.ts";
import { fewRetries, last, one } from "./exec-turns.ts";
import { withEveryStart } from "./rules.ts";
import { endsWithoutId, keepsUnknownFields, pageFails } from "./wanted.ts";

export const streamsScenarios: Scenario[] = [
  { name: "empty response", script: () => [respond([])], turns: one() },
  { name: "reasoning only", script: () => [respond([reasoning("rs_1", "hm")])], turns: one() },
  {
    name: "reasoning without a summary",
    script: () => [respond([reasoning("rs_1"), message("msg_1", "x")])],
    turns: one(),
  },
  {
    name: "end_turn false",
    script: () => [respond([message("msg_1", "part")], { endTurn: false }), respond([], { endTurn: false }), last],
    turns: one(),
  },
  {
    name: "end_turn true with a call",
    script: () => [respond([call("1", "exec_command", { cmd: "echo x" })], { endTurn: true }), last],
    turns: one(),
  },
  {
    name: "same call id twice",
    script: () => [
      respond([call("1", "exec_command", { cmd: "echo one" }), call("1", "exec_command", { cmd: "echo one" })]),
      last,
    ],
    turns: one(),
    wanted: { reason: "each call that runs is told", change: withEveryStart },
  },
  {
    name: "same message done twice",
    script: () => [{ parts: [created(), done(message("msg_1", "x")), done(message("msg_1", "x")), completed()] }],
    turns: one(),
  },
  {
    name: "items without or with foreign ids",
    script: () => [
      respond([
        message("xyz", "a"),
        { type: "message", role: "assistant", content: [{ type: "output_text", text: "b" }] },
        { type: "function_call", id: "weird", name: "exec_command", arguments: '{"cmd":"true"}', call_id: "c1" },
        {
          type: "function_call",
          name: "exec_command",
          arguments: '{"cmd":"echo x"}',
          call_id: "c2",
          namespace: null,
          extra: 2,
        },
      ]),
      last,
    ],
    turns: one(),
    wanted: { reason: "what a provider puts into an item may be needed by it", change: keepsUnknownFields },
  },
  {
    name: "messages without text",
    script: () => [
      respond([
        { type: "message", id: "msg_1", role: "assistant", content: [] },
        message("msg_2", ""),
        call("1", "exec_command", { cmd: "true" }),
      ]),
      last,
    ],
    turns: one(),
  },
  {
    name: "unknown items, unknown events, malformed data",
    script: () => [
      {
        parts: [
          created(),
          { raw: "data: {not json\n\n" },
          { raw: ": comment\n\n" },
          { raw: "data: [DONE]\n\n" },
          { raw: "data: 7\n\n" },
          { event: { type: "weird.event" } },
          { event: { type: "error", error: { message: "x" } } },
          { event: { type: "response.output_item.done" } },
          done({ type: "message" }),
          done({ type: "strange_item", id: "q" }),
          ...itemParts(message("msg_1", "fine")),
          completed(),
        ],
      },
    ],
    turns: one(),
  },
  {
    name: "deltas without a done item",
    script: () => [{ parts: [created(), added(message("msg_1", "lost")), textDelta("msg_1", "lost"), completed()] }],
    turns: one(),
  },
  {
    name: "events after completed",
    script: () => [{ parts: [created(), completed(), ...itemParts(message("msg_1", "late"))] }],
    turns: one(),
  },
  {
    name: "split at every byte",
    script: () => [
      { ...respond([message("msg_1", "grüße 🦊"), call("1", "exec_command", { cmd: "echo x" })]), chunkSize: 1 },
      last,
    ],
    turns: one(),
  },
  {
    name: "CRLF and data without a space",
    script: () => [
      {
        parts: [
          {
            raw: `data:${JSON.stringify({ type: "response.output_item.done", item: message("msg_1", "crlf") })}\r\n\r\n`,
          },
          completed(),
        ],
      },
    ],
    turns: one(),
  },
  { name: "usage absent", script: () => [respond([message("msg_1", "x")], { usage: null })], turns: one() },
  {
    name: "text and a command in an incomplete response",
    script: () => [
      {
        parts: [
          created(),
          ...itemParts(message("msg_1", "half")),
          ...itemParts(call("1", "exec_command", { cmd: "echo x" })),
          incomplete("max_output_tokens"),
        ],
      },
    ],
    turns: one(),
  },
  {
    name: "incomplete by content filter",
    script: () => [{ parts: [created(), ...itemParts(message("msg_1", "half")), incomplete("content_filter")] }, last],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "cut after a command",
    script: () => [
      {
        parts: [
          created(),
          ...itemParts(message("msg_1", "part")),
          ...itemParts(call("1", "exec_command", { cmd: "echo x" })),
          { cut: true },
        ],
      },
      last,
    ],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "cut while a command runs",
    script: () => [
      { parts: [created(), ...itemParts(call("1", "exec_command", { cmd: "sleep 0.7; echo x" })), { cut: true }] },
      last,
    ],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "stream ends without completed",
    script: () => [{ parts: [created(), ...itemParts(message("msg_1", "part"))] }, last],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "cut every time",
    script: () => () => ({ parts: [created(), { cut: true }] }),
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "silence: idle timeout",
    script: () => [{ parts: [created(), { hang: true }] }, last],
    stage: { provider: "stream_idle_timeout_ms = 5000\nrequest_max_retries = 0\nstream_max_retries = 1" },
    turns: one(),
  },
  {
    name: "completed without an id",
    script: () => [{ parts: [{ event: { type: "response.completed", response: {} } }] }, last],
    stage: fewRetries,
    turns: one(),
    wanted: { reason: "servers that give no id would never end a turn", change: endsWithoutId },
  },
  {
    name: "HTML with status 200",
    script: () => () => htmlPage(),
    stage: fewRetries,
    turns: one(),
    wanted: { reason: "asking again cannot help; the answer is said to be a page", change: pageFails },
  },
  {
    name: "failed twice, then fine",
    script: () => [
      { parts: [created(), failed("server_error", "boom")] },
      { parts: [created(), failed("server_error", "boom")] },
      last,
    ],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "failed more often than allowed, after a command",
    script: () => [
      {
        parts: [created(), ...itemParts(call("1", "exec_command", { cmd: "echo r1" })), failed("server_error", "boom")],
      },
      ...[1, 2, 3].map(() => ({ parts: [created(), failed("server_error", "boom")] })),
    ],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "failed without an error",
    script: () => [{ parts: [created(), failed(null, "")] }, last],
    stage: fewRetries,
    turns: one(),
  },
  {
    name: "rate limit with a delay",
    script: () => [{ parts: [created(), failed("rate_limit_exceeded", "Too fast. Please try again in 0.3s.")] }, last],
    stage: fewRetries,
    turns: one(),
  },
  ...["insufficient_quota", "invalid_prompt", "usage_not_included", "server_is_overloaded"].map((code) => ({
    name: `failed for good: ${code}`,
    script: () => [
      {
        parts: [
          created(),
          ...itemParts(call("1", "exec_command", { cmd: "sleep 0.2; echo r1" })),
          failed(code, "reason"),
        ],
      },
    ],
    turns: one(),
  })),
];
