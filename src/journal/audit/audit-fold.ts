import type { AuditEntry } from "../../protocol/audit.ts";
import {
  isObject,
  type JsonObject,
  numberOr,
  objectOr,
  ownLineType,
  stringOr,
} from "../../protocol/codex-0.169/rollout.ts";
import type { RolloutLine } from "../../protocol/codex-0.169/rollout.ts";
import { threadItemOf } from "../../protocol/codex-0.169/rollout-items.ts";
import { responseItemOf } from "../../protocol/codex-0.169/rollout-response-items.ts";
import { shellJoin } from "../../protocol/codex-0.169/shell-join.ts";
import type { ThreadItem } from "../../protocol/items.ts";
import { calledName, isToolCallOutput, type ResponseItem } from "../../protocol/response-items.ts";
import { applyOwnLine, type AuditScene } from "./own-lines.ts";

const nothing: Omit<AuditEntry, "kind" | "what"> = {
  atMs: null,
  turnId: null,
  callId: null,
  tool: null,
  argv: null,
  cwd: null,
  decision: null,
  by: null,
  rule: null,
  reason: null,
  scope: null,
  effects: null,
  outcome: null,
  exitCode: null,
  files: [],
  hosts: [],
};

export const entryOf = (known: Partial<AuditEntry> & Pick<AuditEntry, "kind" | "what">): AuditEntry => ({
  ...nothing,
  files: [],
  hosts: [],
  ...known,
});

/** What the lines of one thread tell of its decisions and effects, whoever has written them. */
export class AuditFold implements AuditScene {
  readonly entries: AuditEntry[] = [];
  readonly #calls = new Map<string, AuditEntry>();
  #atMs: number | null = null;
  #turnId: string | null = null;
  #cwd: string | null = null;
  /** What holds where nobody else decides. */
  #sandbox: string | null = null;
  #mode: string | null = null;

  add(line: RolloutLine): void {
    const { payload } = line;
    const at = Date.parse(line.timestamp);
    this.#atMs = Number.isNaN(at) ? (numberOr(payload["at_ms"]) ?? this.#atMs) : at;
    if (line.type === "turn_context") this.#context(payload);
    else if (line.type === "response_item") this.#item(responseItemOf(payload));
    else if (line.type === "event_msg") this.#event(payload);
    else if (line.type === ownLineType) applyOwnLine(payload, this);
  }

