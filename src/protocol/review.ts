/** What a review looks at. */
export type ReviewTarget =
  /** Staged, unstaged and untracked. */
  | { type: "uncommittedChanges" }
  | { type: "baseBranch"; branch: string }
  | { type: "commit"; sha: string; title: string | null }
  | { type: "custom"; instructions: string };

export interface ReviewFinding {
  title: string;
  body: string;
  /** From 0 to 1. */
  confidence: number | null;
  /** 0 is the most urgent of four. */
  priority: number | null;
  /** Absolute path; lines from 1 on, the last one included. */
  path: string;
  startLine: number;
  endLine: number;
}

export interface ReviewReport {
  findings: ReviewFinding[];
  correctness: string;
  explanation: string;
  confidence: number | null;
}
