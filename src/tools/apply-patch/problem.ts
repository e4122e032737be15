/** What can be wrong with a patch. Told in two ways: to whoever runs the command, and to a model that called the tool. */
export type PatchProblem =
  /** The envelope is not one. */
  | { type: "envelope"; reason: string }
  /** `line` counts from 1 at the begin marker. */
  | { type: "hunk"; line: number; reason: string }
  | { type: "empty" }
  | { type: "read"; path: string; reason: string }
  | { type: "delete"; path: string; reason: string }
  /** The old lines or the anchor of a chunk are not in the file. */
  | { type: "match"; message: string }
  | { type: "write"; path: string };

/** Ends parsing or planning; never leaves this folder. */
export class PatchFault extends Error {
  override readonly name = "PatchFault";
  readonly problem: PatchProblem;

  constructor(problem: PatchProblem) {
    super(problem.type);
    this.problem = problem;
  }
}

/** The problem as the command prints it on stderr, without a line end. */
export function commandText(problem: PatchProblem): string {
  switch (problem.type) {
    case "envelope":
      return `Invalid patch: ${problem.reason}`;
    case "hunk":
      return `Invalid patch hunk on line ${problem.line}: ${problem.reason}`;
    case "empty":
      return "No files were modified.";
    case "read":
      return `Failed to read file to update ${problem.path}: ${problem.reason}`;
    case "delete":
      return `Failed to delete file ${problem.path}`;
    case "match":
      return problem.message;
    case "write":
      return `Failed to write file ${problem.path}`;
  }
}

/** The problem as the tool call's whole output. */
export function verificationText(problem: PatchProblem): string {
  const failed = "apply_patch verification failed: ";
  switch (problem.type) {
    case "envelope":
      return `${failed}invalid patch: ${problem.reason}`;
    case "hunk":
      return `${failed}invalid hunk at line ${problem.line}, ${problem.reason}`;
    case "empty":
      return "patch rejected: empty patch";
    case "delete":
      return `${failed}Failed to read ${problem.path}: ${problem.reason}`;
    default:
      return failed + commandText(problem);
  }
}
