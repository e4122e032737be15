/** What is said of items: the beginnings and ends of tools. */
import { isRecord } from "../events/address.ts";
import { textIn } from "../events/text.ts";
import type { Tone } from "./colours.ts";

export interface ItemLine {
  tone: Tone;
  text: string;
}

type Item = Record<string, unknown>;

const tool = (text: string): ItemLine => ({ tone: "tool", text });
const said = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);

/** Which tool some output is of. */
export function labelOf(item: Item | undefined): string {
  switch (item?.["type"]) {
    case "commandExecution":
      return "exec";
    case "fileChange":
      return "patch";
    case "webSearch":
      return "web";
    case "mcpToolCall":
      return `mcp:${said(item["server"])}/${said(item["tool"])}`;
    case undefined:
      return "tool";
    default:
      return said(item?.["type"]);
  }
}

export function startLine(item: Item): ItemLine | null {
  switch (item["type"]) {
    case "commandExecution":
      return tool(`[tool.exec] ${said(item["command"])}`);
    case "mcpToolCall":
      return tool(`[tool.mcp] ${said(item["server"])}/${said(item["tool"])}`);
    case "fileChange":
      return tool(`[tool.patch] ${paths(item["changes"])}`.trimEnd());
    case "webSearch":
      return item["query"] ? tool(`[tool.web] ${said(item["query"])}`) : null;
    default:
      return null;
  }
}

export function endLine(item: Item): ItemLine | null {
  const status = said(item["status"]) || "completed";
  const took = typeof item["durationMs"] === "number" ? `, ${item["durationMs"]}ms` : "";
  switch (item["type"]) {
    case "commandExecution": {
      const exit = typeof item["exitCode"] === "number" ? `, exit=${item["exitCode"]}` : "";
      return tool(`[tool.exec.done] ${status}${exit}${took}`);
    }
    case "mcpToolCall": {
      const problem = textIn(item["error"]);
      return tool(`[tool.mcp.done] ${status}${took}${problem === null ? "" : `: ${problem}`}`);
    }
    case "fileChange":
      return tool(`[tool.patch.done] ${status}`);
    default:
      return null;
  }
}

/** Whether a tool did not do what it was to do. */
export function hasFailed(item: Item): boolean {
  const { status, exitCode } = item;
  return status === "failed" || status === "declined" || (typeof exitCode === "number" && exitCode !== 0);
}

/** One line of an item for which there is no other. */
export function itemLine(item: Item): ItemLine {
  const text = textIn(item["text"] ?? item["review"] ?? item["content"]);
  return { tone: "system", text: `[item] ${said(item["type"])}${text === null ? "" : `: ${text.split("\n")[0]}`}` };
}

function paths(changes: unknown): string {
  if (!Array.isArray(changes)) return "";
  return changes
    .map((change) => (isRecord(change) ? said(change["path"]) : ""))
    .filter((path) => path !== "")
    .join(", ");
}
