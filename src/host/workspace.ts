import type { GitInfo } from "../protocol/threads.ts";
import type { System } from "../system/ports.ts";
import { gitOf, readSettings, withoutFilters } from "./git.ts";

/** What a git work tree is, as far as git says so within its time limit. */
export interface Workspace {
  /** Top folder of the work tree. */
  root: string;
  git: GitInfo;
  hasChanges: boolean | null;
  /** URLs by remote, without credentials. */
  remotes: Readonly<Record<string, string>>;
}

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
  const configured = readSettings(git);
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
