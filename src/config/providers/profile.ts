import { isTable, type TomlTable, type TomlValue } from "../toml/toml-values.ts";

/** The APIs that a provider may be asked by. */
export const wireApis = ["responses", "chat", "messages"] as const;
export type WireApi = (typeof wireApis)[number];

/** What a table says of how its server wants to be spoken to; what it does not say is as usual. */
export interface ProfileSettings {
  readonly developerRole?: "developer" | "system" | "user";
  readonly oneSystemMessage?: boolean;
  readonly reasoningField?: "reasoning" | "reasoning_content" | null;
  readonly vision?: boolean;
  readonly maxTokensField?: "max_tokens" | "max_completion_tokens";
  readonly streamUsage?: boolean;
  readonly parallelToolCalls?: boolean;
  readonly effort?: "reasoning_effort" | "reasoning" | null;
  readonly cacheBreakpoints?: boolean;
  readonly nullContent?: boolean;
  readonly extraBody?: Readonly<Record<string, unknown>>;
  readonly drop?: readonly string[];
}

/** The keys of a table and what they are called here; `none` says null. */
const names = {
  developer_role: "developerRole",
  one_system_message: "oneSystemMessage",
  reasoning_field: "reasoningField",
  vision: "vision",
  max_tokens_field: "maxTokensField",
  stream_usage: "streamUsage",
  parallel_tool_calls: "parallelToolCalls",
  effort: "effort",
  cache_breakpoints: "cacheBreakpoints",
  null_content: "nullContent",
  drop: "drop",
} as const satisfies Record<string, keyof ProfileSettings>;

/** The profile's keys of a table whose types have been checked. */
export function profileSettings(table: TomlTable): ProfileSettings {
  const said = Object.entries(names).flatMap(([key, name]): [string, unknown][] => {
    const value: TomlValue | undefined = table[key];
    return value === undefined ? [] : [[name, value === "none" ? null : value]];
  });
  const extra = table["extra_body"];
  return { ...Object.fromEntries(said), ...(isTable(extra) && { extraBody: extra }) };
}
