/** The bytes of Responses streams, made before anything is measured. */

type Json = Record<string, unknown>;

const encode = (type: string, rest: Json): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;

export const opening = (id: string): string => encode("response.created", { response: { id } });

/** Small and constant, so that nobody takes the context for full. */
const usage = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 40 },
  output_tokens: 10,
  output_tokens_details: { reasoning_tokens: 3 },
  total_tokens: 110,
};

const closing = (id: string): string => encode("response.completed", { response: { id, usage } });

const messageItem = { type: "message", id: "msg_1_1", role: "assistant" };

/** A message up to its end, which does not come. */
export function openMessage(deltas: readonly string[]): string {
  const place = { item_id: messageItem.id, output_index: 0, content_index: 0 };
  const item = { ...messageItem, status: "in_progress", content: [] };
  return [
    encode("response.output_item.added", { output_index: 0, item }),
    ...deltas.map((delta) => encode("response.output_text.delta", { ...place, delta })),
  ].join("");
}

function message(text: string, deltas: readonly string[]): string {
  const content = [{ type: "output_text", text, annotations: [] }];
  const item = { ...messageItem, status: "completed", content };
  return openMessage(deltas) + encode("response.output_item.done", { output_index: 0, item });
}

interface Call {
  name: string;
  namespace?: string;
  args: Json;
}

export function functionCall(id: string, { args, ...names }: Call, index: number): string {
  const item = { type: "function_call", id: `fc_${id}`, ...names, call_id: `call_${id}` };
  const text = JSON.stringify(args);
  return [
    encode("response.output_item.added", {
      output_index: index,
      item: { ...item, status: "in_progress", arguments: "" },
    }),
    encode("response.function_call_arguments.delta", { item_id: item.id, output_index: index, delta: text }),
    encode("response.output_item.done", {
      output_index: index,
      item: { ...item, status: "completed", arguments: text },
    }),
  ].join("");
}

export const commandCall = (id: string, cmd: string, index: number): string =>
  functionCall(id, { name: "exec_command", args: { cmd } }, index);

function script(source: string): Buffer[] {
  const item = { type: "custom_tool_call", id: "ctc_0", name: "exec", call_id: "call_0" };
  const place = { item_id: item.id, output_index: 0 };
  const body = [
    encode("response.output_item.added", { output_index: 0, item: { ...item, status: "in_progress", input: "" } }),
    encode("response.custom_tool_call_input.delta", { ...place, delta: source }),
    encode("response.output_item.done", { output_index: 0, item: { ...item, status: "completed", input: source } }),
  ];
  return [response(0, body.join("")), answer(1)];
}

export function response(number: number, body: string): Buffer {
  const id = `resp_${number}`;
  return Buffer.from(opening(id) + body + closing(id));
}

export const answer = (number: number): Buffer => response(number, message("done", ["done"]));

/** `rounds` responses of `width` calls each, then the answer. */
function calls(rounds: number, width: number, one: (id: string, index: number) => string): Buffer[] {
  const bodies = Array.from({ length: rounds }, (_, round) =>
    Array.from({ length: width }, (_, index) => one(`${round}_${index}`, index)).join(""),
  );
  return [...bodies.map((body, round) => response(round, body)), answer(rounds)];
}

const command =
  (cmd: string) =>
  (id: string, index: number): string =>
    commandCall(id, cmd, index);

const mcp =
  (name: string) =>
  (id: string, index: number): string =>
    functionCall(id, { name, namespace: "mcp__bench", args: {} }, index);

function deltas(count: number): Buffer[] {
  const words = Array.from({ length: count }, (_, index) => `w${index % 100} `);
  return [response(0, message(words.join(""), words))];
}

const sideBySide = (count: number, cmd: string): Buffer[] =>
  script(`await Promise.all(Array.from({ length: ${count} }, () => tools.exec_command({ cmd: "${cmd}" })));`);

interface Kind {
  responses(count: number): Buffer[];
  /** How many of its calls have to succeed, by what the event stream calls them. */
  commands?(count: number): number;
  mcpCalls?(count: number): number;
}

const all = (count: number): number => count;
const kinds: Readonly<Record<string, Kind>> = {
  calls: { responses: (count) => calls(count, 1, command("true")), commands: all },
  wide: { responses: (count) => calls(1, count, command("true")), commands: all },
  parallel: { responses: () => calls(2, 8, command("sleep 0.2")), commands: () => 16 },
  deltas: { responses: deltas },
  answers: { responses: (count) => Array.from({ length: count }, (_, number) => answer(number)) },
  look: { responses: (count) => calls(1, count, mcp("look")), mcpCalls: all },
  change: { responses: (count) => calls(1, count, mcp("change")), mcpCalls: all },
  looks: { responses: (count) => calls(count, 1, mcp("look")), mcpCalls: all },
  nested: { responses: (count) => sideBySide(count, "true"), commands: all },
  successive: {
    responses: (count) => script(`for (let n = 0; n < ${count}; n++) await tools.exec_command({ cmd: "true" });`),
    commands: all,
  },
  sleepers: { responses: (count) => sideBySide(count, "sleep 1"), commands: all },
};

function kindOf(task: string): [Kind, number] {
  const [name = "", count = "0"] = task.split("-");
  const kind = kinds[name];
  if (kind === undefined) throw new Error(`no task is called ${task}`);
  return [kind, Number(count)];
}

/**
 * The responses of a task, in order; the answer is the last. Tasks: `calls-N` (N responses with one call of `true`),
 * `wide-N` (one response with N of them), `parallel` (twice eight calls of `sleep 0.2`), `deltas-N` (an answer in N pieces),
 * `answers-N` (nothing but N answers), `look-N` and `change-N` (one response with N calls of a tool
 * of an MCP server), `looks-N` (N responses with one each), and scripts: `nested-N` (N calls of `true` side by side),
 * `successive-N` (one after the other), `sleepers-N` (N calls of `sleep 1` side by side).
 */
export function streamsOf(task: string): Buffer[] {
  const [kind, count] = kindOf(task);
  return kind.responses(count);
}

export interface Expected {
  commands: number;
  mcpCalls: number;
}

/** How many calls a task makes, each of which has to succeed. */
export function expectedOf(task: string): Expected {
  const [{ commands = () => 0, mcpCalls = () => 0 }, count] = kindOf(task);
  return { commands: commands(count), mcpCalls: mcpCalls(count) };
}
