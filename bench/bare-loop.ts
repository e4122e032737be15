/**
 * The least that every agent of this kind does: send the history, read the stream, run the calls of a response at once,
 * send their outputs, note each item in a file, tell on stdout what happens. No policy, no sandbox, no promise.
 *
 *   bare-loop BASE_URL JOURNAL PROMPT        (a journal that exists is read first: its items are sent again)
 */
import { spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { Agent, request } from "node:http";

interface Item {
  type: string;
  name?: string;
  call_id?: string;
  arguments?: string;
  content?: { text?: string }[];
}

interface StreamEvent {
  type: string;
  delta?: string;
  item?: Item;
}

const [baseUrl = "", journal = "", prompt = ""] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
const tool = {
  type: "function",
  name: "exec_command",
  description: "Runs a command in bash.",
  parameters: { type: "object", properties: { cmd: { type: "string" } }, required: ["cmd"] },
};

const say = (text: string): void => void process.stdout.write(text);

function readJournal(): unknown[] {
  if (!existsSync(journal)) return [];
  const lines = readFileSync(journal, "utf8").split("\n");
  const records = lines
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { type: string; payload: unknown });
  return records.filter(({ type }) => type === "response_item").map(({ payload }) => payload);
}

function keep(item: unknown): void {
  input.push(item);
  appendFileSync(journal, `${JSON.stringify({ type: "response_item", payload: item })}\n`);
}

function runCall(call: Item): Promise<string> {
  const { cmd } = JSON.parse(call.arguments ?? "{}") as { cmd: string };
  const child = spawn("bash", ["-c", cmd], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      const item = { type: "command_execution", command: cmd, aggregated_output: output, exit_code: code };
      say(`${JSON.stringify({ type: "item.completed", item })}\n`);
      resolve(output);
    });
  });
}

/** One request; calls start as they arrive. Resolves to their number when the response and they have ended. */
function sample(): Promise<number> {
  const body = JSON.stringify({ model: "gpt-5.5", stream: true, store: false, input, tools: [tool] });
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const outgoing = request(`${baseUrl}/responses`, { method: "POST", agent, headers }, (incoming) => {
      if (incoming.statusCode !== 200) return reject(new Error(`the model answered ${incoming.statusCode}`));
      const calls: { call: Item; output: Promise<string> }[] = [];
      let unread = "";
      incoming.setEncoding("utf8").on("data", (text: string) => {
        const lines = (unread + text).split("\n");
        unread = lines.pop() ?? "";
        let told = "";
        for (const line of lines) {
          if (!line.startsWith("data: ")) continue;
          const event = JSON.parse(line.slice(6)) as StreamEvent;
          if (event.delta !== undefined) told += `${JSON.stringify({ type: "delta", text: event.delta })}\n`;
          if (event.type !== "response.output_item.done" || event.item === undefined) continue;
          keep(event.item);
          told += `${JSON.stringify({ type: "item.completed", item: event.item })}\n`;
          if (event.item.type === "function_call") calls.push({ call: event.item, output: runCall(event.item) });
        }
        if (told !== "") say(told);
      });
      incoming.on("error", reject);
      incoming.on("end", () => {
        void Promise.all(calls.map(({ output }) => output)).then((outputs) => {
          for (const [index, { call }] of calls.entries()) {
            keep({ type: "function_call_output", call_id: call.call_id, output: outputs[index] });
          }
          resolve(calls.length);
        }, reject);
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

const input = readJournal();
keep({ type: "message", role: "user", content: [{ type: "input_text", text: prompt }] });
while ((await sample()) > 0);
say('{"type":"turn.completed"}\n');
agent.destroy();
