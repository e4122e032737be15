import { findGit } from "../journal/rewind/find-git.ts";
import type { ProcessResult, System } from "../system/ports.ts";

/** Stand above every setting of the repository: whoever only looks at it starts nothing that it brings, and fetches nothing. */
const fixed = ["core.fsmonitor=false", "core.hooksPath=/dev/null", "safe.bareRepository=explicit"];
export const maxGitBytes = 2 ** 20;
const variables = { GIT_ALLOW_PROTOCOL: "none", GIT_NO_LAZY_FETCH: "1", GIT_TERMINAL_PROMPT: "0" };

/** Asks git about a folder's repository; each question takes at most two seconds and brings at most {@link maxGitBytes}. */
export interface Git {
  run(words: readonly string[], settings?: readonly string[]): Promise<ProcessResult>;
  /** What it prints, trimmed; null when it fails. */
  line(...words: string[]): Promise<string | null>;
}

/** Null where there is no git. `roots`: folders that no program is taken from. */
export function gitOf(
  cwd: string,
  { processes, files, environment }: Pick<System, "processes" | "files" | "environment">,
  roots: readonly string[] = [],
): Git | null {
  const program = findGit({ environment, files }, [cwd, ...roots]);
  if (program === null) return null;
  const env = { ...environment.variables, ...variables };
  const run: Git["run"] = (words, settings = []) => {
    const flags = [...fixed, ...settings].flatMap((setting) => ["-c", setting]);
    return processes.run([program, "--no-optional-locks", ...flags, ...words], {
      cwd,
      env,
      timeoutMs: 2000,
      maxBytes: maxGitBytes,
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
