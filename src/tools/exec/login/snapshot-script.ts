/**
 * What a shell is made of, read out by the shell itself. Binary-safe: texts are Latin-1 strings, one character a byte.
 */

/** Variables by name, and whole listings: `functions`, `aliases`, `options` (shopt), `flags` (set), `mask`, `traps`. */
export interface ShellState {
  variables: Map<string, string>;
  listings: Map<string, string>;
}

const endMark = "codex-agent-end";

/** Bash keeps these itself, or they differ from process to process. */
const volatileNames = new Set(
  (
    "BASH BASHOPTS BASHPID BASH_ALIASES BASH_ARGC BASH_ARGV BASH_ARGV0 BASH_CMDS BASH_COMMAND BASH_EXECUTION_STRING BASH_LINENO " +
    "BASH_LOADABLES_PATH BASH_MONOSECONDS BASH_REMATCH BASH_SOURCE BASH_SUBSHELL BASH_VERSINFO BASH_VERSION COMP_WORDBREAKS DIRSTACK " +
    "EPOCHREALTIME EPOCHSECONDS EUID FUNCNAME GROUPS HISTCMD LINENO OLDPWD OPTERR OPTIND PIPESTATUS PPID PWD RANDOM SECONDS " +
    "SHELLOPTS SHLVL SRANDOM UID _ __codex_agent_name"
  ).split(" "),
);

/**
 * Writes records of three NUL-ended texts (kind, name, value) to descriptor 3, and an end mark. Names are escaped and sent
 * through `builtin`, since a profile may have aliases and functions of the same names; `|| :` is for `set -e`.
 */
export const dumpScript = String.raw`
\exec 1>&3 2>/dev/null
\builtin printf 'listing\0flags\0'; \builtin set +o; \builtin printf '\0'
\builtin set +eux
\builtin printf 'listing\0options\0'; \builtin shopt -p; \builtin printf '\0'
\builtin printf 'listing\0mask\0'; \builtin umask -p; \builtin printf '\0'
\builtin printf 'listing\0traps\0'; \builtin trap -p; \builtin printf '\0'
\builtin printf 'listing\0aliases\0'; \builtin alias -p; \builtin printf '\0'
\builtin printf 'listing\0functions\0'; \builtin declare -f; \builtin declare -Fx; \builtin printf '\0'
\builtin printf 'variable\0IFS\0'; \builtin declare -p IFS; \builtin printf '\0'
IFS=$' \t\n'
for __codex_agent_name in $(\builtin compgen -A variable); do
  \builtin printf 'variable\0%s\0' "$__codex_agent_name"; \builtin declare -p "$__codex_agent_name"; \builtin printf '\0'
done
\builtin printf '${endMark}\0'
`;

/** True once the shell has written all of it; what it left running may keep the pipe open. */
export const isWholeDump = (dump: string): boolean => dump.endsWith(`\0${endMark}\0`);

/** Null when the dump is cut off. */
export function parseDump(dump: string): ShellState | null {
  if (!isWholeDump(dump)) return null;
  const state: ShellState = { variables: new Map(), listings: new Map() };
  const fields = dump.split("\0");
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [kind, name, value] = [fields[at]!, fields[at + 1]!, fields[at + 2]!];
    if (kind === "listing") state.listings.set(name, value);
    else if (value !== "" && !volatileNames.has(name) && !state.variables.has(name)) state.variables.set(name, value);
  }
  return state;
}

const changedLines = (before: string | undefined, after: string | undefined): string[] => {
  const old = new Set((before ?? "").split("\n"));
  return (after ?? "")
    .split("\n")
    .filter((line) => line !== "" && !old.has(line) && !/ (login_shell|restricted_shell)$/.test(line));
};

/**
 * The shell text that turns a plain shell into what the login shell was. Names in `secretNames` stay out of it.
 * Options come first since they change how functions are read, and flags last since they would change this text.
 */
export function differenceScript(plain: ShellState, login: ShellState, secretNames: ReadonlySet<string>): string {
  const changed = (name: string): string => {
    const text = login.listings.get(name) ?? "";
    return text === plain.listings.get(name) ? "" : text;
  };
  const variables = [...login.variables].filter(
    ([name, value]) => !secretNames.has(name) && plain.variables.get(name) !== value,
  );
  const removed = [...plain.variables.keys()].filter((name) => !login.variables.has(name));
  return [
    ...changedLines(plain.listings.get("options"), login.listings.get("options")),
    ...removed.map((name) => `unset -v ${name}`),
    ...variables.map(([, value]) => value.trimEnd()),
    changed("functions"),
    changed("aliases"),
    changed("mask"),
    changed("traps"),
    // A profile may have a function of that name.
    ...changedLines(plain.listings.get("flags"), login.listings.get("flags")).map((line) => `\\builtin ${line}`),
  ]
    .filter((part) => part !== "")
    .join("\n");
}

/** Whether two shells are the same for a command, secrets aside. */
export function sameState(one: ShellState, other: ShellState, secretNames: ReadonlySet<string>): boolean {
  const text = (state: ShellState): string => {
    const options = (state.listings.get("options") ?? "").replace(/^.* login_shell$/m, "");
    const listings = [...state.listings].filter(([name]) => name !== "options").sort();
    const variables = [...state.variables].filter(([name]) => !secretNames.has(name)).sort();
    return JSON.stringify([options, listings, variables]);
  };
  return text(one) === text(other);
}
