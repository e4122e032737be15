import type {
  AsyncQuestion,
  CommandExecution,
  CommandStatus,
  FileChange,
  FileChangeItem,
  HookPrompt,
  InputElement,
  TextMark,
  ThreadItem,
  ToolCall,
} from "../items.ts";
import { activityIn, activityOut, collabCallIn, collabCallOut } from "./rollout-agents.ts";
import { clientCallIn, clientCallOut } from "./rollout-client-tools.ts";
import { mcpCallIn, mcpCallOut } from "./rollout-mcp.ts";
import { enteredIn, enteredOut, exitedIn, exitedOut } from "./rollout-review.ts";
import { arrayOf, isObject, type JsonObject, numberOr, objectOr, stringOr } from "./rollout.ts";

/** Thread items as `item_completed` holds them: PascalCase types, snake_case fields. */

// Codex wants a file URL that its own parser takes back: everything but the safe characters is escaped.
const fileUrl = (path: string): string => `file://${encodeURI(path).replaceAll("?", "%3F").replaceAll("#", "%23")}`;

function pathOf(url: unknown): string {
  if (typeof url !== "string") return "";
  if (!url.startsWith("file://")) return url;
  try {
    return decodeURIComponent(url.slice("file://".length));
  } catch {
    return url.slice("file://".length);
  }
}

const sources: Record<CommandExecution["source"], string> = {
  agent: "agent",
  startup: "unified_exec_startup",
  interaction: "unified_exec_interaction",
  userShell: "user_shell",
};

/** The script of `SHELL -lc SCRIPT`; of any other command, its words. */
function scriptOf(argv: readonly string[]): string {
  const flag = argv[1];
  return argv.length === 3 && (flag === "-lc" || flag === "-c") ? argv[2]! : argv.join(" ");
}

const markOut = ({ start, end, placeholder }: TextMark): JsonObject => ({
  byte_range: { start, end },
  placeholder,
});

function markIn(value: unknown): TextMark[] {
  const mark = objectOr(value);
  const range = objectOr(mark?.["byte_range"]);
  const start = numberOr(range?.["start"]);
  const end = numberOr(range?.["end"]);
  return start === null || end === null ? [] : [{ start, end, placeholder: stringOr(mark?.["placeholder"]) }];
}

const elementOut = (element: InputElement): JsonObject =>
  element.type === "text"
    ? { type: "text", text: element.text, text_elements: (element.marks ?? []).map(markOut) }
    : element.type === "image"
      ? { type: "image", image_url: element.url }
      : element.type === "skill" || element.type === "mention"
        ? { type: element.type, name: element.name, path: element.path }
        : { type: "local_image", path: element.path };

function elementIn(value: unknown): InputElement[] {
  if (!isObject(value)) return [];
  if (value["type"] === "text") {
    const marks = arrayOf(value["text_elements"]).flatMap(markIn);
    return [{ type: "text", text: stringOr(value["text"]) ?? "", ...(marks.length > 0 && { marks }) }];
  }
  if (value["type"] === "image") return [{ type: "image", url: stringOr(value["image_url"]) ?? "" }];
  if (value["type"] === "local_image") return [{ type: "localImage", path: stringOr(value["path"]) ?? "" }];
  const { type } = value;
  if (type === "skill" || type === "mention")
    return [{ type, name: stringOr(value["name"]) ?? "", path: stringOr(value["path"]) ?? "" }];
  return [];
}

function questionsIn(value: unknown): AsyncQuestion[] {
  return arrayOf(value).flatMap((entry) => {
    const title = stringOr(objectOr(entry)?.["title"]);
    const options = objectOr(entry)?.["options"];
    const given = Array.isArray(options) ? options.map(String) : null;
    return title === null ? [] : [{ title, options: given }];
  });
}

const changeOut = (change: FileChange): JsonObject =>
  change.kind === "update"
    ? { type: "update", unified_diff: change.diff, move_path: change.movePath ?? null }
    : { type: change.kind, content: change.diff };

