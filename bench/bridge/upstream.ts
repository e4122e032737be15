/**
 * A chat-completions server that does next to nothing: it looks for the name of the model in a request and sends the bytes that it
 * has for it, each event a chunk of its own, as servers do that flush what they have. Tells its parent its port.
 */
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

const event = (fields: object): string =>
  `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "m", ...fields })}\n\n`;
const chunked = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const head =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\nconnection: keep-alive\r\n\r\n";

const answers = new Map<string, Buffer>();

/** The answer of so many pieces. */
function answerOf(deltas: number): Buffer {
  const key = String(deltas);
  let bytes = answers.get(key);
  if (bytes === undefined) {
    const choice = (delta: object, finish: string | null): object => ({
      choices: [{ index: 0, delta, finish_reason: finish }],
    });
    const events = [
      event(choice({ role: "assistant", content: "" }, null)),
      ...Array.from({ length: deltas }, (_, index) => event(choice({ content: `word ${index} ` }, null))),
      event(choice({}, "stop")),
      event({ choices: [], usage: { prompt_tokens: 10, completion_tokens: deltas, total_tokens: 10 + deltas } }),
      "data: [DONE]\n\n",
    ];
    bytes = Buffer.from(`${head}${events.map(chunked).join("")}0\r\n\r\n`);
    answers.set(key, bytes);
  }
  return bytes;
}

function serve(socket: Socket): void {
  let text = "";
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    for (;;) {
      const end = text.indexOf("\r\n\r\n");
      if (end === -1) return;
      const length = Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? 0);
      if (text.length < end + 4 + length) return;
      const body = text.slice(end + 4, end + 4 + length);
      text = text.slice(end + 4 + length);
      socket.write(answerOf(Number(/"deltas-(\d+)"/.exec(body)?.[1] ?? 1)));
    }
  });
}

const server = createServer(serve);
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on("disconnect", () => process.exit(0));
