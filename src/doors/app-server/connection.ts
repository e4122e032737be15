import { clientRequests } from "../../protocol/codex-0.169/app-server/client-requests.ts";
import type { InitializeParams } from "../../protocol/codex-0.169/app-server/handshake.ts";
import { legacyRequests } from "../../protocol/codex-0.169/app-server/legacy-requests.ts";
import type { RequestId } from "../../protocol/codex-0.169/app-server/messages.ts";
import type { ClientMethod, Notification } from "../../protocol/codex-0.169/app-server/methods.ts";
import { misfitOf } from "../../protocol/shapes/check.ts";
import type { AnyShape } from "../../protocol/shapes/shape.ts";
import type { AppServer } from "./app-server.ts";
import { experimentalField } from "./experimental-field.ts";
import { agentRequest, answerAgentRequest } from "./handlers/agent.ts";
import { handlerOf, type Asked } from "./handlers/handlers.ts";
import { whyNot } from "./not-supported.ts";
import { errorBodyOf, refused } from "./request-error.ts";
import { Outgoing, type Receiver, type Wire } from "./wire.ts";

/** The capability by which a client asks for methods and notifications under `agent/`. */
const agentExtension = "codex-agent";

const requests = { ...clientRequests, ...legacyRequests };

type Later = Pick<Asked, "after" | "inAnyCase">;
type ClientInfo = InitializeParams["clientInfo"];

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isId = (value: unknown): value is RequestId => typeof value === "string" || Number.isInteger(value);

/** It was answered: whatever fails behind that can be told to nobody, and keeps nothing else back. */
function guarded(work: () => void): void {
  try {
    work();
  } catch {
    // As above.
  }
}

/** One client: who it is, what it asked not to hear, and its requests. */
export class Connection implements Receiver {
  readonly #server: AppServer;
  readonly #wire: Wire;
  readonly #optedOut = new Set<string>();
  /** Null until it has introduced itself. */
  client: ClientInfo | null = null;
  experimental = false;
  /** It asked for our own words beside Codex's. */
  #speaksAgent = false;
  /** Has ended when an introduction that is on its way has been answered. */
  #introduction: Promise<void> | null = null;
  readonly #ends = new Set<() => void>();
  #isGone = false;

  constructor(server: AppServer, wire: Wire) {
    this.#server = server;
    this.#wire = wire;
  }

  receive(message: unknown): void {
    if (!isRecord(message)) return;
    const { id, method } = message;
    if (typeof method === "string") {
      if (!isId(id)) return;
      const answered = this.#request(id, method, message["params"]);
      if (method === "initialize") this.#introduction = answered;
    } else if (isId(id) && ("result" in message || "error" in message)) {
      const reply = "error" in message ? { error: message["error"] } : { result: message["result"] };
      this.#server.requests.reply(id, reply);
    }
  }

  gone(): void {
    this.#isGone = true;
    this.#server.leave(this);
    for (const end of this.#ends) end();
    this.#ends.clear();
  }

  /** Has something ended with the connection: at once where that is gone. Gives what takes it back. */
  onGone(end: () => void): () => void {
    if (this.#isGone) end();
    else this.#ends.add(end);
    return () => void this.#ends.delete(end);
  }

  /** Takes on who it says it is. @throws RequestError the second time. */
  introduce(params: InitializeParams): void {
    if (this.client !== null) throw refused("Already initialized");
    this.client = params.clientInfo;
    this.#server.introduced(params.clientInfo);
    this.experimental = params.capabilities?.experimentalApi === true;
    for (const method of params.capabilities?.optOutNotificationMethods ?? []) this.#optedOut.add(method);
    this.#speaksAgent = Object.hasOwn(params.capabilities?.extensions ?? {}, agentExtension);
    if (this.#speaksAgent) this.#wire.tellMissed();
  }

  hears(method: string): boolean {
    return this.client !== null && !this.#optedOut.has(method);
  }

  send(outgoing: Outgoing): void {
    this.#wire.send(outgoing);
  }

  /** Tells this client alone. */
  notify(notification: Notification): void {
    if (this.hears(notification.method)) this.send(new Outgoing({ ...notification, emittedAtMs: Date.now() }));
  }

  async #request(id: RequestId, method: string, params: unknown): Promise<void> {
    const afterwards: (() => void)[] = [];
    const inAnyCase: (() => void)[] = [];
    const later: Later = {
      after: (work) => afterwards.push(work),
      inAnyCase: (work) => inAnyCase.push(work),
    };
    try {
      const result = await this.#handle(method, params, later);
      this.send(new Outgoing({ id, result }));
    } catch (error) {
      afterwards.length = 0;
      this.send(new Outgoing({ id, error: errorBodyOf(error) }));
    } finally {
      for (const work of [...afterwards, ...inAnyCase]) guarded(work);
    }
  }

  async #handle(method: string, params: unknown, later: Later): Promise<unknown> {
    const own = agentRequest(method);
    if (own !== null) {
      await this.#introduction;
      if (this.client === null) throw refused("Not initialized");
      if (!this.#speaksAgent) {
        throw refused(`${method} is for clients that initialize with capabilities.extensions["${agentExtension}"]`);
      }
      return answerAgentRequest(own, params, this.#server);
    }
    if (!Object.hasOwn(requests, method)) {
      const reason = whyNot(method);
      if (reason !== null) throw refused(`${method} is not supported by codex-agent: ${reason}`);
      const known = Object.keys(requests).map((name) => `\`${name}\``);
      throw refused(`Invalid request: unknown variant \`${method.slice(0, 80)}\`, expected one of ${known.join(", ")}`);
    }
    const name = method as ClientMethod;
    const entry: { params: AnyShape | null; experimental?: boolean; paramless?: boolean } = requests[name];
    if (params === undefined && entry.paramless !== true) throw refused("Invalid request: missing field `params`");
    const given = params ?? {};
    const misfit = entry.params === null ? null : misfitOf(given, entry.params);
    if (misfit !== null) {
      const { path, message } = misfit;
      throw refused(`Invalid request: ${path === "" ? "" : `${path}: `}${message}`, { path });
    }
    // A client need not wait for the reply before it goes on.
    if (this.client === null && name !== "initialize") await this.#introduction;
    if (this.client === null && name !== "initialize") throw refused("Not initialized");
    if (!this.experimental && name !== "initialize") {
      const field = entry.params === null ? null : experimentalField(given, entry.params);
      const asked = entry.experimental === true ? name : field && `${name}.${field}`;
      if (asked !== null) throw refused(`${asked} requires experimentalApi capability`);
    }
    const handler = await handlerOf(name);
    return handler(given as never, { server: this.#server, connection: this, ...later });
  }
}
