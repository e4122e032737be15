import type { McpServerConfig } from "../../config/mcp-servers.ts";
import type { JsonSchema } from "../../protocol/tool-spec.ts";
import { shownSchema } from "./input-schema.ts";

/** A tool as its server describes it, as far as it is used. */
export interface RawTool {
  readonly name: string;
  readonly title: string | null;
  readonly description: string;
  readonly parameters: JsonSchema;
  /** Null: the server does not say. */
  readonly readOnlyHint: boolean | null;
  readonly destructiveHint: boolean | null;
  readonly openWorldHint: boolean | null;
  /** In the server's own words. */
  readonly source: Readonly<Record<string, unknown>>;
}

const maxPages = 100;
const maxTools = 5000;

/** All pages of a server's list, without the tools that the configuration hides and those that no model could be shown. */
export async function readTools(
  readPage: (params: Record<string, unknown>) => Promise<Record<string, unknown>>,
  config: McpServerConfig,
): Promise<RawTool[]> {
  const tools = new Map<string, RawTool>();
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page++) {
    const { tools: listed, nextCursor } = await readPage(cursor === undefined ? {} : { cursor });
    for (const entry of Array.isArray(listed) ? (listed as unknown[]) : []) {
      const tool = readTool(entry);
      if (tool !== null && !tools.has(tool.name) && tools.size < maxTools) tools.set(tool.name, tool);
    }
    if (typeof nextCursor !== "string" || nextCursor === cursor) break;
    cursor = nextCursor;
  }
  return [...tools.values()].filter(({ name }) => isOffered(name, config));
}

/** Whether the configuration lets a tool of that name be used. */
export const isOffered = (name: string, { enabledTools, disabledTools }: McpServerConfig): boolean =>
  (enabledTools?.includes(name) ?? true) && disabledTools?.includes(name) !== true;

function readTool(entry: unknown): RawTool | null {
  if (typeof entry !== "object" || entry === null) return null;
  const { name, title, description, inputSchema, annotations } = entry as Record<string, unknown>;
  if (typeof name !== "string") return null;
  const parameters = shownSchema(inputSchema);
  if (parameters === null) return null;
  const hints = (typeof annotations === "object" && annotations !== null ? annotations : {}) as Record<string, unknown>;
  const hint = (key: string): boolean | null => (typeof hints[key] === "boolean" ? hints[key] : null);
  return {
    name,
    title: typeof title === "string" ? title : null,
    description: typeof description === "string" ? description : "",
    parameters,
    readOnlyHint: hint("readOnlyHint"),
    destructiveHint: hint("destructiveHint"),
    openWorldHint: hint("openWorldHint"),
    source: entry as Record<string, unknown>,
  };
}
