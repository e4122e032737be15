import type { AgentEvent } from "../../protocol/events.ts";
import type { CommandExecution, FileChange, FileChangeItem, ThreadItem } from "../../protocol/items.ts";
import type { ThreadInfo } from "../../protocol/methods.ts";
import type { Permissions } from "../../protocol/permissions.ts";
import { shellJoin } from "../../protocol/codex-0.169/shell-join.ts";
import { productVersion } from "../../protocol/version.ts";
import { fallbackText, retryText } from "../../protocol/retries.ts";
import { hookLines } from "./hook-lines.ts";

export type Style = "bold" | "dim" | "cyan" | "magenta" | "yellow" | "red" | "green";
const codes: Readonly<Record<Style, string>> = {
  bold: "1",
  dim: "2",
  cyan: "36",
  magenta: "3;35",
  yellow: "1;33",
  red: "31",
  green: "32",
};

const paint = (colour: boolean, style: Style, text: string): string =>
  colour ? `\u001b[${codes[style]}m${text}\u001b[0m` : text;

/** A change as git shows it, names from the working directory on. */
function gitDiff({ path, movePath, kind, diff }: FileChange, cwd: string): string {
  const short = (name: string): string => (name.startsWith(`${cwd}/`) ? name.slice(cwd.length + 1) : name);
  const from = short(path);
  const to = short(movePath ?? path);
  const head = [`diff --git a/${from} b/${to}`];
  if (kind === "update") {
    if (from !== to) head.push(`rename from ${from}`, `rename to ${to}`);
    return diff === "" ? head.join("\n") : [...head, `--- a/${from}`, `+++ b/${to}`, diff].join("\n");
  }
  const lines = diff === "" ? [] : diff.replace(/\n$/, "").split("\n");
  const count = lines.length === 1 ? "1" : `1,${lines.length}`;
  const whole = (sign: string): string[] => [
    ...lines.map((line) => sign + line),
    ...(diff.endsWith("\n") ? [] : ["\\ No newline at end of file"]),
  ];
  if (kind === "add") {
    head.push("new file mode 100644");
    return lines.length === 0
      ? head.join("\n")
      : [...head, "--- /dev/null", `+++ b/${to}`, `@@ -0,0 +${count} @@`, ...whole("+")].join("\n");
  }
  head.push("deleted file mode 100644");
  return lines.length === 0
    ? head.join("\n")
    : [...head, `--- a/${from}`, "+++ /dev/null", `@@ -${count} +0,0 @@`, ...whole("-")].join("\n");
}

function sandboxText(permissions: Permissions): string {
  if (permissions.sandbox !== "workspace-write") return permissions.sandbox;
  const places = [
    "workdir",
    ...(permissions.excludeSlashTmp ? [] : ["/tmp"]),
    ...(permissions.excludeTmpdir ? [] : ["$TMPDIR"]),
    ...permissions.writableRoots,
  ];
  const network = permissions.networkAccess ? " (network access enabled)" : "";
  return `workspace-write [${places.join(", ")}]${network}`;
}

/** What a person reads on stderr while a turn runs; the answer itself goes to stdout when all is done. */
export class HumanOutput {
  readonly #write: (text: string) => void;
  readonly #colour: boolean;
  #cwd = "/";

  constructor(write: (text: string) => void, colour: boolean) {
    this.#write = write;
    this.#colour = colour;
  }

  header(info: ThreadInfo, prompt: string): void {
    this.#cwd = info.cwd;
    const rows: [string, string][] = [
      ["workdir", info.cwd],
      ["model", info.model],
      ["provider", info.provider],
      ["approval", info.permissions.approvalPolicy],
      ["sandbox", sandboxText(info.permissions)],
      ["reasoning effort", info.reasoningEffort ?? "none"],
      ["reasoning summaries", info.reasoningSummary ?? "none"],
      ["session id", info.threadId],
    ];
    this.#line(`codex-agent v${productVersion}`);
    this.#line("--------");
    for (const [name, value] of rows) this.#line(`${this.#paint("bold", `${name}:`)} ${value}`);
    this.#line("--------");
    this.#line(this.#paint("cyan", "user"));
    this.#write(`${prompt}\n`);
  }

