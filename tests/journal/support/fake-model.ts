import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ResponseItem } from "../../../src/protocol/response-items.ts";

export type Json = Record<string, unknown>;

/** The body of a request, as far as tests look at it. */
export interface ModelRequest extends Json {
  input: ResponseItem[];
}

export interface FakeModel {
  readonly url: string;
  /** Bodies of the requests so far. */
  readonly requests: ModelRequest[];
  close(): Promise<void>;
}

export const say = (text: string, id = `msg_${Math.random().toString(36).slice(2, 10)}`): Json => ({
  type: "message",
  id,
  status: "completed",
  role: "assistant",
  content: [{ type: "output_text", text, annotations: [] }],
});

export const call = (name: string, args: Json, callId: string): Json => ({
  type: "function_call",
  id: `fc_${callId}`,
  status: "completed",
  name,
  arguments: JSON.stringify(args),
  call_id: callId,
});

/** Serves one scripted list of items a request; when the script has ended, says "done". */
export async function fakeModel(script: Json[][]): Promise<FakeModel> {
  const requests: ModelRequest[] = [];
  let answered = 0;
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      if (request.method !== "POST" || !request.url!.includes("/responses")) {
        response.writeHead(404).end();
        return;
      }
      requests.push(JSON.parse(body) as ModelRequest);
      const items = script[answered] ?? [say("done")];
      answered++;
      const send = (event: Json): void =>
        void response.write(`event: ${event["type"]}\ndata: ${JSON.stringify(event)}\n\n`);
      response.writeHead(200, { "content-type": "text/event-stream" });
      const id = `resp_${answered}`;
      send({ type: "response.created", response: { id } });
      items.forEach((item, index) => {
        send({ type: "response.output_item.added", output_index: index, item: { ...item, status: "in_progress" } });
        send({ type: "response.output_item.done", output_index: index, item });
      });
      const usage = {
        input_tokens: 100,
        input_tokens_details: { cached_tokens: 40 },
        output_tokens: 10,
        output_tokens_details: { reasoning_tokens: 3 },
        total_tokens: 110,
      };
      send({ type: "response.completed", response: { id, output: items, usage } });
      response.end();
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    close: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}
