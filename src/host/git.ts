import { findGit } from "../journal/rewind/find-git.ts";
import type { ProcessResult, System } from "../system/ports.ts";

/** Stand above every setting of the repository: whoever only looks at it starts nothing that it brings, and fetches nothing. */
const fixed = ["core.fsmonitor=false", "core.hooksPath=/dev/null", "safe.bareRepository=explicit"];
const settingsBytes = 2 ** 20;
const variables = { GIT_ALLOW_PROTOCOL: "none", GIT_NO_LAZY_FETCH: "1", GIT_TERMINAL_PROMPT: "0" };

/** Asks git about a folder's repository. */
export interface Git {
  run(words: readonly string[], settings?: readonly string[]): Promise<ProcessResult>;
  /** What it prints, trimmed; null when it fails. */
  line(...words: string[]): Promise<string | null>;
}

/** How long a question may take, and how much it may bring. */
export interface GitLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

const usual: GitLimits = { timeoutMs: 2000, maxBytes: settingsBytes };

/** Null where there is no git. `roots`: folders that no program is taken from. */
export function gitOf(
  cwd: string,
  { processes, files, environment }: Pick<System, "processes" | "files" | "environment">,
  roots: readonly string[] = [],
  limits = usual,
): Git | null {
  const program = findGit({ environment, files }, [cwd, ...roots]);
  if (program === null) return null;
  const env = { ...environment.variables, ...variables };
  const run: Git["run"] = (words, settings = []) => {
    const flags = [...fixed, ...settings].flatMap((setting) => ["-c", setting]);
    return processes.run([program, "--no-optional-locks", ...flags, ...words], {
      cwd,
      env,
      ...limits,
    });
  };
  return {
    run,
    async line(...words) {
      const { code, stdout } = await run(words);
      return code === 0 ? stdout.trim() : null;
    },
  };
}

const withoutCredentials = (url: string): string => url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, "$1");

/** What of a repository's settings we ask for, and what of them names programs that looking at files would start. */
const asked = "^(remote\\..*\\.url|filter\\..*\\.(clean|smudge|process|required))$";

export interface RepositorySettings {
  readonly remotes: Record<string, string>;
  /** Names of filters that the repository itself defines; the user's own are the user's. */
  readonly filters: ReadonlySet<string>;
}

/** What looking at files would start, and where its remotes are; null where not all of it is known. */
export const readSettings = async (git: Git): Promise<RepositorySettings | null> =>
  settingsOf(await git.run(["config", "--show-scope", "-z", "--get-regexp", asked]));

/** Of pairs: a scope, then the key and its value on lines of their own. Null where not all of it is known. */
function settingsOf({ code, stdout }: ProcessResult): RepositorySettings | null {
  const none = code === 1 && stdout === "";
  if ((code !== 0 && !none) || Buffer.byteLength(stdout) >= settingsBytes) return null;
  const remotes: Record<string, string> = {};
  const filters = new Set<string>();
  const fields = stdout.split("\0");
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [key = "", ...value] = fields[at + 1]!.split("\n");
    const [, section, name] = /^(remote|filter)\.(.*)\.[a-z]+$/.exec(key) ?? [];
    if (section === "remote") remotes[name!] = withoutCredentials(value.join("\n"));
    else if (section === "filter" && fields[at] !== "global" && fields[at] !== "system") filters.add(name!);
  }
  return { remotes, filters };
}

/** Settings that switch them off; null where one has a name that cannot be said. */
export function withoutFilters(names: ReadonlySet<string>): string[] | null {
  if ([...names].some((name) => name.includes("="))) return null;
  return [...names].flatMap((name) => [
    `filter.${name}.clean=`,
    `filter.${name}.smudge=`,
    `filter.${name}.process=`,
    `filter.${name}.required=false`,
  ]);
}
