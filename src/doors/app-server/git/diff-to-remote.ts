import { gitOf, readSettings, withoutFilters, type Git } from "../../../host/git.ts";
import { nodeSystem } from "../../../system/node.ts";

/** Each costs a process. */
const mostUntracked = 2000;
const sideBySide = 4;
const limits = { maxBytes: 64 * 2 ** 20, timeoutMs: 30_000 };

type Variables = Readonly<Record<string, string | undefined>>;

function asked(cwd: string, variables: Variables): Git | null {
  const machine = nodeSystem();
  const environment = { ...machine.environment, variables: { ...variables, LC_ALL: "C" } };
  return gitOf(cwd, { ...machine, environment }, [], limits);
}

const linesOf = async (git: Git, words: readonly string[]): Promise<string[]> =>
  ((await git.line(...words)) ?? "").split("\n").filter((line) => line !== "");

/**
 * How the working tree differs from the commit nearest to it that a remote has: of the current branch, of the remote's default one,
 * or of another that holds the current commit. Files that git does not know are in it. Null where there is no such commit.
 */
export async function diffToRemote(cwd: string, variables: Variables): Promise<{ sha: string; diff: string } | null> {
  const git = asked(cwd, variables);
  const settings = git === null ? null : await readSettings(git);
  // Nothing that the repository brings is run: what it says of filters that cannot be switched off ends it here.
  const off = settings === null ? null : withoutFilters(settings.filters);
  const sha = git === null || off === null ? null : await nearest(git);
  if (git === null || off === null || sha === null) return null;
  const flags = ["diff", "--no-textconv", "--no-ext-diff", "--ignore-submodules=dirty"];
  /** Null where it fails; a code of 1 may say that there is a difference. */
  const diffOf = async (words: readonly string[], differs = false): Promise<string | null> => {
    const { code, stdout } = await git.run([...flags, ...words], off);
    return code === 0 || (differs && code === 1) ? stdout : null;
  };
  const changed = await diffOf([sha]);
  if (changed === null) return null;
  const { stdout: untracked } = await git.run(["ls-files", "--others", "--exclude-standard", "-z"], off);
  const files = untracked.split("\0").filter((file) => file !== "");
  if (files.length > mostUntracked) return null;
  const added: string[] = [];
  for (let at = 0; at < files.length; at += sideBySide) {
    const diffs = files
      .slice(at, at + sideBySide)
      .map((file) => diffOf(["--binary", "--no-index", "--", "/dev/null", file], true));
    added.push(...(await Promise.all(diffs)).map((diff) => diff ?? ""));
  }
  return { sha, diff: changed + added.join("") };
}

async function nearest(git: Git): Promise<string | null> {
  const remotes = await linesOf(git, ["remote"]);
  const ordered = [...remotes.filter((name) => name === "origin"), ...remotes.filter((name) => name !== "origin")];
  let best: { sha: string; distance: number } | null = null;
  for (const branch of await branches(git, ordered)) {
    for (const remote of ordered) {
      const sha = await git.line("rev-parse", "--verify", "--quiet", `refs/remotes/${remote}/${branch}`);
      if (sha === null) continue;
      const distance = Number((await git.line("rev-list", "--count", `${sha}..HEAD`)) ?? Number.NaN);
      if (distance < (best?.distance ?? Infinity)) best = { sha, distance };
      break;
    }
  }
  return best?.sha ?? null;
}

async function branches(git: Git, remotes: readonly string[]): Promise<Set<string>> {
  const names = new Set<string>();
  const current = await git.line("symbolic-ref", "--quiet", "--short", "HEAD");
  if (current !== null) names.add(current);
  for (const remote of remotes) {
    const head = await git.line("symbolic-ref", "--quiet", `refs/remotes/${remote}/HEAD`);
    if (head !== null) names.add(head.slice(`refs/remotes/${remote}/`.length));
  }
  for (const name of ["main", "master"]) names.add(name);
  for (const remote of remotes) {
    const prefix = `refs/remotes/${remote}/`;
    const holding = await linesOf(git, ["for-each-ref", "--format=%(refname)", "--contains", "HEAD", prefix]);
    for (const ref of holding) names.add(ref.slice(prefix.length));
  }
  names.delete("HEAD");
  return names;
}
