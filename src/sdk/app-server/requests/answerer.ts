/** Answers what the server asks: by a hook, a policy engine, or a default; each once, or not at all when nobody waits any more. */
import type { ErrorBody, NotificationMessage, RequestId } from "../../../protocol/codex-0.169/app-server/messages.ts";
import { addressOf, isRecord, type Address } from "../events/address.ts";
import type { AppServerItem } from "../events/response-event.ts";
import type { ServerRequest } from "../connection/connection.ts";
import type { PolicyContext, PolicyEngine } from "../policy/engine.ts";
import { notSupported, questions, type Answer, type PolicyMethod, type Question } from "./answers.ts";
import type { HookContext, Hooks, SessionGrant } from "./hooks.ts";

export interface HookErrorEvent {
  method: string;
  requestId: RequestId;
  threadId: string | null;
  message: string;
  /** What was thrown, if anything was. */
  error: unknown;
}

export interface AnswererOptions {
  hooks: Hooks;
  /** Asked in this order. */
  engines: readonly PolicyEngine[];
  defaults: "safe" | "legacy";
  hookTimeoutMs: number;
  onHookError(event: HookErrorEvent): void;
  /** Somebody is asked, or no more. */
  onAsked(address: Address, change: 1 | -1): void;
}

type Respond = (id: RequestId, answer: Answer) => void;

interface Open {
  address: Address;
  stop: AbortController;
}

const requestTypes: Record<PolicyMethod, PolicyContext["requestType"]> = {
  onCommandApproval: "command",
  onFileChangeApproval: "file_change",
  onToolRequestUserInput: "tool_user_input",
};
const itemsKept = 1000;

export class Answerer {
  readonly #options: AnswererOptions;
  readonly #open = new Map<string, Open>();
  readonly #items = new Map<string, AppServerItem>();
  #grants: SessionGrant[] = [];

  constructor(options: AnswererOptions) {
    this.#options = options;
  }

  get grants(): readonly SessionGrant[] {
    return this.#grants;
  }

  forgetGrants(threadId: string): void {
    this.#grants = this.#grants.filter((grant) => grant.threadId !== threadId);
  }

  /** Never throws, and does not wait. */
  take(request: ServerRequest, respond: Respond): void {
    const { id, method, params } = request;
    const question = Object.hasOwn(questions, method) ? questions[method] : undefined;
    if (question === undefined) return respond(id, notSupported(method));
    const key = JSON.stringify(id);
    // A server repeats what is open to whoever resumes its thread.
    if (this.#open.get(key)?.stop.signal.aborted === false) return;
    const stop = new AbortController();
    const address = addressOf(params);
    const entry: Open = { address, stop };
    this.#open.set(key, entry);
    this.#options.onAsked(address, 1);
    void this.#answer(request, question, stop.signal)
      .then((answer) => {
        if (answer === null) return;
        this.#remember(request, address, answer);
        respond(id, answer);
      })
      .finally(() => {
        if (this.#open.get(key) === entry) this.#open.delete(key);
        this.#options.onAsked(address, -1);
      });
  }

  /** What notifications say of open questions, and of what may be asked about. */
  notice({ method, params }: NotificationMessage): void {
    if (!isRecord(params)) return;
    const address = addressOf(params);
    if (method === "serverRequest/resolved") this.#open.get(JSON.stringify(params["requestId"]))?.stop.abort();
    else if (method === "turn/completed") this.#abort((open) => isWithin(open.address, address));
    else if (method === "item/started" || method === "item/completed") this.#follow(method, params, address);
    else if (["thread/closed", "thread/archived", "thread/deleted"].includes(method) && address.threadId !== null)
      this.forgetGrants(address.threadId);
  }

  /** Nobody waits for answers any more. */
  stopAll(): void {
    this.#abort(() => true);
    this.#items.clear();
  }

  async #answer(request: ServerRequest, question: Question, signal: AbortSignal): Promise<Answer | null> {
    const { method, params } = request;
    try {
      const given = await this.#given(request, question, signal);
      if (signal.aborted) return null;
      if (given === undefined) return this.#otherwise(request, question);
      const answer = question.read(given);
      if (answer === null) return this.#failed(request, question, "what was answered is no answer to that", null);
      return this.#permitted(request, question, answer);
    } catch (error) {
      if (signal.aborted) return null;
      const message = error instanceof LateAnswer ? error.message : "the hook failed";
      return this.#failed({ ...request, method, params }, question, message, error);
    }
  }

  async #given(request: ServerRequest, question: Question, signal: AbortSignal): Promise<unknown> {
    const { hooks, engines, hookTimeoutMs } = this.#options;
    const context = this.#context(request, signal);
    const hook = hooks[question.hook] as ((params: unknown, context: HookContext) => unknown) | undefined;
    const ask = async (): Promise<unknown> => {
      const answer: unknown = await hook?.(request.params, context);
      if (answer !== undefined || question.policy === undefined || isHuman(request)) return answer;
      const requestType = requestTypes[question.policy];
      for (const engine of engines) {
        const decided: unknown = await engine[question.policy]?.(request.params as never, {
          ...context,
          requestType,
          params: request.params,
          timestamp: Date.now(),
        });
        if (decided !== undefined) return decided;
      }
      return undefined;
    };
    return withinLimits(ask(), hookTimeoutMs, signal);
  }

