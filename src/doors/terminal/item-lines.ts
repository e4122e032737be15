import type { AgentStatus } from "../../protocol/agents.ts";
import type { AgentEvent } from "../../protocol/events.ts";
import type { CollabToolCall, CommandExecution, FileChange, PlanStep, ThreadItem } from "../../protocol/items.ts";
import { shellJoin } from "../../protocol/codex-0.169/shell-join.ts";
import { fallbackText, retryText } from "../../protocol/retries.ts";
import { systemShell } from "../../protocol/system-shell.ts";
import { paint, type Colour } from "./display.ts";
import { cleanLine, cleanText, shortened } from "../../system/terminal-text.ts";

/** What is said of the items of a turn, one or a few lines each. */
export interface LineStyle {
  colour: boolean;
  /** Working directory: paths below it are shown from there. */
  cwd: string;
  /** Name of a sub-agent by thread id; its id where it has none. */
  nameOf(threadId: string): string;
}

const tag = (style: LineStyle, name: string, colour: Colour = "tool"): string =>
  paint(style.colour, colour, `[${name}]`);

/** A tool that did what it was asked for. */
const done = (style: LineStyle, tool: string, summary: string): string => `${tag(style, cleanLine(tool))} ${summary}`;

/** One that did not. */
export const failedLine = (style: LineStyle, tool: string, summary: string): string =>
  `${tag(style, "error", "error")} ${cleanLine(tool)} failed: ${summary}`;

export const statusLine = (style: Pick<LineStyle, "colour">, text: string): string =>
  `${paint(style.colour, "status", "[status]")} ${text}`;

const outcome = (style: LineStyle, tool: string, ok: boolean, summary: string): string =>
  ok ? done(style, tool, summary) : failedLine(style, tool, summary);

/** The command itself, without the shell that runs it. */
export function commandOf(argv: readonly string[]): string {
  const [shell = "", flag, line] = argv;
  const wrapped = argv.length === 3 && systemShell.test(shell) && /^-l?c$/.test(flag ?? "");
  return wrapped ? line! : shellJoin(argv);
}

