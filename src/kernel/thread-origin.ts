import type { ThreadOrigin } from "../protocol/threads.ts";
import { codexVersion } from "../protocol/codex-0.169/version.ts";
import type { NewThread, ThreadMeta } from "./journal-port.ts";

/** What doors tell of where a stored thread comes from. */
export const originOf = (meta: ThreadMeta): ThreadOrigin => ({
  sessionId: meta.sessionId,
  forkedFromId: meta.forkedFromId,
  parentThreadId: meta.agent?.parentThreadId ?? null,
  agent: meta.agent && { nickname: meta.agent.nickname, role: meta.agent.role },
  originator: meta.originator,
  source: meta.source,
  threadSource: meta.threadSource,
  version: meta.version,
  git: meta.git,
  legacy: meta.legacy,
});

/** The same of one that is made now. */
export const originOfNew = (thread: NewThread): ThreadOrigin => ({
  sessionId: thread.agent?.sessionId ?? thread.id,
  forkedFromId: null,
  parentThreadId: thread.agent?.parentThreadId ?? null,
  agent: thread.agent ? { nickname: thread.agent.nickname, role: thread.agent.role } : null,
  originator: thread.originator,
  source: thread.source,
  threadSource: thread.threadSource === undefined ? "user" : thread.threadSource,
  version: codexVersion,
  git: thread.git,
  legacy: false,
});
