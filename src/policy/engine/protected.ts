import { joinPath } from "../../system/paths.ts";
import type { FileSystem } from "../../system/ports.ts";

/** Why a path is protected. `credentials` are not even read unasked. */
export interface ProtectedTarget {
  /** As it stands in verdicts: `protected:.git/hooks`. */
  readonly name: string;
  readonly kind: "git" | "startup" | "credentials" | "editor";
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

/** Files that shells and sessions run when they start. */
const startup = words(
  ".bashrc .bash_profile .bash_login .bash_logout .bash_aliases .profile .zshrc .zshenv .zprofile .zlogin .zlogout .kshrc .mkshrc .cshrc .tcshrc .login .inputrc .envrc .xprofile .xinitrc .xsession .xsessionrc .pam_environment crontab",
);
/** Files with keys and passwords. */
const keyFiles = words(
  ".netrc _netrc .npmrc .yarnrc.yml .pypirc .pgpass .my.cnf .git-credentials .dockercfg .htpasswd .vault-token .terraformrc id_rsa id_dsa id_ecdsa id_ed25519",
);
const keyFolders = words(".ssh .gnupg .aws .azure .kube .docker .oci .terraform.d");
const keyConfigFolders = words("gcloud gh op hub rclone doctl");
const gitFiles = words(".gitconfig .gitmodules");
/** Of a repository's `.git`: what git runs, or reads commands from. */
const gitParts = words("hooks config config.worktree info modules commondir worktrees");
/** Files whose tasks an editor runs, by the folder that they lie in. */
const editorFiles: Readonly<Record<string, ReadonlySet<string>>> = {
  ".vscode": words("tasks.json launch.json"),
  ".idea": words("workspace.xml runConfigurations externalDependencies.xml"),
  ".devcontainer": words("devcontainer.json"),
  ".zed": words("tasks.json debug.json"),
};
const editorNames = words(".exrc .nvimrc .nvim.lua .vimrc .dir-locals.el .devcontainer.json");

const isEnvironmentFile = (name: string): boolean =>
  /^\.env(?:\..+)?$/.test(name) && !/\.(?:example|sample|template|dist)$/.test(name);

/** What a real path is protected as, in whatever case it is written; null where it is not. */
export function protectedTarget(path: string): ProtectedTarget | null {
  const names = path.toLowerCase().split("/").slice(1);
  const last = names.at(-1) ?? "";
  // Who writes the whole of it writes what is protected in it.
  if (last === ".git") return { name: last, kind: "git" };
  if (editorFiles[last] !== undefined) return { name: last, kind: "editor" };
  for (const [index, name] of names.entries()) {
    const next = names[index + 1];
    const found = byName(name, next, names[index + 2]);
    if (found !== null) return found;
  }
  return null;
}

function byName(name: string, next: string | undefined, third: string | undefined): ProtectedTarget | null {
  const target = (kind: ProtectedTarget["kind"], ...parts: string[]): ProtectedTarget => ({
    kind,
    name: parts.join("/"),
  });
  if (name === ".git") return next !== undefined && gitParts.has(next) ? target("git", name, next) : null;
  if (name === ".husky" || gitFiles.has(name)) return target("git", name);
  if (startup.has(name)) return target("startup", name);
  if (keyFiles.has(name) || keyFolders.has(name) || isEnvironmentFile(name)) return target("credentials", name);
  if (editorNames.has(name)) return target("editor", name);
  if (next === undefined) return null;
  if ([...(editorFiles[name] ?? [])].some((each) => each.toLowerCase() === next)) return target("editor", name, next);
  if (name !== ".config") return null;
  if (keyConfigFolders.has(next)) return target("credentials", name, next);
  if (next === "git") return target("git", name, next);
  if (next === "fish" && third === "config.fish") return target("startup", name, next, third);
  return next === "autostart" || next === "systemd" ? target("startup", name, next) : null;
}

/** What is looked at of a workspace, so that the walls of a command are built at once. */
const mostFolders = 64;

/**
 * Protected files and folders that are there, in a folder and in those directly below it. Deeper ones are only known where a
 * command names them.
 */
export function protectedIn(root: string, files: Pick<FileSystem, "list" | "lstat">): string[] {
  const found: string[] = [];
  const folders: string[] = [];
  const look = (folder: string, deeper: boolean): void => {
    for (const name of namesIn(folder, files)) {
      const path = joinPath(folder, name);
      if (name === ".git" || name === "node_modules") continue;
      if (byName(name.toLowerCase(), undefined, undefined) !== null) found.push(path);
      else if (editorFiles[name] !== undefined) {
        for (const inner of editorFiles[name])
          if (files.lstat(joinPath(path, inner)) !== null) found.push(joinPath(path, inner));
      } else if (deeper && folders.length < mostFolders && files.lstat(path)?.kind === "directory") folders.push(path);
    }
  };
  look(root, true);
  for (const folder of folders) look(folder, false);
  return found;
}

function namesIn(folder: string, files: Pick<FileSystem, "list">): string[] {
  try {
    return files.list(folder);
  } catch {
    return [];
  }
}