function changesIn(value: unknown): FileChange[] {
  const changes: FileChange[] = [];
  for (const [path, change] of Object.entries(objectOr(value) ?? {})) {
    if (!isObject(change)) continue;
    const kind = change["type"];
    if (kind !== "add" && kind !== "delete" && kind !== "update") continue;
    const diff = stringOr(change[kind === "update" ? "unified_diff" : "content"]) ?? "";
    const movePath = stringOr(change["move_path"]);
    changes.push({ path, kind, diff, ...(movePath !== null && { movePath }) });
  }
  return changes;
}

const duration = (ms: number): JsonObject => ({ secs: Math.floor(ms / 1000), nanos: Math.round((ms % 1000) * 1e6) });

const durationIn = (value: unknown): number | null => {
  const given = objectOr(value);
  return given && Math.round((numberOr(given["secs"]) ?? 0) * 1000 + (numberOr(given["nanos"]) ?? 0) / 1e6);
};

function commandOut(item: CommandExecution): JsonObject {
  return {
    type: "CommandExecution",
    id: item.id,
    ...(item.processId !== null && { process_id: item.processId }),
    command: item.argv,
    cwd: fileUrl(item.cwd),
    parsed_cmd: [{ type: "unknown", cmd: scriptOf(item.argv) }],
    source: sources[item.source],
    status: item.status === "inProgress" ? "in_progress" : item.status,
    aggregated_output: item.aggregatedOutput,
    exit_code: item.exitCode ?? -1,
    duration: duration(item.durationMs ?? 0),
  };
}

function commandIn(id: string, item: JsonObject): CommandExecution {
  const source = Object.entries(sources).find(([, word]) => word === item["source"])?.[0];
  return {
    type: "commandExecution",
    id,
    argv: arrayOf(item["command"]).filter((word) => typeof word === "string"),
    cwd: pathOf(item["cwd"]),
    processId: stringOr(item["process_id"]),
    source: (source ?? "agent") as CommandExecution["source"],
    status: statusIn(item["status"]) as CommandStatus,
    aggregatedOutput: stringOr(item["aggregated_output"]) ?? "",
    exitCode: numberOr(item["exit_code"]),
    durationMs: durationIn(item["duration"]),
  };
}

function statusIn(value: unknown): FileChangeItem["status"] {
  if (value === "failed" || value === "declined") return value;
  return value === "in_progress" ? "inProgress" : "completed";
}

/** Codex knows tools without an item kind of their own only as those of MCP servers. */
const toolServer = "codex-agent";

function toolCallOut(item: ToolCall): JsonObject {
  return {
    type: "McpToolCall",
    id: item.id,
    server: toolServer,
    tool: item.tool,
    arguments: item.arguments ?? null,
    status: item.status === "inProgress" ? "inProgress" : item.status,
    ...(item.status === "failed"
      ? { error: { message: item.result ?? "" } }
      : { result: { content: item.result === null ? [] : [{ type: "text", text: item.result }] } }),
  };
}

function toolCallIn(id: string, item: JsonObject): ToolCall {
  const tool = stringOr(item["tool"]) ?? "";
  const content = arrayOf(objectOr(item["result"])?.["content"]).flatMap((part) =>
    isObject(part) && typeof part["text"] === "string" ? [part["text"]] : [],
  );
  const failure = stringOr(objectOr(item["error"])?.["message"]);
  return {
    type: "toolCall",
    id,
    tool,
    arguments: item["arguments"] ?? null,
    status: item["status"] === "failed" ? "failed" : item["status"] === "inProgress" ? "inProgress" : "completed",
    result: failure ?? (content.length > 0 ? content.join("\n") : null),
  };
}

