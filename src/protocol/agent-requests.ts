import {
  boolean,
  integer,
  list,
  map,
  nullable,
  object,
  oneOf,
  optional,
  string,
  union,
  anything,
} from "./shapes/shape.ts";
import type { AnyShape } from "./shapes/shape.ts";
import type { MethodName } from "./methods.ts";
import { modes } from "./modes.ts";
import { rewindScopes } from "./rewind.ts";
import { sandboxModes } from "./permissions.ts";

/** What a client may say of the folder and the configuration that are meant. */
const place = {
  cwd: optional(string),
  profile: optional(string),
  overrides: optional(list(string)),
};
const thread = { threadId: string };
const rewinding = { ...thread, preview: optional(boolean), overwrite: optional(boolean) };
const shown = { ...place, key: string, hash: string };

/**
 * Methods of our own table that Codex has no words for. The app-server answers them under `agent/NAME` to clients that ask
 * for them; here are the shapes of what such clients may send.
 */
export const agentRequests = {
  "thread/rewind": object({ ...rewinding, to: union(integer, string), scope: optional(oneOf(...rewindScopes)) }),
  "thread/rewind/undo": object(rewinding),
  "thread/diff": object({ ...thread, turn: optional(union(integer, string)) }),
  "turn/queue": object(thread),
  "thread/settings": object({
    ...thread,
    model: optional(string),
    reasoningEffort: optional(string),
    sandbox: optional(oneOf(...sandboxModes)),
    mode: optional(nullable(oneOf(...modes))),
  }),
  "agent/children": object(thread),
  "mcp/prompt": object({ ...thread, server: string, name: string, arguments: optional(map(string)) }),
  "workspace/read": object(place),
  "usage/read": object({ ...place, threadId: optional(string) }),
  "audit/read": object({ ...place, threadId: optional(string) }),
  "policy/explain": object({
    ...place,
    words: list(string),
    mode: optional(nullable(oneOf(...modes))),
    sandbox: optional(oneOf(...sandboxModes)),
  }),
  "approval/list": object({ all: optional(boolean) }),
  "approval/revoke": union(object({ id: string }), object({ all: boolean })),
  "content/list": object(place),
  "content/trust": object(shown),
  "hook/trust": object(shown),
  "question/answer": object({ ...thread, questionId: string, answer: anything }),
} as const satisfies Partial<Record<MethodName, AnyShape>>;

export type AgentRequest = keyof typeof agentRequests;
