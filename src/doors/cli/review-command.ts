import { Option, type Command } from "commander";
import { AgentError } from "../../protocol/errors.ts";
import type { ReviewTarget } from "../../protocol/review.ts";
import type { CommonFlags } from "./options.ts";

export interface ReviewFlags extends CommonFlags {
  uncommitted?: boolean;
  base?: string;
  commit?: string;
  title?: string;
}

export function addReviewFlags(command: Command): Command {
  return command
    .description("have changes looked through; the report is the answer")
    .argument("[prompt]", "what to look at, in words of your own; -: read from stdin")
    .addOption(new Option("--uncommitted", "what is not committed").conflicts(["base", "commit"]))
    .addOption(new Option("--base <branch>", "what this branch changes against another").conflicts("commit"))
    .option("--commit <sha>", "what a commit changes")
    .option("--title <title>", "with --commit: its title, for the report");
}

/** What is to be looked at; null: what the prompt on stdin says. `refuse` ends a command line that says two things. */
export function reviewTarget(
  prompt: string | undefined,
  flags: ReviewFlags,
  refuse: (message: string) => never,
): ReviewTarget | null {
  const { uncommitted, base, commit, title } = flags;
  if (title !== undefined && commit === undefined) refuse("error: --title needs --commit SHA");
  const named = uncommitted === true || base !== undefined || commit !== undefined;
  if (named && prompt !== undefined) {
    refuse("error: a prompt says itself what to look at; leave --uncommitted, --base and --commit out");
  }
  if (uncommitted === true) return { type: "uncommittedChanges" };
  if (base !== undefined) return { type: "baseBranch", branch: base };
  if (commit !== undefined) return { type: "commit", sha: commit, title: title ?? null };
  if (prompt === "-") return null;
  if (prompt === undefined) {
    throw new AgentError(
      "config",
      "say what to look at: --uncommitted, --base BRANCH, --commit SHA, or instructions of your own",
    );
  }
  return { type: "custom", instructions: prompt };
}
