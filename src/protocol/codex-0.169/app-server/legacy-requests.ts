import { boolean, nullable, object, optional, string, union } from "../../shapes/shape.ts";
import { SessionSource } from "./common.ts";

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

export const GetConversationSummaryParams = union(object({ conversationId: string }), object({ rolloutPath: string }));

export const GetConversationSummaryResponse = object({
  summary: object({
    conversationId: string,
    path: string,
    preview: string,
    timestamp: nullable(string),
    updatedAt: nullable(string),
    modelProvider: string,
    cwd: string,
    cliVersion: string,
    source: SessionSource,
    gitInfo: nullable(object({ sha: nullable(string), branch: nullable(string), origin_url: nullable(string) })),
  }),
});

export const legacyRequests = {
  getConversationSummary: { params: GetConversationSummaryParams, result: GetConversationSummaryResponse },
  gitDiffToRemote: { params: GitDiffToRemoteParams, result: GitDiffToRemoteResponse },
  getAuthStatus: { params: GetAuthStatusParams, result: GetAuthStatusResponse },
} as const;
