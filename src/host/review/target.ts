import { AgentError } from "../../protocol/errors.ts";
import type { ReviewTarget } from "../../protocol/review.ts";
import type { Git } from "../git.ts";

/** What is looked at, in a line. @throws AgentError `usage` for a target that names nothing. */
export function labelOf(target: ReviewTarget): string {
  switch (target.type) {
    case "uncommittedChanges":
      return "current changes";
    case "baseBranch":
      return `changes against '${given(target.branch, "branch")}'`;
    case "commit": {
      const sha = given(target.sha, "sha").slice(0, 7);
      return target.title === null ? `commit ${sha}` : `commit ${sha}: ${target.title}`;
    }
    case "custom":
      return given(target.instructions, "instructions");
  }
}

function given(text: string, name: string): string {
  const trimmed = text.trim();
  if (trimmed === "") throw new AgentError("usage", `${name} must not be empty`);
  return trimmed;
}

/** What the reviewer is asked; `git` is null where there is none. */
export async function requestOf(target: ReviewTarget, git: Git | null): Promise<string> {
  switch (target.type) {
    case "uncommittedChanges":
      return "Review everything that is changed here and not committed: staged, unstaged and untracked files.";
    case "baseBranch": {
      const branch = target.branch.trim();
      const base = (await git?.line("merge-base", "--end-of-options", branch, "HEAD")) ?? null;
      if (base === null) {
        return `Review what this branch changes against '${branch}'. Find the commit where the two part (git merge-base, also with the branch of a remote), and look at \`git diff\` from there.`;
      }
      return `Review what this branch changes against '${branch}'. The two part at ${base}: \`git diff ${base}\` shows all of it.`;
    }
    case "commit": {
      const title = target.title === null ? "" : ` ("${target.title}")`;
      return `Review what commit ${target.sha.trim()}${title} changes.`;
    }
    case "custom":
      return target.instructions.trim();
  }
}