export function turnItemOf(item: ThreadItem): JsonObject {
  switch (item.type) {
    case "userMessage":
      return {
        type: "UserMessage",
        id: item.id,
        ...(item.clientId !== undefined && { client_id: item.clientId }),
        content: item.content.map(elementOut),
      };
    case "agentMessage":
      return {
        type: "AgentMessage",
        id: item.id,
        content: [{ type: "Text", text: item.text }],
        ...(item.phase !== undefined && { phase: item.phase }),
        ...(item.questions !== undefined && { delivery: "async", questions: item.questions }),
      };
    case "plan":
      return { type: "Plan", id: item.id, text: item.text };
    case "reasoning":
      return { type: "Reasoning", id: item.id, summary_text: item.summary, raw_content: item.content };
    case "commandExecution":
      return commandOut(item);
    case "fileChange":
      return {
        type: "FileChange",
        id: item.id,
        changes: Object.fromEntries(item.changes.map((change) => [change.path, changeOut(change)])),
        status: item.status,
        stdout: item.stdout,
        stderr: item.stderr,
      };
    case "webSearch":
      return { type: "WebSearch", id: item.id, query: item.query, action: item.action };
    case "imageView":
      return { type: "ImageView", id: item.id, path: fileUrl(item.path) };
    case "collabToolCall":
      return collabCallOut(item);
    case "subAgentActivity":
      return activityOut(item);
    case "contextCompaction":
      return { type: "ContextCompaction", id: item.id };
    case "toolCall":
      return toolCallOut(item);
    case "clientToolCall":
      return clientCallOut(item);
    case "hookPrompt":
      return { type: "HookPrompt", id: item.id, fragments: item.fragments };
    case "mcpToolCall":
      return mcpCallOut(item);
    case "enteredReviewMode":
      return enteredOut(item);
    case "exitedReviewMode":
      return exitedOut(item);
  }
}

const textsOf = (value: unknown): string[] => arrayOf(value).filter((text) => typeof text === "string");

function fragmentIn(value: unknown): HookPrompt["fragments"] {
  if (!isObject(value)) return [];
  return [{ text: stringOr(value["text"]) ?? "", hookRunId: stringOr(value["hookRunId"]) ?? "" }];
}

/** Null for kinds that this version does not show. */
export function threadItemOf(item: JsonObject): ThreadItem | null {
  const id = stringOr(item["id"]) ?? "";
  switch (item["type"]) {
    case "UserMessage": {
      const clientId = stringOr(item["client_id"]);
      const content = arrayOf(item["content"]).flatMap(elementIn);
      return { type: "userMessage", id, ...(clientId !== null && { clientId }), content };
    }
    case "AgentMessage": {
      const parts = arrayOf(item["content"]).map((part) => stringOr(objectOr(part)?.["text"]) ?? "");
      const phase = stringOr(item["phase"]);
      const questions = questionsIn(item["questions"]);
      return {
        type: "agentMessage",
        id,
        text: parts.join(""),
        ...(phase !== null && { phase }),
        ...(questions.length > 0 && { questions }),
      };
    }
    case "Plan":
      return { type: "plan", id, text: stringOr(item["text"]) ?? "" };
    case "Reasoning":
      return { type: "reasoning", id, summary: textsOf(item["summary_text"]), content: textsOf(item["raw_content"]) };
    case "CommandExecution":
      return commandIn(id, item);
    case "FileChange":
      return {
        type: "fileChange",
        id,
        changes: changesIn(item["changes"]),
        status: statusIn(item["status"]),
        stdout: stringOr(item["stdout"]) ?? "",
        stderr: stringOr(item["stderr"]) ?? "",
      };
    case "WebSearch":
      return { type: "webSearch", id, query: stringOr(item["query"]) ?? "", action: objectOr(item["action"]) ?? {} };
    case "ImageView":
      return { type: "imageView", id, path: pathOf(item["path"]) };
    case "CollabAgentToolCall":
      return collabCallIn(id, item);
    case "SubAgentActivity":
      return activityIn(id, item);
    case "ContextCompaction":
      return { type: "contextCompaction", id };
    case "HookPrompt":
      return { type: "hookPrompt", id, fragments: arrayOf(item["fragments"]).flatMap(fragmentIn) };
    case "DynamicToolCall":
      return clientCallIn(id, item);
    case "EnteredReviewMode":
      return enteredIn(id, item);
    case "ExitedReviewMode":
      return exitedIn(id, item);
    case "McpToolCall":
      return item["server"] === toolServer ? toolCallIn(id, item) : mcpCallIn(id, item);
    default:
      return null;
  }
}
