import { boolean, nullable, object, optional, string } from "../../shapes/shape.ts";

/** What Codex 0.169 still answers older clients, and leaves out of the schemas that it prints. */

export const GetAuthStatusParams = object({
  includeToken: optional(nullable(boolean)),
  refreshToken: optional(nullable(boolean)),
});

export const GetAuthStatusResponse = object({
  authMethod: nullable(string),
  authToken: nullable(string),
  requiresOpenaiAuth: nullable(boolean),
});

export const GitDiffToRemoteParams = object({ cwd: string });

export const GitDiffToRemoteResponse = object({ diff: string, sha: string });

export const legacyRequests = {
  gitDiffToRemote: { params: GitDiffToRemoteParams, result: GitDiffToRemoteResponse },
  getAuthStatus: { params: GetAuthStatusParams, result: GetAuthStatusResponse },
} as const;