  warning(message: string): void {
    this.#line(`${this.#paint("yellow", "warning:")} ${message}`);
  }

  accept(event: AgentEvent): void {
    switch (event.type) {
      case "warning":
        return this.warning(event.message);
      case "hook.completed":
        for (const line of hookLines(event.run)) this.#line(line);
        return;
      case "item.started":
        if (event.item.type === "collabToolCall")
          this.#line(`collab: ${event.item.tool.replace(/^./, (letter) => letter.toUpperCase())}`);
        if (event.item.type === "mcpToolCall") this.#line(`mcp: ${event.item.server}/${event.item.tool} started`);
        return;
      case "item.completed":
        return this.#item(event.item);
      case "plan.updated":
        if (event.explanation !== null) this.#line(event.explanation);
        for (const { step, status } of event.plan) {
          this.#line(`  ${status === "completed" ? "✓" : status === "in_progress" ? "→" : "•"} ${step}`);
        }
        return;
      case "retry.scheduled":
        return this.#error(retryText(event));
      case "model.fell_back":
        return this.warning(fallbackText(event));
      case "call.rejected":
        return this.#line(`${this.#paint("yellow", "refused:")} ${event.message}`);
      case "call.repaired":
        return this.#line(`${this.#paint("yellow", "repaired:")} a call of ${event.tool} (${event.detail})`);
      case "turn.completed":
        this.#line(this.#paint("dim", "tokens used"));
        return this.#line(
          (event.usage.inputTokens - event.usage.cachedInputTokens + event.usage.outputTokens).toLocaleString("en-US"),
        );
      case "turn.failed":
        return this.#error(event.error.message);
      case "turn.interrupted":
        return this.#error(event.reason);
      default:
        return;
    }
  }

  #item(item: ThreadItem): void {
    switch (item.type) {
      case "agentMessage":
      case "plan":
        this.#line(this.#paint("magenta", "codex"));
        return this.#write(`${item.text}\n`);
      case "reasoning":
        if (item.summary.length > 0) this.#line(this.#paint("dim", item.summary.join("\n")));
        return;
      case "commandExecution":
        return this.#command(item);
      case "fileChange":
        return this.#patch(item);
      case "webSearch":
        return this.#line(`web search: ${item.query}`);
      case "imageView":
        return this.#line(`viewed image ${item.path}`);
      case "contextCompaction":
        return this.#line("context compacted");
      case "mcpToolCall":
        this.#line(`mcp: ${item.server}/${item.tool} (${item.status})`);
        if (item.error !== null) this.#line(item.error);
        return;
      case "toolCall":
        return this.#line(`${item.tool} ${item.status}`);
      default:
        return;
    }
  }

  #command(item: CommandExecution): void {
    this.#line(this.#paint("magenta", "exec"));
    this.#line(`${this.#paint("bold", shellJoin(item.argv))} in ${item.cwd}`);
    const took = item.durationMs === null ? "" : ` in ${item.durationMs}ms`;
    const failed = item.exitCode !== 0;
    const ended = failed ? ` exited ${item.exitCode ?? "without a code"}${took}:` : ` succeeded${took}:`;
    this.#line(this.#paint(failed ? "red" : "green", ended));
    if (item.aggregatedOutput !== "")
      this.#line(item.aggregatedOutput.endsWith("\n") ? `${item.aggregatedOutput}\n` : `${item.aggregatedOutput}\n\n`);
  }

  #patch(item: FileChangeItem): void {
    this.#line(this.#paint("magenta", "apply patch"));
    this.#line(`patch: ${item.status}`);
    for (const { path } of item.changes) this.#line(path);
    for (const change of item.changes) this.#line(gitDiff(change, this.#cwd));
    this.#line("\n");
  }

  #error(message: string): void {
    this.#line(`${this.#paint("red", "ERROR:")} ${message}`);
  }

  #paint(style: Style, text: string): string {
    return paint(this.#colour, style, text);
  }

  #line(text: string): void {
    this.#write(text.endsWith("\n") ? text : `${text}\n`);
  }
}
