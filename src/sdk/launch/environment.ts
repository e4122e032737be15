import { delimiter } from "node:path";

const originatorVariable = "CODEX_INTERNAL_ORIGINATOR_OVERRIDE";

export interface EnvironmentOptions {
  env?: Readonly<Record<string, string | undefined>> | undefined;
  inheritEnv?: boolean | undefined;
  originator: string;
  apiKey?: string | undefined;
}

/** The environment of the child: what was given, even if that is nothing; else the host's. Secrets go here and never into arguments. */
export function childEnvironment(
  options: EnvironmentOptions,
  host: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  const inherits = options.inheritEnv ?? options.env === undefined;
  const env = defined({ ...(inherits ? host : {}), ...options.env });
  if (!env[originatorVariable]) env[originatorVariable] = options.originator;
  if (options.apiKey !== undefined) env["CODEX_API_KEY"] = options.apiKey;
  return env;
}

function defined(variables: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** The environment with the folders first on the search path, each once. On Windows one spelling of the variable is left. */
export function withPathFolders(
  env: Readonly<Record<string, string>>,
  folders: readonly string[],
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  if (folders.length === 0) return { ...env };
  const spellings = Object.keys(env).filter((key) => key === "PATH" || isWindowsPath(key, platform));
  const name = spellings.includes("Path") ? "Path" : (spellings.at(-1) ?? "PATH");
  const others = Object.fromEntries(Object.entries(env).filter(([key]) => !spellings.includes(key)));
  const separator = platform === "win32" ? ";" : delimiter;
  const rest = (env[name] ?? "").split(separator).filter((folder) => folder !== "" && !folders.includes(folder));
  return { ...others, [name]: [...folders, ...rest].join(separator) };
}

const isWindowsPath = (key: string, platform: NodeJS.Platform): boolean =>
  platform === "win32" && key.toLowerCase() === "path";