  #context({ id, method, params }: ServerRequest, signal: AbortSignal): HookContext {
    const { threadId, turnId } = addressOf(params);
    const named: unknown = isRecord(params) ? (params["itemId"] ?? params["callId"]) : null;
    const itemId = typeof named === "string" ? named : null;
    const item = this.#items.get(`${threadId}/${itemId}`) ?? null;
    return { method, requestId: id, threadId, turnId, itemId, item, signal };
  }

  #otherwise({ method, params, ...request }: ServerRequest, question: Question): Answer {
    const isLegacy = this.#options.defaults === "legacy";
    if (!isLegacy || isHuman({ method, params, ...request })) return question.otherwise(params);
    return question.legacy?.(params) ?? notSupported(method);
  }

  /** Approvals are held to what the server offers; a no is always taken. */
  #permitted(request: ServerRequest, question: Question, answer: Record<string, unknown>): Answer {
    const decision = answer["decision"];
    // What a person typed is for this once.
    if (isHuman(request) && decision === "acceptForSession") return { result: { decision: "accept" } };
    const offered: unknown = isRecord(request.params) ? request.params["availableDecisions"] : null;
    if (question.hook !== "onCommandApproval" || !Array.isArray(offered) || decision === "decline")
      return { result: answer };
    if (offered.some((each) => nameOf(each) === nameOf(decision))) return { result: answer };
    return this.#failed(request, question, `the server does not offer ${nameOf(decision)} here`, null);
  }

  #failed({ id, method, params }: ServerRequest, question: Question, message: string, error: unknown): Answer {
    this.#options.onHookError({ method, requestId: id, threadId: addressOf(params).threadId, message, error });
    if (question.refusal !== undefined) return { result: question.refusal };
    const body: ErrorBody = { code: -32000, message: `${method} could not be answered by this client` };
    return { error: body };
  }

  #remember({ method, params }: ServerRequest, { threadId, turnId }: Address, answer: Answer): void {
    if (!("result" in answer) || !isRecord(answer.result)) return;
    const { decision, scope } = answer.result;
    if (decision !== "acceptForSession" && decision !== "approved_for_session" && scope !== "session") return;
    const { itemId, command } = isRecord(params) ? params : {};
    this.#grants.push({
      method,
      threadId,
      turnId,
      itemId: typeof itemId === "string" ? itemId : null,
      command: typeof command === "string" ? command : null,
      answer: answer.result,
      grantedAt: Date.now(),
    });
  }

  #follow(method: string, { item }: Record<string, unknown>, { threadId }: Address): void {
    if (!isRecord(item) || typeof item["id"] !== "string") return;
    const key = `${threadId}/${item["id"]}`;
    if (method === "item/completed") this.#items.delete(key);
    else this.#items.set(key, item as unknown as AppServerItem);
    if (this.#items.size > itemsKept) this.#items.delete(this.#items.keys().next().value!);
  }

  #abort(which: (open: Open) => boolean): void {
    for (const open of this.#open.values()) if (which(open)) open.stop.abort();
  }
}

class LateAnswer extends Error {}

/** The outcome, unless the limit comes first; at once when nobody waits any more, whatever the hook still does. */
async function withinLimits(work: Promise<unknown>, limitMs: number, signal: AbortSignal): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  work.catch(() => {});
  const ends = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LateAnswer(`no hook answered within ${limitMs} ms`)), limitMs);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  try {
    return await Promise.race([work, ends]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a person typed the command: no engine and no grant answers for that. */
const isHuman = ({ params }: ServerRequest): boolean => isRecord(params) && params["kind"] === "humanCommand";

const nameOf = (decision: unknown): string =>
  isRecord(decision) ? (Object.keys(decision)[0] ?? "") : String(decision);

function isWithin(open: Address, turn: Address): boolean {
  return (
    open.turnId !== null && open.turnId === turn.turnId && (turn.threadId === null || open.threadId === turn.threadId)
  );
}
