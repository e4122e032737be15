/** The bytes of Responses streams, made before anything is measured. */

type Json = Record<string, unknown>;

const encode = (type: string, rest: Json): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`;

const opening = (id: string): string => encode("response.created", { response: { id } });

/** Small and constant, so that nobody takes the context for full. */
const usage = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 40 },
  output_tokens: 10,
  output_tokens_details: { reasoning_tokens: 3 },
  total_tokens: 110,
};

const closing = (id: string): string => encode("response.completed", { response: { id, usage } });

function message(text: string, deltas: readonly string[]): string {
  const id = "msg_1_1";
  const item = { type: "message", id, role: "assistant" };
  const place = { item_id: id, output_index: 0, content_index: 0 };
  return [
    encode("response.output_item.added", { output_index: 0, item: { ...item, status: "in_progress", content: [] } }),
    ...deltas.map((delta) => encode("response.output_text.delta", { ...place, delta })),
    encode("response.output_item.done", {
      output_index: 0,
      item: { ...item, status: "completed", content: [{ type: "output_text", text, annotations: [] }] },
    }),
  ].join("");
}

function call(id: string, command: string, index: number): string {
  const item = { type: "function_call", id: `fc_${id}`, name: "exec_command", call_id: `call_${id}` };
  const args = JSON.stringify({ cmd: command });
  return [
    encode("response.output_item.added", {
      output_index: index,
      item: { ...item, status: "in_progress", arguments: "" },
    }),
    encode("response.function_call_arguments.delta", { item_id: item.id, output_index: index, delta: args }),
    encode("response.output_item.done", {
      output_index: index,
      item: { ...item, status: "completed", arguments: args },
    }),
  ].join("");
}

function response(number: number, body: string): Buffer {
  const id = `resp_${number}`;
  return Buffer.from(opening(id) + body + closing(id));
}

const answer = (number: number): Buffer => response(number, message("done", ["done"]));

/** `rounds` responses of `width` calls each, then the answer. */
function calls(rounds: number, width: number, command: string): Buffer[] {
  const bodies = Array.from({ length: rounds }, (_, round) =>
    Array.from({ length: width }, (_, index) => call(`${round}_${index}`, command, index)).join(""),
  );
  return [...bodies.map((body, round) => response(round, body)), answer(rounds)];
}

function deltas(count: number): Buffer[] {
  const words = Array.from({ length: count }, (_, index) => `w${index % 100} `);
  return [response(0, message(words.join(""), words))];
}

/**
 * The responses of a task, in order. Tasks: `calls-N` (N responses with one call of `true`, then an answer), `parallel`
 * (twice eight calls of `sleep 0.2`, then an answer), `deltas-N` (an answer in N pieces), `summary` (two answers, the first of which sums up the history).
 */
export function streamsOf(task: string): Buffer[] {
  const [name, count = "0"] = task.split("-");
  if (name === "calls") return calls(Number(count), 1, "true");
  if (name === "parallel") return calls(2, 8, "sleep 0.2");
  if (name === "deltas") return deltas(Number(count));
  if (name === "summary") return [answer(0), answer(1)];
  throw new Error(`no task is called ${task}`);
}

/** How many calls a task makes, each of which has to succeed. */
export function callsOf(task: string): number {
  const [name, count = "0"] = task.split("-");
  return name === "calls" ? Number(count) : name === "parallel" ? 16 : 0;
}
