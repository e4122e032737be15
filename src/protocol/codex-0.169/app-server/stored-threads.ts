import {
  anything,
  boolean,
  experimental,
  integer,
  list,
  literal,
  map,
  nullable,
  object,
  oneOf,
  optional,
  string,
  type Infer,
  union,
  unsigned,
} from "../../shapes/shape.ts";
import { Thread, Turn } from "./common.ts";
import { ThreadItem } from "./items.ts";
import { SortDirection, TurnItemsView } from "./values.ts";

export const ThreadArchiveParams = object({ threadId: string });
export type ThreadArchiveParams = Infer<typeof ThreadArchiveParams>;

export const ThreadArchiveResponse = object({});
export type ThreadArchiveResponse = Infer<typeof ThreadArchiveResponse>;

export const ThreadDeleteParams = object({ threadId: string });
export type ThreadDeleteParams = Infer<typeof ThreadDeleteParams>;

export const ThreadDeleteResponse = object({});
export type ThreadDeleteResponse = Infer<typeof ThreadDeleteResponse>;

export const ThreadUnsubscribeParams = object({ threadId: string });
export type ThreadUnsubscribeParams = Infer<typeof ThreadUnsubscribeParams>;

export const ThreadUnsubscribeStatus = oneOf("notLoaded", "notSubscribed", "unsubscribed");
export type ThreadUnsubscribeStatus = Infer<typeof ThreadUnsubscribeStatus>;

export const ThreadUnsubscribeResponse = object({ status: ThreadUnsubscribeStatus });
export type ThreadUnsubscribeResponse = Infer<typeof ThreadUnsubscribeResponse>;

export const ThreadIncrementElicitationParams = object({ threadId: string });
export type ThreadIncrementElicitationParams = Infer<typeof ThreadIncrementElicitationParams>;

export const ThreadIncrementElicitationResponse = object({ count: integer, paused: boolean });
export type ThreadIncrementElicitationResponse = Infer<typeof ThreadIncrementElicitationResponse>;

export const ThreadDecrementElicitationParams = object({ threadId: string });
export type ThreadDecrementElicitationParams = Infer<typeof ThreadDecrementElicitationParams>;

export const ThreadDecrementElicitationResponse = object({ count: integer, paused: boolean });
export type ThreadDecrementElicitationResponse = Infer<typeof ThreadDecrementElicitationResponse>;

export const ThreadSetNameParams = object({ name: string, threadId: string });
export type ThreadSetNameParams = Infer<typeof ThreadSetNameParams>;

export const ThreadSetNameResponse = object({});
export type ThreadSetNameResponse = Infer<typeof ThreadSetNameResponse>;

export const ThreadMetadataGitInfoUpdateParams = object({
  branch: optional(nullable(string)),
  originUrl: optional(nullable(string)),
  sha: optional(nullable(string)),
});
export type ThreadMetadataGitInfoUpdateParams = Infer<typeof ThreadMetadataGitInfoUpdateParams>;

export const ThreadMetadataUpdateParams = object({
  daybreakEnabled: experimental(optional(nullable(boolean))),
  gitInfo: optional(nullable(ThreadMetadataGitInfoUpdateParams)),
  projectId: experimental(optional(nullable(string))),
  threadId: string,
});
export type ThreadMetadataUpdateParams = Infer<typeof ThreadMetadataUpdateParams>;

export const ThreadMetadataUpdateResponse = object({ thread: Thread });
export type ThreadMetadataUpdateResponse = Infer<typeof ThreadMetadataUpdateResponse>;

export const ThreadUnarchiveParams = object({ threadId: string });
export type ThreadUnarchiveParams = Infer<typeof ThreadUnarchiveParams>;

export const ThreadUnarchiveResponse = object({ thread: Thread });
export type ThreadUnarchiveResponse = Infer<typeof ThreadUnarchiveResponse>;

export const ThreadCompactStartParams = object({ threadId: string });
export type ThreadCompactStartParams = Infer<typeof ThreadCompactStartParams>;

export const ThreadCompactStartResponse = object({});
export type ThreadCompactStartResponse = Infer<typeof ThreadCompactStartResponse>;

export const ThreadShellCommandParams = object({
  command: string,
  threadId: string,
  timeoutMs: optional(nullable(integer)),
});
export type ThreadShellCommandParams = Infer<typeof ThreadShellCommandParams>;

export const ThreadShellCommandResponse = object({});
export type ThreadShellCommandResponse = Infer<typeof ThreadShellCommandResponse>;

export const ThreadApproveGuardianDeniedActionParams = object({ event: anything, threadId: string });
export type ThreadApproveGuardianDeniedActionParams = Infer<typeof ThreadApproveGuardianDeniedActionParams>;

export const ThreadApproveGuardianDeniedActionResponse = object({});
export type ThreadApproveGuardianDeniedActionResponse = Infer<typeof ThreadApproveGuardianDeniedActionResponse>;

