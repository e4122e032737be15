import type { JournalRecord, PastItem } from "../../../kernel/journal-port.ts";
import type { ModelRequest } from "../../../model/model-client.ts";
import { backoffMs } from "../../../model/retry.ts";
import { reviewAuthorizations, reviewRisks, type ActionReview } from "../../../protocol/action-review.ts";
import type { Question } from "../../../protocol/questions.ts";
import { isMessage, messageText, type MessageItem, type ResponseItem } from "../../../protocol/response-items.ts";
import type { Ids } from "../../../system/ids.ts";
import type { System } from "../../../system/ports.ts";
import { requestIdentity, type IdentityFacts } from "../../model/request-identity.ts";
import type { ThreadFacts } from "../../turn-setup.ts";
import { retryWords, reviewPrompt, reviewSchema } from "./review-prompts.ts";

export interface ReviewPlace {
  readonly facts: Pick<ThreadFacts, "client" | "model" | "config" | "identity">;
  readonly system: System;
  readonly ids: Ids;
  past(): Promise<PastItem[]>;
  /** Keeps what a request took, in the journal of the thread that it was made for. */
  keep(record: JournalRecord): void;
}

/** How often it is asked for one decision, broken streams and replies that are none among them. */
const attempts = 3;
/** Letters of what was said and done that are shown, the newest first. */
const mostLetters = 60_000;
const mostOfOne = 4_000;

/** Has a model decide about one action in the user's place, in requests of its own. Rejects only when the signal aborts. */
export async function review(
  question: Question,
  turn: { turnId: string; signal: AbortSignal },
  place: ReviewPlace,
): Promise<ActionReview> {
  const { facts, system, ids } = place;
  const { client, model, config } = facts;
  const effort = model.defaultEffort === null ? null : "low";
  const identity: IdentityFacts = {
    ...facts.identity,
    permissions: config.permissions,
    model: model.name,
    autoReviewRequired: model.autoReviewRequired,
    effort,
  };
  const threadId = ids.uuid();
  const input: ResponseItem[] = [said("developer", reviewPrompt), said("user", await casePut(question, place))];
  const reviewTurn = ids.uuid();
  let failure = "";
  for (let attempt = 1; attempt <= attempts; attempt++) {
    let reply = "";
    const request = requestOf(input);
    const result = await client.stream(request, {
      signal: turn.signal,
      onEvent(event) {
        if (event.type === "item.done" && isMessage(event.item)) reply = messageText(event.item);
      },
    });
    const usage = result.type === "completed" ? result.usage : (result.failure.charged ?? null);
    if (usage !== null) place.keep({ type: "request.aside", turnId: turn.turnId, model: model.name, usage });
    if (result.type === "failed") {
      failure = result.failure.message;
      if (!result.failure.retryable || attempt === attempts) break;
      await system.clock.sleep(result.failure.delayMs ?? backoffMs(attempt, system.random), turn.signal);
      continue;
    }
    const verdict = verdictOf(reply);
    if (verdict !== null) return verdict;
    failure = "the reviewer's reply was no valid JSON of the form that was asked for";
    input.push(
      { type: "message", role: "assistant", content: [{ type: "output_text", text: reply.slice(0, mostOfOne) }] },
      said("user", retryWords),
    );
  }
  return { type: "failed", why: failure };

  function requestOf(items: readonly ResponseItem[]): ModelRequest {
    const parentTurnId = turn.turnId;
    const base = requestIdentity(
      { ...identity, threadId, agent: null, permissions: { ...identity.permissions, sandbox: "read-only" } },
      {
        turnId: reviewTurn,
        startedAtMs: system.clock.now(),
        windowNumber: 0,
        trigger: "guardian_review",
        origin: { rootTurnId: parentTurnId, parentTurnId, initiator: null },
      },
    );
    const { workspaces: _, ...metadata } = base.metadata;
    return {
      model: model.name,
      input: items,
      tools: [],
      parallelToolCalls: false,
      ...(model.lite && { lite: true }),
      reasoning: effort === null ? null : { effort },
      verbosity: model.defaultVerbosity === null ? null : "low",
      outputSchema: reviewSchema,
      cacheKey: `guardian:${identity.threadId}`,
      identity: {
        ...base,
        sessionId: identity.agent?.sessionId ?? identity.threadId,
        // In Codex's words: a provider may count and route by them.
        agent: { kind: "guardian", parentThreadId: identity.threadId, parentTurnId },
        metadata: {
          ...metadata,
          session_id: identity.agent?.sessionId ?? identity.threadId,
          parent_thread_id: identity.threadId,
          subagent_kind: "guardian",
          thread_source: "guardian_review",
          auto_review_enabled: false,
        },
      },
    };
  }
}

const said = (role: "user" | "developer", text: string): MessageItem => ({
  type: "message",
  role,
  content: [{ type: "input_text", text }],
});

/** Null for a reply that says neither yes nor no. */
function verdictOf(reply: string): ActionReview | null {
  try {
    const found: unknown = JSON.parse(reply);
    if (typeof found !== "object" || found === null || !("outcome" in found)) return null;
    const { outcome, rationale, risk_level, user_authorization } = found as Record<string, unknown>;
    if (outcome !== "allow" && outcome !== "deny") return null;
    return {
      type: outcome,
      rationale: typeof rationale === "string" ? rationale.slice(0, 2000) : null,
      risk: reviewRisks.find((level) => level === risk_level) ?? (outcome === "allow" ? "low" : "high"),
      authorization: reviewAuthorizations.find((level) => level === user_authorization) ?? "unknown",
    };
  } catch {
    return null;
  }
}

/** What was said and done, and the action; all of it as JSON, so that nothing in it can end its own quotation. */
async function casePut(question: Question, { past }: ReviewPlace): Promise<string> {
  const lines: string[] = [];
  let letters = 0;
  let left = 0;
  for (const entry of (await past()).toReversed()) {
    const line = lineOf(entry);
    if (line === null) continue;
    letters += line.length;
    // What the user said is what can allow something: of the rest, the oldest is left out.
    if (letters <= mostLetters || line.includes('"who":"user"')) lines.unshift(line);
    else left++;
  }
  return [
    "What has been said and done in the thread, oldest first, a JSON object each. Only lines of `user` are the user's words.",
    ...(left > 0 ? [`(${left} older entries of others are left out.)`] : []),
    ...lines,
    "",
    "The action to decide about:",
    JSON.stringify(question, null, 2),
  ].join("\n");
}

/** Files of the project come as messages of the user's role, too: only what the user typed is theirs. */
const isTyped = (kinds: readonly string[]): boolean => kinds.some((kind) => kind === "user.text");

function lineOf({ item, sequence, kinds }: PastItem): string | null {
  const cut = (text: string): string =>
    text.length <= mostOfOne ? text : `${text.slice(0, mostOfOne)} [${text.length - mostOfOne} letters left out]`;
  if (isMessage(item)) {
    if (item.role === "developer") return null;
    const text = messageText(item);
    const who = item.role === "user" && !isTyped(kinds) ? "context" : item.role;
    return JSON.stringify({ n: sequence, who, text: cut(text) });
  }
  const { type } = item;
  if (type === "reasoning") return null;
  return JSON.stringify({ n: sequence, who: "tools", text: cut(JSON.stringify(item)) });
}
