import fc from "fast-check";
import type {
  FunctionCallItem,
  InputPart,
  ResponseItem,
  ToolCallItem,
  ToolCallOutputItem,
  ToolOutput,
} from "../../src/protocol/response-items.ts";

/**
 * Threads as the kernel holds them: context and prompts, then steps (what the model thought, said and called, and what the tools
 * answered, in the order of the calls), and between them what else stands in histories: mail of agents, a goal's objective, notices of
 * scripts, searches of the provider, what a compaction left.
 */

const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 24 }) },
  fc.constantFrom("ls -la\n", '{"a":"\\u0000"}', "line\n\nline", "</think>", "[image]", " ", "<tool_call>"),
);
const url = fc.constantFrom(
  "data:image/png;base64,iVBORw0KGgo=",
  "data:image/jpeg;base64,/9j/4AAQ",
  "https://example.com/a.png",
);

const anyImage: fc.Arbitrary<InputPart> = fc.record(
  { type: fc.constant("input_image" as const), image_url: url, detail: fc.constantFrom("auto", "low", "high") },
  { requiredKeys: ["type", "image_url"] },
);
const textInput: fc.Arbitrary<InputPart> = text.map((each) => ({ type: "input_text", text: each }));
const anyContent: fc.Arbitrary<InputPart[]> = fc.array(fc.oneof({ weight: 4, arbitrary: textInput }, anyImage), {
  minLength: 1,
  maxLength: 3,
});
const output: fc.Arbitrary<ToolOutput> = fc.oneof({ weight: 3, arbitrary: text }, fc.constant(""), anyContent);

const inputText = (parts: readonly string[]): InputPart[] => parts.map((each) => ({ type: "input_text", text: each }));

const outside: fc.Arbitrary<ResponseItem> = fc.oneof(
  {
    weight: 3,
    arbitrary: anyContent.map((content): ResponseItem => ({ type: "message", id: "msg_u", role: "user", content })),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(text, { minLength: 1, maxLength: 3 })
      .map((parts): ResponseItem => ({ type: "message", id: "msg_d", role: "developer", content: inputText(parts) })),
  },
  text.map((each): ResponseItem => ({
    type: "message",
    role: "system",
    content: [{ type: "input_text", text: each }],
  })),
  fc.tuple(text, fc.boolean()).map(([each, sealed]): ResponseItem => ({
    type: "agent_message",
    id: "amsg_1",
    author: "/root",
    recipient: "/root/reader",
    content: sealed
      ? [
          { type: "input_text", text: "Message Type: NEW_TASK\nPayload:\n" },
          { type: "encrypted_content", encrypted_content: each },
        ]
      : [{ type: "input_text", text: each }],
  })),
  text.map((each): ResponseItem => ({
    type: "function_call_output",
    id: "fco_goal",
    name: "goal_objective",
    namespace: "agent",
    output: each,
  })),
  fc.constantFrom<ResponseItem>(
    { type: "compaction", id: "cmp_1", encrypted_content: "gAAAAABsealed" },
    {
      type: "additional_tools",
      id: "at_1",
      role: "developer",
      tools: [{ type: "namespace", name: "functions", description: "", tools: [] }],
    },
  ),
);

const reasoning: fc.Arbitrary<ResponseItem> = fc
  .record({
    summary: fc.array(text, { maxLength: 2 }),
    content: fc.option(fc.array(text, { minLength: 1, maxLength: 2 })),
    encrypted: fc.option(fc.constantFrom("gAAAAABforeign", "sealed-rs_1")),
  })
  .map(({ summary, content, encrypted }) => ({
    type: "reasoning",
    id: "rs_1",
    summary: summary.map((each) => ({ type: "summary_text" as const, text: each })),
    ...(content !== null && { content: content.map((each) => ({ type: "reasoning_text", text: each })) }),
    ...(encrypted !== null && { encrypted_content: encrypted }),
  }));

const said: fc.Arbitrary<ResponseItem> = fc
  .record({ text, phase: fc.option(fc.constantFrom("commentary", "final_answer")), refusal: fc.nat({ max: 9 }) })
  .map(({ text: each, phase, refusal }) => ({
    type: "message",
    id: "msg_a",
    role: "assistant",
    status: "completed",
    ...(phase !== null && { phase }),
    content:
      refusal === 0
        ? [{ type: "refusal" as const, refusal: each }]
        : [{ type: "output_text" as const, text: each, annotations: [] }],
  }));

const ofProvider: fc.Arbitrary<ResponseItem> = fc.constantFrom<ResponseItem>(
  {
    type: "web_search_call",
    id: "ws_1",
    status: "completed",
    action: { type: "search", query: "node 24", queries: ["node 24"] },
  },
  {
    type: "web_search_call",
    id: "ws_2",
    status: "completed",
    action: { type: "open_page", url: "https://example.com/" },
  },
  { type: "web_search_call", id: "ws_3", status: "completed" },
  { type: "image_generation_call", id: "ig_1", status: "completed", revised_prompt: "a fox", result: "iVBORw0KGgo=" },
  { type: "tool_search_call", id: "ts_1", execution: "server", arguments: { query: "calendar" } },
);

