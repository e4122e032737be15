import { join } from "node:path";
import { writeAtomically } from "../../../config/atomic-write.ts";
import { editToml } from "../../../config/edit/edit-toml.ts";
import { isTable, valueAt, type TomlTable, type TomlValue } from "../../../config/toml/toml-values.ts";
import { parseTomlFile } from "../../../config/toml/toml.ts";
import type { Found } from "./found.ts";
import { isRecord, jsonIn, jsonOf, ownText, recordOf, settingsOf, type Json } from "./read.ts";
import type { Scope } from "./scope.ts";

interface Edit {
  readonly path: readonly string[];
  readonly value: TomlValue;
}

const configFile = ({ target }: Scope): string => join(target, "config.toml");

async function configOf(scope: Scope): Promise<TomlTable> {
  const file = configFile(scope);
  return parseTomlFile(file, ownText(file));
}

/** What is there already stays as it is. */
async function write(scope: Scope, edits: readonly Edit[]): Promise<void> {
  const file = configFile(scope);
  let text = ownText(file);
  for (const edit of edits) text = await editToml(file, text, edit);
  writeAtomically(file, text);
}

/** Variables for commands, and whether they are to run in walls. */
function settingEdits(settings: Json): Edit[] {
  const edits: Edit[] = [];
  if (recordOf(settings["sandbox"])["enabled"] === true)
    edits.push({ path: ["sandbox_mode"], value: "workspace-write" });
  const variables = Object.entries(recordOf(settings["env"])).filter(([, value]) =>
    ["string", "number", "boolean"].includes(typeof value),
  );
  if (variables.length === 0) return edits;
  edits.push({ path: ["shell_environment_policy", "inherit"], value: "core" });
  for (const [name, value] of variables)
    edits.push({ path: ["shell_environment_policy", "set", name], value: String(value) });
  return edits;
}

export async function findSettings(scope: Scope): Promise<Found | null> {
  if (scope.agent !== "claude") return null;
  const config = await configOf(scope);
  const edits = settingEdits(settingsOf(scope)).filter(({ path }) => valueAt(config, path) === undefined);
  if (edits.length === 0) return null;
  const source = join(scope.folder, "settings.json");
  const target = configFile(scope);
  const description = `Migrate ${source} into ${target}`;
  return { itemType: "CONFIG", description, names: null, source, target, take: () => write(scope, edits) };
}

/** As they are written for the agent, the ones that win last. */
function serversOf(scope: Scope): { servers: Json; source: string } {
  if (scope.agent === "cursor") {
    const source = join(scope.folder, "mcp.json");
    return { servers: recordOf(jsonIn(scope, source)?.["mcpServers"]), source };
  }
  const own = recordOf(jsonIn(scope, join(scope.root, ".mcp.json"))?.["mcpServers"]);
  const user = jsonOf(join(scope.home, ".claude.json"));
  const more = scope.cwd === null ? user : recordOf(recordOf(user?.["projects"])[scope.cwd]);
  return { servers: { ...own, ...recordOf(more?.["mcpServers"]) }, source: scope.root };
}

const texts = (value: unknown): [string, string][] =>
  Object.entries(recordOf(value)).flatMap(([name, each]) =>
    ["string", "number", "boolean"].includes(typeof each) ? [[name, String(each)]] : [],
  );

const variableIn = (text: string): string | null => /^\$\{(\w+)(?::-[^}]*)?\}$/.exec(text)?.[1] ?? null;

/** Ours put no variables into text: a server that needs that is not taken over. */
const needsVariables = (text: string): boolean => text.includes("${");

/** Null for one that cannot be had here: it is switched off, of another transport, or wants variables put in. */
function serverTable(server: unknown): TomlTable | null {
  if (!isRecord(server) || server["disabled"] === true || server["enabled"] === false) return null;
  const { command, url, type } = server;
  if (typeof command === "string") {
    const args = Array.isArray(server["args"]) ? server["args"].map(String) : [];
    const variables = texts(server["env"]);
    const passed = variables.filter(([name, value]) => variableIn(value) === name).map(([name]) => name);
    const fixed = variables.filter(([name]) => !passed.includes(name));
    if ([command, ...args, ...fixed.map(([, value]) => value)].some(needsVariables)) return null;
    return {
      command,
      ...(args.length > 0 && { args }),
      ...(passed.length > 0 && { env_vars: passed }),
      ...(fixed.length > 0 && { env: Object.fromEntries(fixed) }),
    };
  }
  if (typeof url !== "string" || type === "sse" || needsVariables(url)) return null;
  let bearer: string | null = null;
  const plain: [string, string][] = [];
  const fromVariables: [string, string][] = [];
  for (const [name, value] of texts(server["headers"])) {
    const token = name.toLowerCase() === "authorization" ? /^Bearer (\$\{\w+\})$/i.exec(value)?.[1] : undefined;
    const variable = variableIn(value);
    if (token !== undefined) bearer = variableIn(token);
    else if (variable !== null) fromVariables.push([name, variable]);
    else if (needsVariables(value)) return null;
    else plain.push([name, value]);
  }
  return {
    url,
    ...(bearer !== null && { bearer_token_env_var: bearer }),
    ...(plain.length > 0 && { http_headers: Object.fromEntries(plain) }),
    ...(fromVariables.length > 0 && { env_http_headers: Object.fromEntries(fromVariables) }),
  };
}

export async function findServers(scope: Scope): Promise<Found | null> {
  const { servers, source } = serversOf(scope);
  const present = valueAt(await configOf(scope), ["mcp_servers"]);
  const tables = new Map<string, TomlTable>();
  for (const name of Object.keys(servers).toSorted()) {
    const table = serverTable(servers[name]);
    if (table !== null && !(isTable(present) && Object.hasOwn(present, name))) tables.set(name, table);
  }
  if (tables.size === 0) return null;
  const target = configFile(scope);
  return {
    itemType: "MCP_SERVER_CONFIG",
    description: `Migrate MCP servers from ${source} into ${target}`,
    names: [...tables.keys()],
    source,
    target,
    take: (names) => {
      const taken = [...tables].filter(([name]) => names.has(name));
      return write(
        scope,
        taken.map(([name, value]) => ({ path: ["mcp_servers", name], value })),
      );
    },
  };
}
