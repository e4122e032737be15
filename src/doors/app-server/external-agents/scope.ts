import { existsSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { isWithin, realTarget } from "../../../policy/paths.ts";
import { nodeFiles } from "../../../system/node-files.ts";

/** Agents whose settings can be taken over, by what clients call them; whatever else they say means the first. */
export type AgentName = "claude" | "cursor";

export const agentOf = (migrationSource: string | null | undefined): AgentName =>
  migrationSource === "cursor" ? "cursor" : "claude";

/** From where to where: of the user, or of one repository. */
export interface Scope {
  readonly agent: AgentName;
  /** Null: of the user. */
  readonly cwd: string | null;
  /** The user's home, or the repository. */
  readonly root: string;
  readonly home: string;
  /** Where the agent keeps its settings. */
  readonly folder: string;
  /** Where ours lie: CODEX_HOME, or `.codex` of the repository. */
  readonly target: string;
  readonly skills: string;
  readonly instructions: string;
}

export interface Homes {
  readonly home: string;
  readonly codexHome: string;
}

const folders = { claude: ".claude", cursor: ".cursor" };

export function userScope(agent: AgentName, { home, codexHome }: Homes): Scope {
  return {
    agent,
    cwd: null,
    root: home,
    home,
    folder: join(home, folders[agent]),
    target: codexHome,
    // Beside the home, which lies in that of the user.
    skills: join(dirname(codexHome), ".agents/skills"),
    instructions: join(codexHome, "AGENTS.md"),
  };
}

/** Of the repository that a folder is in, or the folder itself; null where there is none. */
export function repositoryScope(agent: AgentName, folder: string, { home }: Homes): Scope | null {
  if (!isAbsolute(folder) || statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return null;
  const root = repositoryOf(resolve(folder));
  return {
    agent,
    cwd: root,
    root,
    home,
    folder: join(root, folders[agent]),
    target: join(root, ".codex"),
    skills: join(root, ".agents/skills"),
    instructions: join(root, "AGENTS.md"),
  };
}

/**
 * Whether what lies here in the repository is really outside of it, or nobody knows where: whoever made the repository would
 * choose what is read and written there. At home links are the user's own.
 */
export function leadsOut({ cwd, root }: Scope, path: string): boolean {
  if (cwd === null) return false;
  const real = realTarget(path, nodeFiles);
  return real === null || !isWithin(real, nodeFiles.realPath(root));
}

function repositoryOf(folder: string): string {
  for (let each = folder; ; each = dirname(each)) {
    if (existsSync(join(each, ".git"))) return each;
    if (dirname(each) === each) return folder;
  }
}
