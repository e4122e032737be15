import { boolean, list, map, nullable, object, optional, string, type Infer } from "../../shapes/shape.ts";
import { LegacyAppPathString } from "./values.ts";

export const FeedbackUploadParams = object({
  classification: string,
  extraLogFiles: optional(nullable(list(string))),
  includeLogs: optional(boolean),
  reason: optional(nullable(string)),
  tags: optional(nullable(map(string))),
  threadId: optional(nullable(string)),
});
export type FeedbackUploadParams = Infer<typeof FeedbackUploadParams>;

export const FeedbackUploadResponse = object({ promptHash: nullable(string), threadId: string });
export type FeedbackUploadResponse = Infer<typeof FeedbackUploadResponse>;

export const FeedbackSaveParams = object({
  classification: string,
  extraLogFiles: optional(nullable(list(string))),
  includeLogs: optional(boolean),
  reason: optional(nullable(string)),
  savePath: LegacyAppPathString,
  tags: optional(nullable(map(string))),
  threadId: optional(nullable(string)),
});
export type FeedbackSaveParams = Infer<typeof FeedbackSaveParams>;

export const FeedbackSaveResponse = object({
  promptHash: nullable(string),
  savedPath: LegacyAppPathString,
  threadId: string,
});
export type FeedbackSaveResponse = Infer<typeof FeedbackSaveResponse>;
