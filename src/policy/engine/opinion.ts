/** What one source says of an action. */
export interface Opinion {
  readonly decision: "allow" | "ask" | "deny";
  /** As in `Verdict.rule`. */
  readonly rule: string;
  /** A sentence. */
  readonly reason: string;
  /** With `allow`: it may leave the sandbox. With `ask`: a yes means that. */
  readonly outside: boolean;
  /** With `ask`: what would have made it an `allow`, for whoever cannot be asked; a sentence. */
  readonly wayOut: string | null;
  /** With `ask` and `deny`, where Codex has words for it: what the model is told when nobody can be asked. */
  readonly codexWords?: string;
}
