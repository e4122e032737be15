import type { Dialect } from "../dialect/step.ts";
import { ChatReader } from "./reader.ts";
import { chatRequest } from "./request.ts";

/** OpenAI's chat completions, as most servers and vendors speak them. */
export const chatDialect: Dialect = {
  path: "/chat/completions",
  headers: (key) => ({
    accept: "text/event-stream",
    "content-type": "application/json",
    ...(key !== null && { authorization: `Bearer ${key}` }),
  }),
  body: chatRequest,
  reader: (sink) => new ChatReader(sink),
};
