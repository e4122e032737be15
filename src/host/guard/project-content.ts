import type { Config } from "../../config/config.ts";
import type { OwnRuleSource } from "../../config/layers.ts";
import { directoriesDown } from "../../config/project.ts";
import { formatKeyPath, isTable, type TomlTable } from "../../config/toml/toml-values.ts";
import { addTrust, trustedHash } from "../../journal/ledger/trust.ts";
import type { Ledger } from "../../journal/ledger/ledger.ts";
import { decides } from "../../policy/effects/variables.ts";
import { markFiles } from "../../policy/engine/covers.ts";
import { readCodexRules } from "../../policy/rules/codex-rules.ts";
import type { ProjectContent } from "../../protocol/approvals.ts";
import { shellJoin } from "../../protocol/codex-0.169/shell-join.ts";
import { noEffects } from "../../protocol/effects.ts";
import { AgentError } from "../../protocol/errors.ts";
import { sha256 } from "../../system/hash.ts";
import type { Ids } from "../../system/ids.ts";
import { joinPath, resolvePath } from "../../system/paths.ts";
import { cleanLine, shortened, visibleText } from "../../system/terminal-text.ts";
import type { System } from "../../system/ports.ts";
import { ruleFiles } from "./rule-places.ts";

/** What a trusted project brings that starts a process or lifts walls, and whether this very content is trusted. */
export function projectContent(config: Config, ledger: Ledger | null, system: System): ProjectContent[] {
  const project = projectOf(config, system);
  const all = [...serversOf(config, system), ...rulesOf(config, system), ...ownRulesOf(config), ...variablesOf(config)];
  return all.map((found) => {
    const known = ledger === null ? null : trustedHash(ledger, project, found.key);
    const state = known === null ? "untrusted" : known === found.hash ? "trusted" : "changed";
    return { ...found, state };
  });
}

/** @throws AgentError `usage` when there is nothing of that key, or when it is another content by now */
export function trustContent(
  key: string,
  hash: string,
  config: Config,
  ledger: Ledger,
  { system, ids }: { system: System; ids: Ids },
): ProjectContent {
  const found = projectContent(config, ledger, system).find((each) => each.key === key);
  if (found === undefined) throw new AgentError("usage", `${config.cwd} brings nothing with the key ${key}`);
  if (found.hash !== hash) throw new AgentError("usage", `${key} has changed since it was shown; look at it again`);
  const project = projectOf(config, system);
  addTrust(ledger, { id: ids.uuid(), project, key, hash, trustedAtMs: system.clock.now() });
  return { ...found, state: "trusted" };
}

/** The configuration without what nobody has trusted, and a sentence about each such thing. */
export function withoutUntrusted(
  config: Config,
  content: readonly ProjectContent[],
): { config: Config; skipped: readonly string[] } {
  const left = content.filter(({ state }) => state !== "trusted");
  if (left.length === 0) return { config, skipped: [] };
  const keys = new Set(left.map(({ key }) => key));
  const servers = config.settings["mcp_servers"];
  const kept = isTable(servers)
    ? Object.fromEntries(Object.entries(servers).filter(([name]) => !keys.has(serverKey(name))))
    : null;
  const settings: TomlTable =
    kept === null
      ? config.settings
      : Object.assign(Object.create(null) as TomlTable, config.settings, { mcp_servers: kept });
  const ownRules = config.ownRules.filter((rule) => !keys.has(ownRulesKey(rule.source, config)) || !isLifting(rule));
  const skipped = left.map(({ key: named, state, does: [first = ""] }) => {
    const [key, what] = [named, first].map((text) => shortened(cleanLine(visibleText(text)), 200));
    const why = state === "changed" ? "it has changed since it was trusted" : "nobody has trusted it yet";
    return `This project brings ${key} (${what}), which is left out, as ${why}. \`codex-agent approvals trust\` shows it and trusts it.`;
  });
  const { set } = config.shellEnvironment;
  const variables = Object.entries(set).filter(([name]) => !keys.has(variablesKey) || !brings(name, config));
  const shellEnvironment = { ...config.shellEnvironment, set: Object.fromEntries(variables) };
  return { config: { ...config, settings, ownRules, shellEnvironment }, skipped };
}

const variablesKey = "shell_environment_policy.set";

/** A project may set variables for commands, but for those by which programs choose what they run: they reach past the sandbox. */
const brings = (name: string, { origins }: Config): boolean =>
  decides(name) && origins.get(formatKeyPath(["shell_environment_policy", "set", name]))?.kind === "project";

