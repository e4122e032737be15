import { clientRequests } from "../../src/protocol/codex-0.169/app-server/client-requests.ts";
import { legacyRequests } from "../../src/protocol/codex-0.169/app-server/legacy-requests.ts";
import { serverNotifications } from "../../src/protocol/codex-0.169/app-server/server-notifications.ts";
import { serverRequests } from "../../src/protocol/codex-0.169/app-server/server-requests.ts";
import { misfitOf } from "../../src/protocol/shapes/check.ts";
import type { AnyShape } from "../../src/protocol/shapes/shape.ts";

const requests: Readonly<Record<string, { result: AnyShape }>> = { ...clientRequests, ...legacyRequests };
const told: Readonly<Record<string, AnyShape>> = serverNotifications;
const asked: Readonly<Record<string, { params: AnyShape }>> = serverRequests;

/** Notes what of an app-server's messages does not hold to the shapes of the protocol. */
export class ShapeFaults {
  readonly #found: string[];
  readonly #methods = new Map<unknown, string>();

  constructor(found: string[]) {
    this.#found = found;
  }

  /** A message of the client. */
  sent(message: unknown): void {
    const { id, method } = (message ?? {}) as { id?: unknown; method?: unknown };
    if (id !== undefined && typeof method === "string") this.#methods.set(id, method);
  }

  /** A message of the server. */
  heard(message: Readonly<Record<string, unknown>>): void {
    const { id, method, params, result } = message;
    if (typeof method === "string") {
      const shape = id === undefined ? told[method] : asked[method]?.params;
      this.#note(method, shape, params);
    } else if (result !== undefined) {
      const answered = this.#methods.get(id) ?? "";
      // Our own words have no shapes but of what is sent to us.
      if (answered.startsWith("agent/")) return;
      this.#note(`the answer to ${answered}`, requests[answered]?.result, result);
    }
  }

  #note(what: string, shape: AnyShape | undefined, value: unknown): void {
    const misfit = shape === undefined ? { path: "", message: "is not in the tables" } : misfitOf(value, shape);
    if (misfit !== null) this.#found.push(`${what}: ${misfit.path} ${misfit.message}`);
  }
}
