import type { AgentEvent } from "../../protocol/events.ts";
import type { CommandExecution, FileChangeItem, ThreadItem } from "../../protocol/items.ts";
import type { ThreadInfo } from "../../protocol/methods.ts";
import type { Permissions } from "../../protocol/permissions.ts";
import { shellJoin } from "../../protocol/codex-0.169/shell-join.ts";
import { productVersion } from "../../protocol/version.ts";

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

  constructor(write: (text: string) => void, colour: boolean) {
    this.#write = write;
    this.#colour = colour;
  }

  header(info: ThreadInfo, prompt: string): void {
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
    this.#line(prompt);
  }

  warning(message: string): void {
    this.#line(`${this.#paint("yellow", "warning:")} ${message}`);
  }

  accept(event: AgentEvent): void {
    switch (event.type) {
      case "warning":
        return this.warning(event.message);
      case "item.completed":
        return this.#item(event.item);
      case "plan.updated":
        this.#line(this.#paint("magenta", "plan"));
        for (const { step, status } of event.plan) {
          this.#line(`  ${status === "completed" ? "✓" : status === "in_progress" ? "→" : "•"} ${step}`);
        }
        return;
      case "retry.scheduled":
        return this.#error(`Reconnecting... ${event.attempt}/${event.maxAttempts} (${event.cause})`);
      case "call.rejected":
        return this.#line(`${this.#paint("yellow", "refused:")} ${event.message}`);
      case "turn.completed":
        this.#line(this.#paint("dim", "tokens used"));
        return this.#line((event.usage.inputTokens - event.usage.cachedInputTokens + event.usage.outputTokens).toLocaleString("en-US"));
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
        this.#line(this.#paint("magenta", "codex"));
        return this.#line(item.text);
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
    this.#line(item.aggregatedOutput);
  }

  #patch(item: FileChangeItem): void {
    this.#line(this.#paint("magenta", "apply patch"));
    this.#line(`patch: ${item.status}`);
    for (const { path, movePath, kind, diff } of item.changes) {
      this.#line(movePath === undefined ? path : `${path} -> ${movePath}`);
      const lines = kind === "update" ? diff : diff.replace(/^(?=.)/gm, kind === "add" ? "+" : "-");
      this.#line(lines);
    }
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