const heredoc = /^\s*\S*python\S*\s+(-\s+)?<<-?\s*\\?['"]?\w+/;

function commandText(argv: readonly string[]): string {
  const command = commandOf(argv);
  return heredoc.test(command) ? cleanText(command).trimEnd() : shortened(cleanLine(command), 200);
}

const firstLine = (text: string): string => {
  // Of a large output only the head is looked at.
  const line = cleanText(text.slice(0, 20_000))
    .split("\n")
    .find((each) => each.trim() !== "");
  return line === undefined ? "" : shortened(line.trim(), 96);
};

function commandLine(item: CommandExecution, style: LineStyle): string {
  const command = commandText(item.argv);
  if (item.source === "interaction") {
    return outcome(style, "write_stdin", item.status !== "failed", `session ${item.processId ?? "?"} <- ${command}`);
  }
  if (item.status === "declined") return failedLine(style, "exec_command", `${command} -> declined`);
  const said = firstLine(item.aggregatedOutput);
  if (item.status === "completed") {
    return done(style, "exec_command", said === "" ? command : `${command} -> ${said}`);
  }
  const code = item.exitCode === null || item.exitCode < 0 ? "ended" : `exit ${item.exitCode}`;
  return failedLine(style, "exec_command", `${command} -> ${code}${said === "" ? "" : `: ${said}`}`);
}

/** A command that goes on without its call. */
export const runningLine = (item: CommandExecution, style: LineStyle): string =>
  done(style, "exec_command", `${commandText(item.argv)} -> session_id=${item.processId ?? "?"}`);

const shortPath = (path: string, cwd: string, show = cleanLine): string =>
  show(path.startsWith(`${cwd}/`) ? path.slice(cwd.length + 1) : path);

const letters = { add: "A", delete: "D", update: "M" } as const;

/** `show` makes a line of a path: of one that somebody is to decide about nothing may be left out. */
export function changeText({ kind, path, movePath }: FileChange, cwd: string, show = cleanLine): string {
  const target = movePath === undefined ? "" : ` -> ${shortPath(movePath, cwd, show)}`;
  return `${letters[kind]} ${shortPath(path, cwd, show)}${target}`;
}

const stepMarks = { completed: "[x]", in_progress: "[>]", pending: "[ ]" } as const;

export function planLines(explanation: string | null, plan: readonly PlanStep[], style: LineStyle): string {
  const count = plan.filter(({ status }) => status === "completed").length;
  const begun = plan.some(({ status }) => status !== "pending");
  const all = plan.length;
  const head =
    count === all && all > 0
      ? `Done ${count}/${all}`
      : begun
        ? `Working on ${Math.min(count + 1, all)}/${all}`
        : `Planned 0/${all}`;
  const why = explanation === null || cleanLine(explanation) === "" ? "" : ` ${cleanLine(explanation)}`;
  const steps = plan.map(({ step, status }) => `  ${stepMarks[status]} ${cleanLine(step)}`);
  return [done(style, "update_plan", `${head}${why}`), ...steps].join("\n");
}

const textOf = (value: unknown): string => (typeof value === "string" ? cleanLine(value) : "");

function searchText(query: string, action: Record<string, unknown>): string {
  const url = textOf(action["url"]);
  switch (action["type"]) {
    case "open_page":
      return `opened: ${url}`;
    case "find_in_page":
      return `found: ${textOf(action["pattern"])} @ ${url}`;
    default: {
      const asked = textOf(action["query"]) || cleanLine(query);
      return asked === "" ? "browsing" : `searched: ${asked}`;
    }
  }
}

const agentTools = {
  spawnAgent: "spawn_agent",
  sendInput: "send_input",
  resumeAgent: "resume_agent",
  wait: "wait_agent",
  closeAgent: "close_agent",
} as const;

export const shortId = (id: string): string => (id.length > 16 ? `${id.slice(0, 8)}...${id.slice(-4)}` : id);

export function agentStatusText(status: AgentStatus): string {
  if (typeof status === "string") return status;
  const [kind, said] = "completed" in status ? ["completed", status.completed] : ["errored", status.errored];
  return said === null ? kind : `${kind}: ${shortened(cleanLine(said), 48)}`;
}

function agentLine(item: CollabToolCall, style: LineStyle): string {
  const tool = agentTools[item.tool];
  const ok = item.status !== "failed";
  const names = item.receivers.map(({ threadId, nickname }) => cleanLine(nickname ?? style.nameOf(threadId)));
  if (item.tool === "wait") {
    const states = Object.entries(item.agentStates).map(
      ([threadId, status]) => `${style.nameOf(threadId)}=${agentStatusText(status)}`,
    );
    return outcome(style, tool, ok, states.length === 0 ? "timed out" : states.join(", "));
  }
  if (item.tool === "spawnAgent" && ok) {
    const [agent] = item.receivers;
    return done(
      style,
      tool,
      `spawned ${names[0] ?? "an agent"}${agent === undefined ? "" : ` (${shortId(agent.threadId)})`}`,
    );
  }
  const said = item.prompt === null ? "" : ` <- ${shortened(cleanLine(item.prompt), 40)}`;
  return outcome(style, tool, ok, `${names.join(", ")}${said}`);
}

const argumentsText = (value: unknown): string => {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  return shortened(cleanLine(text), 72);
};

/** What is shown when an item is complete; null for what is shown elsewhere or not at all. */
export function itemLines(item: ThreadItem, style: LineStyle): string | null {
  switch (item.type) {
    case "commandExecution":
      return commandLine(item, style);
    case "fileChange": {
      const changes = item.changes.map((change) => changeText(change, style.cwd)).join(", ");
      const ok = item.status === "completed";
      return outcome(style, "apply_patch", ok, ok ? changes : `${changes} -> ${firstLine(item.stderr) || item.status}`);
    }
    case "webSearch":
      return done(style, "web_search", searchText(item.query, item.action));
    case "imageView":
      return done(style, "view_image", shortPath(item.path, style.cwd));
    case "collabToolCall":
      return agentLine(item, style);
    case "subAgentActivity":
      return done(style, "agent", `${cleanLine(item.agentPath)} ${item.kind}`);
    case "toolCall": {
      const result = item.result === null ? "" : ` -> ${firstLine(item.result)}`;
      return outcome(style, item.tool, item.status !== "failed", `${argumentsText(item.arguments)}${result}`);
    }
    default:
      return null;
  }
}

/** What the status line says while an item is under way. */
export function busyText(item: ThreadItem): string | null {
  switch (item.type) {
    case "agentMessage":
      return "talking";
    case "plan":
      return "planning";
    case "reasoning":
      return "thinking";
    case "contextCompaction":
      return "compacting";
    case "commandExecution":
      return shortened(`calling exec_command(${cleanLine(commandOf(item.argv))})`, 72);
    case "fileChange":
      return "calling apply_patch";
    case "webSearch":
      return "calling web_search";
    case "toolCall":
      return shortened(`calling ${cleanLine(item.tool)}(${argumentsText(item.arguments)})`, 72);
    case "collabToolCall":
      return `calling ${agentTools[item.tool]}`;
    default:
      return null;
  }
}

/** Events that are a line of their own; null for the others. */
export function eventLine(event: AgentEvent, style: LineStyle): string | null {
  switch (event.type) {
    case "warning":
      return `${paint(style.colour, "warning", "[warning]")} ${cleanText(event.message)}`;
    case "plan.updated":
      return planLines(event.explanation, event.plan, style);
    case "call.rejected":
      return failedLine(style, event.tool, shortened(cleanLine(event.message), 200));
    case "call.repaired":
      return statusLine(style, `repaired a call of ${event.tool} (${shortened(cleanLine(event.detail), 120)})`);
    case "retry.scheduled":
      return statusLine(style, retryText({ ...event, cause: shortened(cleanLine(event.cause), 120) }));
    case "model.fell_back":
      return `${paint(style.colour, "warning", "[warning]")} ${shortened(cleanLine(fallbackText(event)), 240)}`;
    case "compaction.started": {
      const { trigger, totalTokens, tokenLimit } = event;
      const counts = totalTokens === null ? "" : `: ${totalTokens}/${tokenLimit ?? "?"} tokens`;
      return statusLine(style, trigger === "auto" ? `auto-compact${counts}` : "Compacting conversation history...");
    }
    case "compaction.completed":
      return statusLine(style, cleanText(event.text));
    case "compaction.failed": {
      const what = event.trigger === "auto" ? "auto-compact" : "compaction";
      return `${paint(style.colour, "error", "[error]")} ${what} failed: ${cleanText(event.error.message)}`;
    }
    case "turn.failed":
      return errorLines(event.error.message, style);
    case "turn.interrupted":
      return statusLine(style, "interrupted");
    default:
      return null;
  }
}

/** The first line behind `Error:`, the others moved in. */
export function errorLines(message: string, style: Pick<LineStyle, "colour">): string {
  const [first = "", ...rest] = cleanText(message).trimEnd().split("\n");
  return [`${paint(style.colour, "error", "Error:")} ${first}`, ...rest.map((line) => `  ${line}`)].join("\n");
}