  /** Of the call, which may be one that another tool has made. */
  call(callId: string): AuditEntry {
    const known = this.#calls.get(callId);
    if (known !== undefined) return known;
    const entry = entryOf({ kind: "call", what: "", callId, ...this.#here() });
    this.#calls.set(callId, entry);
    this.entries.push(entry);
    return entry;
  }

  typed(callId: string, tool: string | null, text: string): void {
    this.#called(this.call(callId), { tool, what: clipped(text), argv: null });
  }

  note(entry: Partial<AuditEntry> & Pick<AuditEntry, "kind" | "what">): void {
    this.entries.push(entryOf({ ...this.#here(), ...entry }));
  }

  /** From here on. */
  setMode(mode: string | null): void {
    this.#mode = mode;
    for (const entry of this.#calls.values()) {
      // The mode is noted once a call of the turn is decided.
      if (entry.turnId === this.#turnId && entry.by === "default") entry.rule = this.#defaultRule;
    }
  }

  finish(): AuditEntry[] {
    return this.entries;
  }

  get #defaultRule(): string | null {
    return this.#mode !== null ? `mode:${this.#mode}` : this.#sandbox === null ? null : `sandbox:${this.#sandbox}`;
  }

  #here(): Pick<AuditEntry, "atMs" | "turnId"> {
    return { atMs: this.#atMs, turnId: this.#turnId };
  }

  #context(payload: JsonObject): void {
    this.#turnId = stringOr(payload["turn_id"]) ?? this.#turnId;
    this.#cwd = stringOr(payload["cwd"]) ?? this.#cwd;
    this.#sandbox = stringOr(objectOr(payload["sandbox_policy"])?.["type"]) ?? this.#sandbox;
  }

  #item(item: ResponseItem): void {
    if (isToolCallOutput(item)) {
      const entry = this.#calls.get(item.call_id);
      if (entry !== undefined && entry.outcome === null) entry.outcome = "answered";
      return;
    }
    if (item.type !== "function_call" && item.type !== "custom_tool_call" && item.type !== "local_shell_call") return;
    const callId = stringOr((item as JsonObject)["call_id"]);
    if (callId === null) return;
    const known = this.#calls.get(callId);
    // Some providers count their calls anew in each turn.
    if (known !== undefined && known.tool !== null) this.#calls.delete(callId);
    this.#called(this.call(callId), calledBy(item as JsonObject));
  }

  #called(entry: AuditEntry, said: Pick<AuditEntry, "tool" | "what" | "argv">): void {
    const decided = { decision: "allow", by: "default", rule: this.#defaultRule } as const;
    Object.assign(entry, said, { cwd: this.#cwd }, entry.by === null && decided);
  }

  #event(payload: JsonObject): void {
    const turnId = stringOr(payload["turn_id"]);
    if (payload["type"] === "task_started") this.#turnId = turnId;
    else if (payload["type"] === "item_completed" && isObject(payload["item"])) {
      const item = threadItemOf(payload["item"]);
      if (item !== null) this.#completed(item);
    } else if (payload["type"] === "task_complete") {
      const error = stringOr(objectOr(payload["error"])?.["message"]);
      if (error !== null)
        this.note({ kind: "turn", what: "the turn failed", turnId, outcome: "failed", reason: error });
    } else if (payload["type"] === "turn_aborted") {
      const reason = stringOr(payload["reason"]);
      this.note({ kind: "turn", what: "the turn was stopped", turnId, outcome: "stopped", reason });
    }
  }

  #completed(item: ThreadItem): void {
    if (item.type === "commandExecution") {
      const entry = this.#ended(item.id, "exec_command", shellJoin(item.argv));
      entry.argv = item.argv;
      entry.cwd = item.cwd;
      entry.exitCode = item.exitCode;
      entry.outcome =
        item.status === "declined" ? "declined" : item.exitCode === null ? item.status : `exit ${item.exitCode}`;
    } else if (item.type === "fileChange") {
      const entry = this.#ended(item.id, "apply_patch", "a patch");
      entry.files = item.changes.flatMap(({ path, movePath }) => (movePath === undefined ? [path] : [path, movePath]));
      entry.outcome = item.status;
    } else if (item.type === "mcpToolCall") {
      const entry = this.#ended(item.id, `${item.server}.${item.tool}`, clipped(JSON.stringify(item.arguments) ?? ""));
      entry.outcome = item.error ?? item.status;
    } else if (item.type === "collabToolCall" || item.type === "toolCall") {
      this.#ended(item.id, item.tool, item.tool).outcome = item.status;
    }
  }

  #ended(callId: string, tool: string, what: string): AuditEntry {
    const entry = this.call(callId);
    entry.tool ??= tool;
    if (entry.what === "" || entry.what === "{}") entry.what = what;
    if (entry.by === null) Object.assign(entry, { decision: "allow", by: "default", rule: this.#defaultRule });
    return entry;
  }
}

const mostLetters = 2000;
const clipped = (text: string): string => (text.length <= mostLetters ? text : `${text.slice(0, mostLetters)}...`);

function calledBy(item: JsonObject): Pick<AuditEntry, "tool" | "what" | "argv"> {
  const name = item["type"] === "local_shell_call" ? "local_shell" : calledName(item as never);
  const group = stringOr(item["namespace"]);
  const tool = group === null ? name : `${group}.${name}`;
  if (item["type"] === "custom_tool_call") return { tool, what: clipped(stringOr(item["input"]) ?? ""), argv: null };
  let said: unknown = objectOr(item["action"]) ?? {};
  try {
    if (typeof item["arguments"] === "string") said = JSON.parse(item["arguments"]);
  } catch {
    return { tool, what: clipped(String(item["arguments"])), argv: null };
  }
  const given = objectOr(said) ?? {};
  const { cmd, command, chars } = given;
  const argv = Array.isArray(command) ? command.filter((word) => typeof word === "string") : null;
  const text = [cmd, command, chars].find((each) => typeof each === "string");
  return { tool, what: clipped(argv !== null ? shellJoin(argv) : (text ?? JSON.stringify(said))), argv };
}
