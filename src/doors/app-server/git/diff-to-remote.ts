import { execFile } from "node:child_process";

/** Each costs a process. */
const mostUntracked = 2000;
const sideBySide = 4;
const mostBytes = 64 * 2 ** 20;
const timeoutMs = 30_000;

/** What the repository itself could have git run. */
const harmless = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-optional-locks"];

type Variables = Readonly<Record<string, string | undefined>>;

class Git {
  readonly #cwd: string;
  readonly #variables: Variables;

  constructor(cwd: string, variables: Variables) {
    this.#cwd = cwd;
    this.#variables = variables;
  }

  /** What it says; null where it fails. `differs`: a code of 1 says that there is a difference. */
  run(args: readonly string[], differs = false): Promise<string | null> {
    const options = {
      cwd: this.#cwd,
      env: { ...this.#variables, LC_ALL: "C" },
      encoding: "buffer" as const,
      maxBuffer: mostBytes,
      timeout: timeoutMs,
      killSignal: "SIGKILL" as const,
    };
    return new Promise((resolve) => {
      execFile("git", [...harmless, ...args], options, (error, stdout) => {
        const fine = error === null || (differs && error.code === 1);
        resolve(fine ? stdout.toString("utf8") : null);
      });
    });
  }

  async line(args: readonly string[]): Promise<string | null> {
    const text = (await this.run(args))?.trim();
    return text === undefined || text === "" ? null : text;
  }

  async lines(args: readonly string[]): Promise<string[]> {
    return ((await this.run(args)) ?? "").split("\n").filter((line) => line !== "");
  }
}

/**
 * How the working tree differs from the commit nearest to it that a remote has: of the current branch, of the remote's default one,
 * or of another that holds the current commit. Files that git does not know are in it. Null where there is no such commit.
 */
export async function diffToRemote(cwd: string, variables: Variables): Promise<{ sha: string; diff: string } | null> {
  const git = new Git(cwd, variables);
  const sha = await nearest(git);
  if (sha === null) return null;
  const flags = ["diff", "--no-textconv", "--no-ext-diff"];
  const changed = await git.run([...flags, sha]);
  if (changed === null) return null;
  const untracked = ((await git.run(["ls-files", "--others", "--exclude-standard", "-z"])) ?? "").split("\0");
  const files = untracked.filter((file) => file !== "");
  if (files.length > mostUntracked) return null;
  const added: string[] = [];
  for (let at = 0; at < files.length; at += sideBySide) {
    const diffs = files
      .slice(at, at + sideBySide)
      .map((file) => git.run([...flags, "--binary", "--no-index", "--", "/dev/null", file], true));
    added.push(...(await Promise.all(diffs)).map((diff) => diff ?? ""));
  }
  return { sha, diff: changed + added.join("") };
}

async function nearest(git: Git): Promise<string | null> {
  const remotes = await git.lines(["remote"]);
  const ordered = [...remotes.filter((name) => name === "origin"), ...remotes.filter((name) => name !== "origin")];
  let best: { sha: string; distance: number } | null = null;
  for (const branch of await branches(git, ordered)) {
    for (const remote of ordered) {
      const sha = await git.line(["rev-parse", "--verify", "--quiet", `refs/remotes/${remote}/${branch}`]);
      if (sha === null) continue;
      const distance = Number((await git.line(["rev-list", "--count", `${sha}..HEAD`])) ?? Number.NaN);
      if (distance < (best?.distance ?? Infinity)) best = { sha, distance };
      break;
    }
  }
  return best?.sha ?? null;
}

async function branches(git: Git, remotes: readonly string[]): Promise<Set<string>> {
  const names = new Set<string>();
  const current = await git.line(["symbolic-ref", "--quiet", "--short", "HEAD"]);
  if (current !== null) names.add(current);
  for (const remote of remotes) {
    const head = await git.line(["symbolic-ref", "--quiet", `refs/remotes/${remote}/HEAD`]);
    if (head !== null) names.add(head.slice(`refs/remotes/${remote}/`.length));
  }
  for (const name of ["main", "master"]) names.add(name);
  for (const remote of remotes) {
    const prefix = `refs/remotes/${remote}/`;
    const holding = await git.lines(["for-each-ref", "--format=%(refname)", "--contains", "HEAD", prefix]);
    for (const ref of holding) names.add(ref.slice(prefix.length));
  }
  names.delete("HEAD");
  return names;
}
