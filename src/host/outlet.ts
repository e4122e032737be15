import type { ActionReview } from "../protocol/action-review.ts";
import { messageOf } from "../protocol/errors.ts";
import type { AgentEvent } from "../protocol/events.ts";

/** Takes secrets out of a value's texts. */
export type Cleaner = <Value>(value: Value) => Value;

/**
 * Tells events in their order, and those that carry words of servers, of hooks or of the system without secrets. What cleans them is
 * loaded with the first of these; what comes meanwhile waits.
 */
export class Outlet {
  readonly #deliver: (event: AgentEvent) => void;
  readonly #load: (event: AgentEvent) => Promise<Cleaner>;
  #waiting: Promise<void> | null = null;
  #events: AgentEvent[] = [];

  constructor(deliver: (event: AgentEvent) => void, load: (event: AgentEvent) => Promise<Cleaner>) {
    this.#deliver = deliver;
    this.#load = load;
  }

  tell(event: AgentEvent): void {
    if (this.#waiting === null && !hasForeignWords(event)) return this.#deliver(event);
    this.#events.push(event);
    this.#waiting ??= this.#empty();
  }

  /** Resolves when everything that was told has been delivered; null: it has. */
  get waiting(): Promise<void> | null {
    return this.#waiting;
  }

  async #empty(): Promise<void> {
    for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
      const clean = hasForeignWords(event) ? await this.#load(event).catch(withheld) : null;
      this.#deliver(clean === null ? event : withoutSecrets(event, clean));
    }
    this.#waiting = null;
  }
}

/** What cannot be looked through is not told: its place says why. */
function withheld(error: unknown): Cleaner {
  const words = `(withheld, for it cannot be looked through for secrets: ${messageOf(error)})`;
  const clean = (value: unknown): unknown => {
    if (typeof value === "string") return words;
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, key === "code" ? each : clean(each)]));
  };
  return clean as Cleaner;
}

function hasForeignWords(event: AgentEvent): boolean {
  switch (event.type) {
    case "warning":
    case "call.rejected":
    case "retry.scheduled":
    case "model.fell_back":
    case "review.completed":
    case "turn.failed":
    case "compaction.failed":
      return true;
    case "hook.completed":
      return event.run.entries.length > 0;
    case "mcp.changed":
      return event.failure !== null;
    default:
      return false;
  }
}

function withoutSecrets(event: AgentEvent, clean: Cleaner): AgentEvent {
  switch (event.type) {
    case "warning":
    case "call.rejected":
      return { ...event, message: clean(event.message) };
    case "retry.scheduled":
    case "model.fell_back":
      return { ...event, cause: clean(event.cause) };
    case "turn.failed":
    case "compaction.failed":
      return { ...event, error: clean(event.error) };
    case "review.completed":
      return { ...event, verdict: withoutSecretWords(event.verdict, clean) };
    case "mcp.changed":
      return { ...event, failure: clean(event.failure) };
    case "hook.completed":
      return { ...event, run: { ...event.run, entries: clean(event.run.entries) } };
    default:
      return event;
  }
}

const withoutSecretWords = (verdict: ActionReview, clean: Cleaner): ActionReview =>
  verdict.type === "failed"
    ? { ...verdict, why: clean(verdict.why) }
    : { ...verdict, rationale: clean(verdict.rationale) };
