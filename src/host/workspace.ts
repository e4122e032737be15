import type { GitInfo } from "../protocol/threads.ts";
import type { ProcessResult, System } from "../system/ports.ts";
import { gitOf, maxGitBytes } from "./git.ts";

/** What a git work tree is, as far as git says so within its time limit. */
export interface Workspace {
  /** Top folder of the work tree. */
  root: string;
  git: GitInfo;
  hasChanges: boolean | null;
  /** URLs by remote, without credentials. */
  remotes: Readonly<Record<string, string>>;
}

const withoutCredentials = (url: string): string => url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, "$1");

/** What of a repository's settings we ask for, and what of them names programs that looking at files would start. */
const asked = "^(remote\\..*\\.url|filter\\..*\\.(clean|smudge|process|required))$";

const statusWords = ["status", "--porcelain", "--untracked-files=normal"];

/**
 * Looks at the repository that `cwd` lies in; null when there is none, or no git. Takes at most two seconds for each of two steps.
 * `roots`: folders that no program is taken from.
 */
export async function readWorkspace(
  cwd: string,
  system: Pick<System, "processes" | "files" | "environment">,
  roots: readonly string[] = [],
): Promise<Workspace | null> {
  const git = gitOf(cwd, system, roots);
  if (git === null) return null;
  const { run, line } = git;
  const configured = run(["config", "--show-scope", "-z", "--get-regexp", asked]).then(readSettings);
  const [root, status, commitHash, branch, settings] = await Promise.all([
    line("rev-parse", "--show-toplevel"),
    configured.then(async (found) => {
      const off = found === null ? null : withoutFilters(found.filters);
      if (off === null) return null;
      // A submodule is a repository with settings of its own.
      const { code, stdout } = await run([...statusWords, "--ignore-submodules=dirty"], off);
      return code === 0 ? stdout : null;
    }),
    line("rev-parse", "--verify", "--quiet", "HEAD"),
    line("symbolic-ref", "--short", "--quiet", "HEAD"),
    configured,
  ]);
  if (root === null) return null;
  const { remotes } = settings ?? { remotes: {} };
  const repositoryUrl = settings?.remotes["origin"];
  return {
    root,
    git: {
      ...(commitHash !== null && { commitHash }),
      ...(branch !== null && { branch }),
      ...(repositoryUrl !== undefined && { repositoryUrl }),
    },
    hasChanges: status === null ? null : status !== "",
    remotes,
  };
}

interface Settings {
  readonly remotes: Record<string, string>;
  /** Names of filters that the repository itself defines; the user's own are the user's. */
  readonly filters: ReadonlySet<string>;
}

/** Of pairs: a scope, then the key and its value on lines of their own. Null where not all of it is known. */
function readSettings({ code, stdout }: ProcessResult): Settings | null {
  const none = code === 1 && stdout === "";
  if ((code !== 0 && !none) || Buffer.byteLength(stdout) >= maxGitBytes) return null;
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
function withoutFilters(names: ReadonlySet<string>): string[] | null {
  if ([...names].some((name) => name.includes("="))) return null;
  return [...names].flatMap((name) => [
    `filter.${name}.clean=`,
    `filter.${name}.smudge=`,
    `filter.${name}.process=`,
    `filter.${name}.required=false`,
  ]);
}
