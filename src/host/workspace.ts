import type { GitInfo } from "../kernel/journal-port.ts";
import type { Processes } from "../system/ports.ts";

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

/** Looks at the repository that `cwd` lies in; null when there is none, or no git. Takes at most two seconds. */
export async function readWorkspace(cwd: string, processes: Processes): Promise<Workspace | null> {
  const git = async (...words: string[]): Promise<string | null> => {
    const { code, stdout } = await processes.run(["git", "--no-optional-locks", ...words], {
      cwd,
      timeoutMs: 2000,
      maxBytes: 4096,
    });
    return code === 0 ? stdout.trim() : null;
  };
  const [root, status, commitHash, branch, remoteLines] = await Promise.all([
    git("rev-parse", "--show-toplevel"),
    git("status", "--porcelain", "--untracked-files=normal"),
    git("rev-parse", "--verify", "--quiet", "HEAD"),
    git("symbolic-ref", "--short", "--quiet", "HEAD"),
    git("config", "--get-regexp", "^remote\\..*\\.url$"),
  ]);
  if (root === null) return null;
  const remotes: Record<string, string> = {};
  for (const line of (remoteLines ?? "").split("\n")) {
    const match = /^remote\.(.+)\.url (.+)$/.exec(line);
    if (match !== null) remotes[match[1]!] = withoutCredentials(match[2]!);
  }
  const repositoryUrl = remotes["origin"];
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
