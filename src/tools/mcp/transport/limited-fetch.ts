import { maxMessageBytes, tooLong } from "./limits.ts";

const newline = 10;
const carriageReturn = 13;

/** `fetch` whose answers end with an error where one message has too many bytes: a whole body, or one event of a stream. */
export async function limitedFetch(url: string | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  if (response.body === null) return response;
  const events = (response.headers.get("content-type") ?? "").includes("text/event-stream");
  const limited = response.body.pipeThrough(limiter(events));
  const { status, statusText, headers } = response;
  return new Response(limited, { status, statusText, headers });
}

/** Counts anew after each empty line of an event stream. */
function limiter(events: boolean): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  let lineStarts = false;
  return new TransformStream({
    transform(chunk, controller) {
      if (!events) bytes += chunk.length;
      else {
        for (const byte of chunk) {
          if (byte === carriageReturn) continue;
          bytes = byte === newline && lineStarts ? 0 : bytes + 1;
          lineStarts = byte === newline;
        }
      }
      if (bytes > maxMessageBytes) controller.error(new Error(tooLong));
      else controller.enqueue(chunk);
    },
  });
}
