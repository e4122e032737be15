import { isDeepStrictEqual } from "node:util";
import type { RecordedRequest } from "./fake-model.ts";
import type { JsonEvent, Outcome, Stage } from "./run.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What a run showed, without what may differ from run to run (ids, times, paths, ports) and without prose. */
export interface NormalRun {
  code: number | null;
  signal: string | null;
  events: Json[];
  /** Lines of stdout that are not events. */
  text: string[];
}

/** One request of the model's client. `prefixKept`: its input starts with the whole input of the request before. */
export interface NormalRequest {
  method: string;
  url: string;
  headers: Json;
  bodyKeys: string[];
  body: Json;
  prefixKept: boolean;
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const itemId = /\b(msg|fc|fco|ctc|ctco|rs|tso|at|ws)_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Numbers uuids by first appearance, so that equal ids stay equal and different ones different. One for each scenario. */
export class Names {
  readonly #stage: Stage;
  readonly #ids = new Map<string, string>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  clean(text: string): string {
    return text
      .replaceAll(this.#stage.root, "<root>")
      .replace(itemId, "$1_<uuid>")
      .replace(uuid, (id) => this.#number(id))
      .replace(/(?<=sha256:)[0-9a-f]{64}/g, (hash) => this.#number(hash))
      .replace(/127\.0\.0\.1:\d+/g, "<model>")
      .replace(/\b[0-9a-f]{40}\b/g, "<sha>")
      .replace(/Chunk ID: [0-9a-f]{6}/g, "Chunk ID: <chunk>")
      .replace(/Wall time(:?) [0-9.]+ seconds/g, "Wall time$1 <n> seconds")
      .replace(/"chunk_id":"[0-9a-f]{6}","wall_time_seconds":[0-9.e-]+/g, `"chunk_id":"<chunk>","wall_time_seconds":0`)
      .replace(/session ID \d+/g, "session ID <session>")
      .replace(/"session_id":\d{3,}/g, `"session_id":<session>`)
      .replace(/<current_date>[0-9-]+</g, "<current_date><date><")
      .replace(/(exited \d+|succeeded) in \d+m?s/g, "$1 in <time>");
  }

  cleanAll(value: unknown): Json {
    if (typeof value === "string") return this.clean(value);
    if (Array.isArray(value)) return value.map((part) => this.cleanAll(part));
    if (typeof value === "object" && value !== null) {
      const keys = Object.keys(value).sort();
      return Object.fromEntries(
        keys.map((key) => [
          this.clean(key),
          key === "create_time" ? "<time>" : this.cleanAll((value as Record<string, unknown>)[key]),
        ]),
      );
    }
    return value as Json;
  }

  #number(id: string): string {
    const known = this.#ids.get(id);
    if (known !== undefined) return known;
    const name = `<id-${this.#ids.size + 1}>`;
    this.#ids.set(id, name);
    return name;
  }
}

export function normaliseRun(outcome: Outcome, names: Names): NormalRun {
  return {
    code: outcome.code,
    signal: outcome.signal,
    events: settleOrder(outcome.events).map((event) => names.cleanAll(withoutProse(event))),
    text: outcome.otherLines.map((line) => names.clean(line)),
  };
}

/** Violations of what holds in every stream of events, whatever the order of parallel tools: an empty list is right. */
export function eventFaults(events: readonly JsonEvent[]): string[] {
  const faults: string[] = [];
  const order: string[] = [];
  const open = new Set<string>();
  for (const event of events) {
    const item = event["item"] as { id?: string; type?: string } | undefined;
    if (item === undefined) continue;
    // A web search has its own id under the same key; the position of its first event is not visible in parsed JSON.
    const id = item.type === "web_search" ? `search ${String(item.id)}` : String(item.id);
    if (!order.includes(id)) {
      if (item.type !== "web_search" && id !== `item_${order.length}`)
        faults.push(`${id} is the ${order.length + 1}. item`);
      order.push(id);
    }
    if (event.type === "item.started") {
      if (open.has(id)) faults.push(`${id} started twice`);
      open.add(id);
    }
    if (event.type === "item.completed") open.delete(id);
  }
  const ends = events.filter(({ type }) => type === "turn.completed" || type === "turn.failed");
  if (ends.length > 1) faults.push(`${ends.length} ends of the turn`);
  if (ends.length === 1 && ends[0] !== events.at(-1)) faults.push("events after the end of the turn");
  return faults;
}

/**
 * Puts the events of tools that run at the same time into one order: between two events that are not items,
 * first everything the stream itself gives (texts, reasoning, searches) in its order, then tools sorted by their content.
 * Texts of scripts carry a tag like `r3` (third response); groups never cross a tag, so that the order of responses stays visible.
 */
function settleOrder(events: readonly JsonEvent[]): JsonEvent[] {
  const settled: JsonEvent[] = [];
  let group: JsonEvent[] = [];
  let tag: string | undefined;
  const flush = (): void => {
    const tools = group.filter(isTool);
    const groups = new Map<string, JsonEvent[]>();
    for (const event of tools) {
      const key = toolKey(event);
      groups.set(key, [...(groups.get(key) ?? []), event]);
    }
    settled.push(...group.filter((event) => !isTool(event)));
    for (const key of [...groups.keys()].sort()) {
      const same = groups.get(key) ?? [];
      settled.push(
        ...same.filter(({ type }) => type === "item.started"),
        ...same.filter(({ type }) => type !== "item.started"),
      );
    }
    group = [];
  };
  for (const event of events) {
    const found = event["item"] === undefined ? undefined : /\br(\d+)\b/.exec(JSON.stringify(event["item"]))?.[1];
    if (event["item"] === undefined || (found !== undefined && found !== tag)) flush();
    if (found !== undefined) tag = found;
    if (event["item"] === undefined) settled.push(event);
    else group.push(event);
  }
  flush();
  return settled.map(withoutItemNumber);
}

function isTool(event: JsonEvent): boolean {
  const type = (event["item"] as { type?: string } | undefined)?.type;
  return type === "command_execution" || type === "file_change" || type === "mcp_tool_call" || type === "todo_list";
}

function toolKey(event: JsonEvent): string {
  const item = event["item"] as Record<string, unknown>;
  return JSON.stringify([item["type"], item["command"] ?? item["changes"] ?? item["items"]]);
}

/** Numbers of items follow the order in which parallel tools happen to start; `eventFaults` checks them. */
function withoutItemNumber(event: JsonEvent): JsonEvent {
  const item = event["item"] as Record<string, unknown> | undefined;
  if (item === undefined || item["type"] === "web_search") return event;
  return { ...event, item: { ...item, id: "<item>" } };
}

function withoutProse(event: JsonEvent): JsonEvent {
  const item = event["item"] as Record<string, unknown> | undefined;
  if (item?.["type"] === "error") return { ...event, item: { ...item, message: quotedNames(String(item["message"])) } };
  if (event.type === "error") return { ...event, message: failureText(String(event["message"])) };
  if (event.type === "turn.failed") {
    const error = event["error"] as { message: string };
    return { ...event, error: { ...error, message: failureText(error.message) } };
  }
  return event;
}

/** A warning's wording is free; the names it quotes are not. */
function quotedNames(text: string): string {
  const quoted = [...text.matchAll(/`([^`]*)`/g)].map((match) => String(match[1]).replace(/^-m /, ""));
  return `<text ${[...new Set(quoted)].sort().join(" ")}>`;
}

const fixedFailures = [
  // The real one hides a 500 behind a sentence of its own; ours names it.
  /^unexpected status (?!500)/,
  /^exceeded retry limit, /,
  /^rate limit exceeded: /,
  /^Missing environment variable: /,
  /^Incomplete response returned, reason: /,
  /^stream disconnected before completion: /,
  /^[{<]/,
];

/** Messages that clients know by their words stay; other sentences are free. The cause of a transport error belongs to the HTTP library. */
export function failureText(text: string): string {
  const retry = /^(Reconnecting\.\.\. \d+\/\d+ )\((.*)\)$/s.exec(text);
  if (retry !== null) return `${retry[1]}(${failureText(retry[2] ?? "")})`;
  const short = text.replace(/(Transport error:).*$/s, "$1 <text>");
  return fixedFailures.some((pattern) => pattern.test(short)) ? short : "<text>";
}

export interface RequestRules {
  /** Names of tools (or namespaces) left out on both sides. */
  withoutTools?: ReadonlySet<string>;
  /** Openings of developer texts left out on both sides. */
  withoutBlocks?: readonly string[];
  /** Wordings of tool outputs that are free: what matches becomes `becomes` on both sides. */
  freeWordings?: readonly { pattern: RegExp; becomes: string }[];
  /** What a model gave as a summary: the words before it, in the message that ends with it, are free. */
  summaries?: readonly string[];
}

export function normaliseRequests(
  requests: readonly RecordedRequest[],
  names: Names,
  rules: RequestRules = {},
): NormalRequest[] {
  return requests.map((request, index) => {
    const body = asObject(request.body);
    const before = asObject(requests[index - 1]?.body);
    return {
      method: request.method,
      url: request.url,
      headers: names.cleanAll(plainHeaders(request.headers)),
      bodyKeys: Object.keys(body),
      body: names.cleanAll(plainBody(body, rules)),
      prefixKept: startsWith(body["input"], before["input"]),
    };
  });
}

function startsWith(input: unknown, before: unknown): boolean {
  if (!Array.isArray(input) || !Array.isArray(before)) return true;
  return before.every((item, index) => isDeepStrictEqual(item, input[index]));
}

function plainHeaders(headers: Record<string, string>): Record<string, unknown> {
  const { host: _host, "content-length": _length, connection: _connection, ...rest } = headers;
  return {
    ...rest,
    ...("x-codex-turn-metadata" in rest
      ? { "x-codex-turn-metadata": turnMetadata(rest["x-codex-turn-metadata"] ?? "") }
      : {}),
  };
}

function turnMetadata(text: string): Record<string, unknown> {
  return { ...(JSON.parse(text) as Record<string, unknown>), turn_started_at_unix_ms: "<time>" };
}

function plainBody(body: Record<string, unknown>, rules: RequestRules): Record<string, unknown> {
  const plain: Record<string, unknown> = { ...body };
  const input = body["input"];
  if (Array.isArray(input)) {
    plain["input"] = input.map((item) => plainItem(asObject(item), rules)).filter((item) => item !== undefined);
  }
  const tools = body["tools"];
  if (Array.isArray(tools)) {
    const kept = tools
      .map(asObject)
      .filter((tool) => rules.withoutTools?.has(String(tool["name"] ?? tool["type"])) !== true);
    plain["tools"] = kept.map(withoutDescriptions);
  }
  const metadata = body["client_metadata"];
  if (typeof metadata === "object" && metadata !== null) {
    const known = metadata as Record<string, unknown>;
    plain["client_metadata"] = {
      ...known,
      "x-codex-turn-metadata": turnMetadata(String(known["x-codex-turn-metadata"])),
    };
  }
  return plain;
}

function plainItem(item: Record<string, unknown>, rules: RequestRules): Record<string, unknown> | undefined {
  const free = (said: string): string =>
    (rules.freeWordings ?? []).reduce((text, { pattern, becomes }) => text.replace(pattern, becomes), said);
  const output = item["output"];
  if (typeof output === "string") return { ...item, output: free(output) };
  if (Array.isArray(output)) {
    const parts = output.map(asObject);
    return {
      ...item,
      output: parts.map((part) => ("text" in part ? { ...part, text: free(String(part["text"])) } : part)),
    };
  }
  if (item["type"] === "additional_tools") return { ...item, tools: withoutDescriptions(item["tools"]) };
  const content = item["content"];
  if (item["type"] !== "message" || !Array.isArray(content) || item["role"] === "assistant") return item;
  const parts = content
    .map(asObject)
    .filter(({ text }) => !(rules.withoutBlocks ?? []).some((block) => String(text).startsWith(block)));
  if (parts.length === 0 && content.length > 0) return undefined;
  return {
    ...item,
    content: parts.map((part) =>
      typeof part["text"] === "string" ? { ...part, text: messageText(item, part["text"], rules) } : part,
    ),
  };
}

/** The words that ask for a summary are free, and so is what stands before one; all other messages have an id. */
function messageText(item: Record<string, unknown>, text: string, { summaries = [] }: RequestRules): string {
  const role = String(item["role"]);
  if (role === "user" && item["id"] === undefined) return text.length > 200 ? "<asks for a summary>" : text;
  const summary = summaries.find((each) => text !== each && text.endsWith(`\n${each}`));
  return summary === undefined ? contextText(role, text) : `<stands for the history> ${summary}`;
}

const proseBlocks =
  /^<(permissions instructions|skills_instructions|tools|model_switch|turn_aborted|content_filter_guidance|collaboration_mode|multi_agent_role|multi_agent_mode)>/;

/** Blocks with wording of their own keep their opening; long developer texts are a prompt; AGENTS.md blocks lose added sentences. */
function contextText(role: string, text: string): string {
  const block = proseBlocks.exec(text);
  if (block !== null) return `${block[0]}<text>`;
  if (role === "developer" && text.length > 200) return "<text>";
  if (text.startsWith("# AGENTS.md instructions")) return text.replace(/^[A-Z].*\.$/gm, "<text>");
  return text;
}

function withoutDescriptions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    (key === "description" || key === "definition") && typeof inner === "string"
      ? "<text>"
      : withoutDescriptions(inner),
  ]);
  return Object.fromEntries(entries) as unknown;
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** Texts for people, line by line, without tracing lines, the banner's name, and the warning about the machine's sandbox program. */
export function normaliseStderr(stderr: string, names: Names): string[] {
  return stderr
    .split("\n")
    .filter((line) => !/^\d{4}-\d\d-\d\dT\S+ +(ERROR|WARN)/.test(line) && !line.includes("bubblewrap"))
    .map((line) =>
      names
        .clean(line)
        .replace(/^(OpenAI Codex|codex-agent) v[0-9.]+$/, "<banner>")
        .replace(/^(ERROR: )(?!Reconnecting)(.*)$/, (_, head: string, text: string) => head + failureText(text)),
    );
}