export const ThreadListCwdFilter = union(string, list(string));
export type ThreadListCwdFilter = Infer<typeof ThreadListCwdFilter>;

export const ThreadSortKey = oneOf("created_at", "updated_at", "recency_at", "section_position");
export type ThreadSortKey = Infer<typeof ThreadSortKey>;

export const ThreadSourceKind = oneOf(
  "cli",
  "vscode",
  "exec",
  "appServer",
  "subAgent",
  "subAgentReview",
  "subAgentCompact",
  "subAgentThreadSpawn",
  "subAgentOther",
  "unknown",
);
export type ThreadSourceKind = Infer<typeof ThreadSourceKind>;

export const ThreadListParams = object({
  ancestorThreadId: experimental(optional(nullable(string))),
  archived: optional(nullable(boolean)),
  attachedToThreadId: experimental(optional(nullable(string))),
  currentAccountOnly: optional(boolean),
  cursor: optional(nullable(string)),
  cwd: optional(nullable(ThreadListCwdFilter)),
  excludedThreadIds: optional(nullable(list(string))),
  includeAttachedThreads: experimental(optional(boolean)),
  limit: optional(nullable(unsigned)),
  modelProviders: optional(nullable(list(string))),
  originators: optional(nullable(list(string))),
  parentThreadId: experimental(optional(nullable(string))),
  projectId: experimental(optional(nullable(string))),
  searchTerm: optional(nullable(string)),
  sectionId: optional(nullable(string)),
  sortDirection: optional(nullable(SortDirection)),
  sortKey: optional(nullable(ThreadSortKey)),
  sourceKinds: optional(nullable(list(ThreadSourceKind))),
  useStateDbOnly: optional(boolean),
});
export type ThreadListParams = Infer<typeof ThreadListParams>;

export const ThreadUnreadPosition = union(
  object({ type: literal("threadStart") }),
  object({ turnId: string, type: literal("turn") }),
);
export type ThreadUnreadPosition = Infer<typeof ThreadUnreadPosition>;

export const ThreadReadState = object({ firstUnread: nullable(ThreadUnreadPosition), revision: string });
export type ThreadReadState = Infer<typeof ThreadReadState>;

export const ThreadListResponse = object({
  backwardsCursor: nullable(string),
  data: list(Thread),
  nextCursor: nullable(string),
  readStates: experimental(nullable(map(ThreadReadState))),
});
export type ThreadListResponse = Infer<typeof ThreadListResponse>;

export const ThreadSearchSortKey = oneOf("created_at", "updated_at", "recency_at");
export type ThreadSearchSortKey = Infer<typeof ThreadSearchSortKey>;

export const ThreadSearchParams = object({
  archived: optional(nullable(boolean)),
  currentAccountOnly: optional(boolean),
  cursor: optional(nullable(string)),
  includeAttachedThreads: optional(boolean),
  limit: optional(nullable(unsigned)),
  searchTerm: string,
  sortDirection: optional(nullable(SortDirection)),
  sortKey: optional(nullable(ThreadSearchSortKey)),
  sourceKinds: optional(nullable(list(ThreadSourceKind))),
});
export type ThreadSearchParams = Infer<typeof ThreadSearchParams>;

export const ThreadSearchResult = object({ snippet: string, thread: Thread });
export type ThreadSearchResult = Infer<typeof ThreadSearchResult>;

export const ThreadSearchResponse = object({
  backwardsCursor: nullable(string),
  data: list(ThreadSearchResult),
  nextCursor: nullable(string),
});
export type ThreadSearchResponse = Infer<typeof ThreadSearchResponse>;

export const ThreadSearchOccurrencesParams = object({
  cursor: optional(nullable(string)),
  limit: optional(nullable(unsigned)),
  searchTerm: string,
  threadId: string,
});
export type ThreadSearchOccurrencesParams = Infer<typeof ThreadSearchOccurrencesParams>;

export const ThreadSearchTextRange = object({ end: unsigned, start: unsigned });
export type ThreadSearchTextRange = Infer<typeof ThreadSearchTextRange>;

export const ThreadSearchOccurrence = object({
  itemId: string,
  snippet: string,
  snippetMatchRange: ThreadSearchTextRange,
  turnCursor: string,
  turnId: string,
});
export type ThreadSearchOccurrence = Infer<typeof ThreadSearchOccurrence>;

export const ThreadSearchOccurrencesResponse = object({
  data: list(ThreadSearchOccurrence),
  nextCursor: nullable(string),
});
export type ThreadSearchOccurrencesResponse = Infer<typeof ThreadSearchOccurrencesResponse>;

export const ThreadLoadedListParams = object({
  cursor: optional(nullable(string)),
  limit: optional(nullable(unsigned)),
});
export type ThreadLoadedListParams = Infer<typeof ThreadLoadedListParams>;

export const ThreadLoadedListResponse = object({ data: list(string), nextCursor: nullable(string) });
export type ThreadLoadedListResponse = Infer<typeof ThreadLoadedListResponse>;