function variablesOf(config: Config): Found[] {
  const found = Object.entries(config.shellEnvironment.set).filter(([name]) => brings(name, config));
  const [first] = found;
  if (first === undefined) return [];
  const source = config.origins.get(formatKeyPath(["shell_environment_policy", "set", first[0]]))?.source ?? "";
  const does = found.map(([name, value]) => `has every command run with ${name}=${JSON.stringify(value)}`);
  return [{ key: variablesKey, source, does, hash: hashOf(found) }];
}

/** Key of a rule file of a project. */
export const rulesKey = (file: string, config: Config): string => `rules:${shortName(file, config)}`;

type Found = Omit<ProjectContent, "state">;

export const serverKey = (name: string): string => `mcp:${name}`;
const ownRulesKey = (file: string, config: Config): string => `codex_agent.rules:${shortName(file, config)}`;

const rootOf = ({ projectRoot, cwd }: Config): string => projectRoot ?? cwd;
const projectOf = (config: Config, { files }: System): string => files.realPath(rootOf(config));

function shortName(file: string, config: Config): string {
  const root = rootOf(config);
  return file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file;
}

function serversOf(config: Config, { files }: System): Found[] {
  const servers = config.settings["mcp_servers"];
  if (!isTable(servers)) return [];
  return Object.entries(servers).flatMap(([name, entry]): Found[] => {
    const path = formatKeyPath(["mcp_servers", name]);
    const bringing = [...config.origins].find(
      ([key, { kind }]) => kind === "project" && (key === path || key.startsWith(`${path}.`)),
    );
    if (bringing === undefined || !isTable(entry) || entry["enabled"] === false) return [];
    const { command, args, url, cwd, ...rest } = entry;
    const words = [command, ...(Array.isArray(args) ? args : [])].filter((word) => typeof word === "string");
    const base = typeof cwd === "string" ? resolvePath(config.cwd, cwd) : config.cwd;
    const action = { kind: "command" as const, argv: words, cwd: base, escalate: false, justification: null };
    const marks = url === undefined ? markFiles(action, { ...noEffects, unknown: ["all"] }, files) : [];
    const does = [
      url === undefined ? `starts ${shellJoin(words)}` : `reaches ${JSON.stringify(url)}`,
      ...(cwd === undefined ? [] : [`in ${JSON.stringify(cwd)}`]),
      ...Object.entries(rest).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
      ...(marks ?? []).map(({ path: file, hash }) => `with the file ${file} as it is now (${hash.slice(0, 12)})`),
      // Nobody could tell whether these are still the same.
      ...(marks === null ? ["with files that are too many or too large to be compared"] : []),
    ];
    return [{ key: serverKey(name), source: bringing[1].source, does, hash: hashOf([name, entry, marks]) }];
  });
}

function rulesOf(config: Config, { files }: System): Found[] {
  const own = joinPath(config.homes.codex, "rules");
  const ofProject = ruleFiles(config, files).filter((file) => !file.startsWith(`${own}/`));
  return ofProject.flatMap((file): Found[] => {
    const text = files.readText(file);
    const lifting = liftsOf(text, file);
    if (lifting.length === 0) return [];
    return [{ key: rulesKey(file, config), source: file, does: lifting, hash: rulesHash(text) }];
  });
}

export const rulesHash = (text: string): string => sha256(text);

/** None of a file that cannot be read as rules: opening the thread says so. */
function liftsOf(text: string, file: string): string[] {
  try {
    return readCodexRules(text, file)
      .prefixes.filter(({ decision }) => decision === "allow")
      .map(({ pattern }) => `lets out of the sandbox: ${pattern.map((words) => words.join("|")).join(" ")}`);
  } catch {
    return [];
  }
}

function ownRulesOf(config: Config): Found[] {
  const places = projectConfigs(config);
  const bySource = new Map<string, OwnRuleSource[]>();
  for (const rule of config.ownRules.filter((each) => places.has(each.source) && isLifting(each))) {
    bySource.set(rule.source, [...(bySource.get(rule.source) ?? []), rule]);
  }
  return [...bySource].map(([source, rules]) => ({
    key: ownRulesKey(source, config),
    source,
    does: rules.map(({ value }) => `allows unasked: ${JSON.stringify(value)}`),
    hash: hashOf(rules.map(({ value }) => value)),
  }));
}

const isLifting = ({ value }: OwnRuleSource): boolean =>
  typeof value === "object" && value !== null && "decision" in value && value.decision === "allow";

const projectConfigs = ({ projectRoot, cwd, homes }: Config): ReadonlySet<string> =>
  new Set(
    directoriesDown(projectRoot, cwd)
      .map((folder) => joinPath(folder, ".codex"))
      .filter((folder) => folder !== homes.codex)
      .map((folder) => joinPath(folder, "config.toml")),
  );

const hashOf = (value: unknown): string => sha256(JSON.stringify(sorted(value)));

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]): [string, unknown] => [key, sorted(each)]);
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
