import { readdirSync } from "node:fs";
import { join } from "node:path";
import { AgentError } from "../protocol/errors.ts";
import type { Config } from "./config.ts";
import { absolutePath } from "./permissions/permissions.ts";
import { directoriesDown } from "./project.ts";
import { errorCode, readConfigText } from "./read-text.ts";
import { agentLimits, rootKeys } from "./schema/keys.ts";
import { checkTable, type Shape } from "./schema/schema.ts";
import { parseTomlFile } from "./toml/toml.ts";
import { formatKeyPath, isTable, type TomlTable } from "./toml/toml-values.ts";
import { trustOf } from "./permissions/trust.ts";

/** What a sub-agent may be asked to be: `[agents.NAME]`, or a file of a folder `agents`. */
export interface AgentRole {
  readonly description: string;
  /** What such agents are called; empty: as all others. */
  readonly nicknames: readonly string[];
  /** What is different in its configuration. Rights are never: they are its parent's. */
  readonly changes: Partial<
    Pick<Config, "model" | "reasoningEffort" | "reasoningSummary" | "verbosity" | "developerInstructions">
  >;
}

export interface AgentRoles {
  readonly roles: ReadonlyMap<string, AgentRole>;
  /** What is wrong with others, in sentences for the user. */
  readonly warnings: readonly string[];
}

const about: Readonly<Record<string, Shape>> = {
  name: { kind: "string" },
  description: { kind: "string" },
  nickname_candidates: { kind: "list", of: { kind: "string" } },
};

const effective = [
  "model",
  "model_reasoning_effort",
  "model_reasoning_summary",
  "model_verbosity",
  "developer_instructions",
];

/** A role that cannot be used; the message is a part of a sentence. */
class RoleError extends Error {}

/** Reads the roles that are configured. One that cannot be used costs itself and a warning, as in Codex. */
export async function readAgentRoles(config: Config): Promise<AgentRoles> {
  const roles = new Map<string, AgentRole>();
  const warnings: string[] = [];
  const add = async (read: () => Promise<{ name: string; role: AgentRole }>): Promise<void> => {
    try {
      const { name, role } = await read();
      if (roles.has(name)) throw new RoleError(`there is a role \`${name}\` already`);
      roles.set(name, role);
    } catch (error) {
      if (!(error instanceof RoleError) && !(error instanceof AgentError)) throw error;
      warnings.push(
        `A role for sub-agents is not used: ${error.message.replace(/^Error loading config\.toml:\s*/, "")}`,
      );
    }
  };
  const agents = config.settings["agents"];
  for (const [name, table] of Object.entries(isTable(agents) ? agents : {})) {
    if (isTable(table) && !Object.hasOwn(agentLimits, name))
      await add(() => configuredRole(config, name, table, warnings));
  }
  for (const folder of roleFolders(config)) {
    for (const file of tomlFilesBelow(folder)) await add(() => roleOfFile(file, warnings));
  }
  return { roles, warnings };
}

async function configuredRole(
  config: Config,
  name: string,
  table: TomlTable,
  warnings: string[],
): Promise<{ name: string; role: AgentRole }> {
  const path = table["config_file"];
  const key = formatKeyPath(["agents", name]);
  if (typeof path !== "string") return { name, role: roleOf(key, table, {}) };
  const base = config.origins.get(`${key}.config_file`)?.base ?? config.cwd;
  const file = absolutePath(path, base, config.homes);
  const content = await readRoleFile(file, warnings);
  if (content === null) throw new RoleError(`${key}.config_file names ${file}, which does not exist`);
  return { name, role: roleOf(key, { ...table, ...content }, content) };
}

async function roleOfFile(file: string, warnings: string[]): Promise<{ name: string; role: AgentRole }> {
  const content = (await readRoleFile(file, warnings)) ?? {};
  const { name, developer_instructions: instructions } = content;
  if (typeof name !== "string" || name.trim() === "") throw new RoleError(`${file} has no \`name\``);
  if (instructions === undefined) throw new RoleError(`${file} has no \`developer_instructions\``);
  return { name, role: roleOf(file, content, content) };
}

function roleOf(place: string, table: TomlTable, content: TomlTable): AgentRole {
  const { description, nickname_candidates: nicknames } = table;
  if (typeof description !== "string" || description.trim() === "") {
    throw new RoleError(`\`${place}\` has no \`description\`, which says what it is for`);
  }
  const said = <Field extends keyof AgentRole["changes"]>(field: Field, key: string): AgentRole["changes"] =>
    content[key] === undefined ? {} : { [field]: content[key] };
  return {
    description,
    nicknames: (nicknames as string[] | undefined) ?? [],
    changes: {
      ...said("model", "model"),
      ...said("reasoningEffort", "model_reasoning_effort"),
      ...said("reasoningSummary", "model_reasoning_summary"),
      ...said("verbosity", "model_verbosity"),
      ...said("developerInstructions", "developer_instructions"),
    },
  };
}

/** Null when there is none. @throws RoleError, AgentError `config` */
async function readRoleFile(file: string, warnings: string[]): Promise<TomlTable | null> {
  const text = readConfigText(file);
  if (text === null) return null;
  const content = await parseTomlFile(file, text);
  const problem = checkTable(content, { ...rootKeys, ...about }).find(({ kind }) => kind !== "ignored");
  if (problem !== undefined) throw new RoleError(`${problem.message} (${file})`);
  const idle = Object.keys(content).filter((key) => !effective.includes(key) && !Object.hasOwn(about, key));
  if (idle.length > 0) warnings.push(`${idle.join(", ")} in ${file} changes nothing for agents of that role.`);
  return content;
}

function roleFolders({ homes, settings, projectRoot, cwd }: Config): string[] {
  const trusted = directoriesDown(projectRoot, cwd)
    .filter((directory) => trustOf(directory, settings, projectRoot) === "trusted")
    .map((directory) => join(directory, ".codex"));
  return [...new Set([homes.codex, ...trusted])].map((folder) => join(folder, "agents"));
}

function tomlFilesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".toml"))
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted();
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error))) return [];
    throw new AgentError("config", `${folder} cannot be read (${errorCode(error)})`);
  }
}