export const ThreadReadParams = object({ includeTurns: optional(boolean), threadId: string });
export type ThreadReadParams = Infer<typeof ThreadReadParams>;

export const ThreadReadResponse = object({ readState: experimental(nullable(ThreadReadState)), thread: Thread });
export type ThreadReadResponse = Infer<typeof ThreadReadResponse>;

export const ThreadReadStateOperation = union(object({ type: literal("read") }), object({ type: literal("unread") }));
export type ThreadReadStateOperation = Infer<typeof ThreadReadStateOperation>;

export const ThreadReadStateUpdateParams = object({
  expectedRevision: string,
  operation: ThreadReadStateOperation,
  threadId: string,
});
export type ThreadReadStateUpdateParams = Infer<typeof ThreadReadStateUpdateParams>;

export const ThreadReadStateUpdateResponse = object({ readState: ThreadReadState });
export type ThreadReadStateUpdateResponse = Infer<typeof ThreadReadStateUpdateResponse>;

export const ThreadTurnsListParams = object({
  cursor: optional(nullable(string)),
  itemsView: optional(nullable(TurnItemsView)),
  limit: optional(nullable(unsigned)),
  sortDirection: optional(nullable(SortDirection)),
  threadId: string,
});
export type ThreadTurnsListParams = Infer<typeof ThreadTurnsListParams>;

export const ThreadTurnsListResponse = object({
  backwardsCursor: nullable(string),
  data: list(Turn),
  nextCursor: nullable(string),
});
export type ThreadTurnsListResponse = Infer<typeof ThreadTurnsListResponse>;

export const ThreadItemOutputDeferral = object({
  commandExecution: experimental(optional(boolean)),
  mcpToolCall: experimental(optional(boolean)),
});
export type ThreadItemOutputDeferral = Infer<typeof ThreadItemOutputDeferral>;

export const ThreadItemsListAnchor = object({ itemId: string, type: literal("item") });
export type ThreadItemsListAnchor = Infer<typeof ThreadItemsListAnchor>;

export const ThreadItemsListCursor = union(string, ThreadItemsListAnchor);
export type ThreadItemsListCursor = Infer<typeof ThreadItemsListCursor>;

export const ThreadItemsListParams = object({
  cursor: optional(nullable(ThreadItemsListCursor)),
  deferOutput: optional(nullable(ThreadItemOutputDeferral)),
  limit: optional(nullable(unsigned)),
  sortDirection: optional(nullable(SortDirection)),
  threadId: string,
  turnId: optional(nullable(string)),
});
export type ThreadItemsListParams = Infer<typeof ThreadItemsListParams>;

export const ThreadItemEntry = object({
  completedAtMs: nullable(integer),
  item: ThreadItem,
  outputDeferred: experimental(optional(boolean)),
  startedAtMs: nullable(integer),
  turnId: string,
});
export type ThreadItemEntry = Infer<typeof ThreadItemEntry>;

export const ThreadItemsListResponse = object({
  backwardsCursor: nullable(string),
  data: list(ThreadItemEntry),
  nextCursor: nullable(string),
});
export type ThreadItemsListResponse = Infer<typeof ThreadItemsListResponse>;

export const ThreadItemsReadParams = object({ itemIds: list(string), threadId: string, turnId: string });
export type ThreadItemsReadParams = Infer<typeof ThreadItemsReadParams>;

export const ThreadItemsReadResponse = object({ data: list(ThreadItemEntry) });
export type ThreadItemsReadResponse = Infer<typeof ThreadItemsReadResponse>;

export const ThreadInjectItemsParams = object({ items: list(anything), threadId: string });
export type ThreadInjectItemsParams = Infer<typeof ThreadInjectItemsParams>;

export const ThreadInjectItemsResponse = object({});
export type ThreadInjectItemsResponse = Infer<typeof ThreadInjectItemsResponse>;

export const ThreadReadStateChangedNotification = object({ readState: ThreadReadState, threadId: string });
export type ThreadReadStateChangedNotification = Infer<typeof ThreadReadStateChangedNotification>;

export const ThreadArchivedNotification = object({ threadId: string });
export type ThreadArchivedNotification = Infer<typeof ThreadArchivedNotification>;

export const ThreadDeletedNotification = object({ threadId: string });
export type ThreadDeletedNotification = Infer<typeof ThreadDeletedNotification>;

export const ThreadUnarchivedNotification = object({ threadId: string });
export type ThreadUnarchivedNotification = Infer<typeof ThreadUnarchivedNotification>;

export const ThreadNameUpdatedNotification = object({ threadId: string, threadName: optional(nullable(string)) });
export type ThreadNameUpdatedNotification = Infer<typeof ThreadNameUpdatedNotification>;

export const ContextCompactedNotification = object({ threadId: string, turnId: string });
export type ContextCompactedNotification = Infer<typeof ContextCompactedNotification>;
