import type { Effects } from "./effects.ts";

/** How far a yes reaches. `folder`: every thread that works in this folder; `everywhere`: every thread. */
export type GrantScope = "turn" | "thread" | "folder" | "everywhere";

/** What was allowed; never more than what was shown when it was asked for. */
export type GrantedThing =
  /** This very command in this very folder. */
  | { readonly type: "command"; readonly argv: readonly string[]; readonly cwd: string; readonly outside: boolean }
  /** Commands that begin with these words. */
  | { readonly type: "prefix"; readonly words: readonly string[]; readonly outside: boolean }
  /** Changes of these files. Real paths. */
  | { readonly type: "write"; readonly paths: readonly string[] }
  | { readonly type: "mcp"; readonly server: string; readonly tool: string }
  | { readonly type: "hosts"; readonly hosts: readonly string[] };

/** A file as it was when it was shown. */
export interface FileMark {
  readonly path: string;
  /** SHA-256 of its content, in hexadecimal. */
  readonly hash: string;
}

/** A yes that holds beyond the call that it was given for. */
export interface Grant {
  readonly id: string;
  readonly scope: GrantScope;
  readonly threadId: string;
  readonly turnId: string;
  /** The real path of the folder; null unless that is the scope. */
  readonly folder: string | null;
  readonly thing: GrantedThing;
  /** As it was shown. */
  readonly effects: Effects;
  /** What the command runs or reads beside itself, where its text does not tell what it does: another content is another command. */
  readonly files: readonly FileMark[];
  readonly grantedAtMs: number;
  /** Null: until it is revoked. */
  readonly expiresAtMs: number | null;
  readonly revokedAtMs: number | null;
}