/** Tools that the calls of `anyThread` are of; some more are brought up by its searches. */
export const threadTools: readonly unknown[] = [
  tool("exec_command", { cmd: { type: "string" }, yield_time_ms: { type: "number" } }),
  tool("view_image", { path: { type: "string" } }),
  { type: "custom", name: "apply_patch", description: "Edits files.", format: grammar() },
  { type: "custom", name: "exec", description: "Runs a script.", format: grammar() },
  {
    type: "namespace",
    name: "mcp__files",
    description: "Files",
    tools: [tool("read.file", { path: { type: "string" } }), tool("list", {})],
  },
  {
    type: "tool_search",
    execution: "client",
    description: "Finds tools.",
    parameters: { type: "object", properties: { query: { type: "string" } }, required: ["query"] },
  },
];
const foundTools: readonly unknown[] = [
  { type: "namespace", name: "mcp__calendar", description: "Dates", tools: [found("add_event", { title: {} })] },
  found("send_mail", { to: { type: "string" } }),
];

function tool(name: string, properties: Record<string, unknown>): Record<string, unknown> {
  const parameters = { type: "object", properties, additionalProperties: false };
  return { type: "function", name, description: `Does ${name}.`, strict: false, parameters };
}
function found(name: string, properties: Record<string, unknown>): Record<string, unknown> {
  return { ...tool(name, properties), defer_loading: true };
}
function grammar(): unknown {
  return { type: "grammar", syntax: "lark", definition: "start: /.+/" };
}

type Made = Pick<FunctionCallItem, "name" | "namespace" | "arguments">;
const functionCall: fc.Arbitrary<Made> = fc.oneof(
  fc.tuple(text, fc.nat()).map(([cmd, wait]) => ({
    name: "exec_command",
    arguments: JSON.stringify({ cmd, yield_time_ms: wait }),
  })),
  text.map((path) => ({ name: "view_image", arguments: JSON.stringify({ path }) })),
  text.map((path) => ({ name: "read.file", namespace: "mcp__files", arguments: JSON.stringify({ path }) })),
  fc.constantFrom<Made>(
    { name: "list", namespace: "mcp__files", arguments: "{}" },
    { name: "list", namespace: "mcp__files", arguments: "" },
    { name: "list", namespace: "mcp__files", arguments: '{ "a" : 1 }' },
    { name: "exec_command", arguments: '{"cmd": "ls' },
    { name: "add_event", namespace: "mcp__calendar", arguments: '{"title":"x"}' },
    { name: "no_such_tool", arguments: "{}" },
    { name: "list", namespace: "mcp__gone", arguments: "{}" },
  ),
);

/** A call with its answer, and what its tool said beside that. */
interface Answered {
  call: ToolCallItem;
  answer: ToolCallOutputItem;
  notices: ResponseItem[];
}

const answered: fc.Arbitrary<(callId: string) => Answered> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.tuple(functionCall, output).map(([made, answer]) => (call_id: string): Answered => ({
      call: { type: "function_call", id: `fc_${call_id}`, status: "completed", ...made, call_id },
      answer: { type: "function_call_output", id: `fco_${call_id}`, call_id, output: answer },
      notices: [],
    })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom("apply_patch", "exec"), text, output, fc.array(output, { maxLength: 2 }))
      .map(([name, input, answer, notices]) => (call_id: string): Answered => ({
        call: { type: "custom_tool_call", id: `ctc_${call_id}`, status: "completed", call_id, name, input },
        answer: { type: "custom_tool_call_output", id: `ctco_${call_id}`, call_id, output: answer },
        notices: notices.map((each) => ({ type: "custom_tool_call_output", call_id, name, output: each })),
      })),
  },
  fc.tuple(text, fc.subarray([...foundTools])).map(([query, tools]) => (call_id: string): Answered => ({
    call: { type: "tool_search_call", id: `tsc_${call_id}`, call_id, execution: "client", arguments: { query } },
    answer: { type: "tool_search_output", call_id, status: "completed", execution: "client", tools },
    notices: [],
  })),
);

const callId = fc.constantFrom<(n: number) => string>(
  (n) => `call_${n}`,
  (n) => `call_0_01a1fd14-72c7-7b50-abf9-1d2d9bc9c6${n}`,
  (n) => `call_${n}-repaired-json`,
  (n) => `call_0_01a1fd14-72c7-7b50-abf9-1d2d9bc9c6${n}-repaired-text-types`,
  (n) => `functions.list:${n}`,
);

const step = fc.record({
  head: fc.array(fc.oneof({ weight: 3, arbitrary: reasoning }, { weight: 3, arbitrary: said }, ofProvider), {
    maxLength: 3,
  }),
  calls: fc.array(fc.tuple(callId, answered), { maxLength: 3 }),
  /** What stands among the answers: notices before them or after. */
  early: fc.boolean(),
  steered: fc.option(outside, { freq: 4 }),
});

/** A thread that may be sent to a model: every call has its answer. Call ids are unique. */
export const anyThread: fc.Arbitrary<ResponseItem[]> = fc
  .array(fc.record({ before: fc.array(outside, { maxLength: 2 }), steps: fc.array(step, { maxLength: 3 }) }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((turns) => {
    let calls = 0;
    return turns.flatMap(({ before, steps }) => [
      ...before,
      ...steps.flatMap(({ head, calls: made, early, steered }): ResponseItem[] => {
        const whole = made.map(([id, make]) => make(id(calls++)));
        const notices = whole.flatMap((each) => each.notices);
        return [
          ...head,
          ...whole.map(({ call }) => call),
          ...(early ? notices : []),
          ...whole.map(({ answer }) => answer),
          ...(early ? [] : notices),
          ...(steered === null ? [] : [steered]),
        ];
      }),
    ]);
  });
