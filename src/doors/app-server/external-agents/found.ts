import type {
  ExternalAgentConfigMigrationItemType,
  MigrationDetails,
} from "../../../protocol/codex-0.169/app-server/external-agents.ts";

export type ItemType = ExternalAgentConfigMigrationItemType;

/** Something that can be taken over. */
export interface Found {
  readonly itemType: ItemType;
  readonly description: string;
  /** What it consists of; null: it is one thing, from one file into one. */
  readonly names: readonly string[] | null;
  readonly source: string;
  readonly target: string;
  /** Takes over those of the names. @throws where it cannot be written. */
  take(names: ReadonlySet<string>): Promise<void>;
}

const keys: Partial<Record<ItemType, "skills" | "mcpServers" | "hooks" | "subagents" | "commands">> = {
  SKILLS: "skills",
  MCP_SERVER_CONFIG: "mcpServers",
  HOOKS: "hooks",
  SUBAGENTS: "subagents",
  COMMANDS: "commands",
};

export function detailsOf({ itemType, names }: Found): MigrationDetails | null {
  const key = keys[itemType];
  if (names === null || key === undefined) return null;
  const none = { plugins: [], skills: [], sessions: [], mcpServers: [], hooks: [], subagents: [], commands: [] };
  return { ...none, [key]: names.map((name) => ({ name })) };
}

/** The names that a client wants; null: it does not say. */
export function wantedNames(itemType: ItemType, details: MigrationDetails | null): string[] | null {
  const key = keys[itemType];
  if (details === null || key === undefined) return null;
  return (details[key] ?? []).map(({ name }) => name);
}
