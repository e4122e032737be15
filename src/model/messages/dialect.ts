import type { Dialect } from "../dialect/step.ts";
import { MessagesReader } from "./reader.ts";
import { messagesRequest } from "./request.ts";

/** Anthropic's Messages API, as it and other servers speak it. */
export const messagesDialect: Dialect = {
  path: "/messages",
  headers: (key) => ({
    accept: "text/event-stream",
    "content-type": "application/json",
    ...(key !== null && { "x-api-key": key }),
    "anthropic-version": "2023-06-01",
    // Without it a request may not say what is to become of thoughts whose history has changed.
    "anthropic-beta": "thinking-binding-controls-2026-08-01",
  }),
  body: messagesRequest,
  reader: (sink) => new MessagesReader(sink),
};
