import {
  boolean,
  integer,
  list,
  nullable,
  object,
  oneOf,
  optional,
  string,
  type Infer,
  unsigned,
} from "../../shapes/shape.ts";
import { AbsolutePathBuf } from "./values.ts";

export const FsReadFileParams = object({ path: AbsolutePathBuf });
export type FsReadFileParams = Infer<typeof FsReadFileParams>;

export const FsReadFileResponse = object({ dataBase64: string });
export type FsReadFileResponse = Infer<typeof FsReadFileResponse>;

export const FsWriteFileParams = object({ dataBase64: string, path: AbsolutePathBuf });
export type FsWriteFileParams = Infer<typeof FsWriteFileParams>;

export const FsWriteFileResponse = object({});
export type FsWriteFileResponse = Infer<typeof FsWriteFileResponse>;

export const FsCreateDirectoryParams = object({ path: AbsolutePathBuf, recursive: optional(nullable(boolean)) });
export type FsCreateDirectoryParams = Infer<typeof FsCreateDirectoryParams>;

export const FsCreateDirectoryResponse = object({});
export type FsCreateDirectoryResponse = Infer<typeof FsCreateDirectoryResponse>;

export const FsGetMetadataParams = object({ path: AbsolutePathBuf });
export type FsGetMetadataParams = Infer<typeof FsGetMetadataParams>;

export const FsGetMetadataResponse = object({
  createdAtMs: integer,
  isDirectory: boolean,
  isFile: boolean,
  isSymlink: boolean,
  modifiedAtMs: integer,
});
export type FsGetMetadataResponse = Infer<typeof FsGetMetadataResponse>;

export const FsReadDirectoryParams = object({ path: AbsolutePathBuf });
export type FsReadDirectoryParams = Infer<typeof FsReadDirectoryParams>;

export const FsReadDirectoryEntry = object({ fileName: string, isDirectory: boolean, isFile: boolean });
export type FsReadDirectoryEntry = Infer<typeof FsReadDirectoryEntry>;

export const FsReadDirectoryResponse = object({ entries: list(FsReadDirectoryEntry) });
export type FsReadDirectoryResponse = Infer<typeof FsReadDirectoryResponse>;

export const FsRemoveParams = object({
  force: optional(nullable(boolean)),
  path: AbsolutePathBuf,
  recursive: optional(nullable(boolean)),
});
export type FsRemoveParams = Infer<typeof FsRemoveParams>;

export const FsRemoveResponse = object({});
export type FsRemoveResponse = Infer<typeof FsRemoveResponse>;

export const FsCopyParams = object({
  destinationPath: AbsolutePathBuf,
  recursive: optional(boolean),
  sourcePath: AbsolutePathBuf,
});
export type FsCopyParams = Infer<typeof FsCopyParams>;

export const FsCopyResponse = object({});
export type FsCopyResponse = Infer<typeof FsCopyResponse>;

export const FsWatchParams = object({ path: AbsolutePathBuf, watchId: string });
export type FsWatchParams = Infer<typeof FsWatchParams>;

export const FsWatchResponse = object({ path: AbsolutePathBuf });
export type FsWatchResponse = Infer<typeof FsWatchResponse>;

export const FsUnwatchParams = object({ watchId: string });
export type FsUnwatchParams = Infer<typeof FsUnwatchParams>;

export const FsUnwatchResponse = object({});
export type FsUnwatchResponse = Infer<typeof FsUnwatchResponse>;

export const FuzzyFileSearchParams = object({
  cancellationToken: nullable(string),
  query: string,
  roots: list(string),
});
export type FuzzyFileSearchParams = Infer<typeof FuzzyFileSearchParams>;

export const FuzzyFileSearchMatchType = oneOf("file", "directory");
export type FuzzyFileSearchMatchType = Infer<typeof FuzzyFileSearchMatchType>;

export const FuzzyFileSearchResult = object({
  file_name: string,
  indices: nullable(list(unsigned)),
  match_type: FuzzyFileSearchMatchType,
  path: string,
  root: string,
  score: unsigned,
});
export type FuzzyFileSearchResult = Infer<typeof FuzzyFileSearchResult>;

export const FuzzyFileSearchResponse = object({ files: list(FuzzyFileSearchResult) });
export type FuzzyFileSearchResponse = Infer<typeof FuzzyFileSearchResponse>;

export const FuzzyFileSearchSessionStartParams = object({ roots: list(string), sessionId: string });
export type FuzzyFileSearchSessionStartParams = Infer<typeof FuzzyFileSearchSessionStartParams>;

export const FuzzyFileSearchSessionStartResponse = object({});
export type FuzzyFileSearchSessionStartResponse = Infer<typeof FuzzyFileSearchSessionStartResponse>;

export const FuzzyFileSearchSessionUpdateParams = object({ query: string, sessionId: string });
export type FuzzyFileSearchSessionUpdateParams = Infer<typeof FuzzyFileSearchSessionUpdateParams>;

export const FuzzyFileSearchSessionUpdateResponse = object({});
export type FuzzyFileSearchSessionUpdateResponse = Infer<typeof FuzzyFileSearchSessionUpdateResponse>;

export const FuzzyFileSearchSessionStopParams = object({ sessionId: string });
export type FuzzyFileSearchSessionStopParams = Infer<typeof FuzzyFileSearchSessionStopParams>;

export const FuzzyFileSearchSessionStopResponse = object({});
export type FuzzyFileSearchSessionStopResponse = Infer<typeof FuzzyFileSearchSessionStopResponse>;

export const FsChangedNotification = object({ changedPaths: list(AbsolutePathBuf), watchId: string });
export type FsChangedNotification = Infer<typeof FsChangedNotification>;

export const FuzzyFileSearchSessionUpdatedNotification = object({
  files: list(FuzzyFileSearchResult),
  query: string,
  sessionId: string,
});
export type FuzzyFileSearchSessionUpdatedNotification = Infer<typeof FuzzyFileSearchSessionUpdatedNotification>;

export const FuzzyFileSearchSessionCompletedNotification = object({ sessionId: string });
export type FuzzyFileSearchSessionCompletedNotification = Infer<typeof FuzzyFileSearchSessionCompletedNotification>;
