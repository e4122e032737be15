import {
  anything,
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
import { ThreadSection } from "./common.ts";
import { ThreadSectionAppearance } from "./values.ts";

export const ThreadAttachmentAddParams = object({
  attachmentType: string,
  identityKey: string,
  payload: anything,
  threadId: string,
});
export type ThreadAttachmentAddParams = Infer<typeof ThreadAttachmentAddParams>;

export const ThreadAttachment = object({
  attachmentType: string,
  createdAt: integer,
  id: string,
  identityKey: string,
  payload: anything,
});
export type ThreadAttachment = Infer<typeof ThreadAttachment>;

export const ThreadAttachmentAddOutcome = oneOf("created", "existing");
export type ThreadAttachmentAddOutcome = Infer<typeof ThreadAttachmentAddOutcome>;

export const ThreadAttachmentAddResponse = object({
  attachment: ThreadAttachment,
  outcome: ThreadAttachmentAddOutcome,
});
export type ThreadAttachmentAddResponse = Infer<typeof ThreadAttachmentAddResponse>;

export const ThreadAttachmentListParams = object({
  cursor: optional(nullable(string)),
  limit: optional(nullable(unsigned)),
  threadId: string,
});
export type ThreadAttachmentListParams = Infer<typeof ThreadAttachmentListParams>;

export const ThreadAttachmentListResponse = object({ data: list(ThreadAttachment), nextCursor: nullable(string) });
export type ThreadAttachmentListResponse = Infer<typeof ThreadAttachmentListResponse>;

export const ThreadAttachmentOwnerListParams = object({
  archived: optional(nullable(boolean)),
  attachmentType: string,
  cursor: optional(nullable(string)),
  identityKey: string,
  limit: optional(nullable(unsigned)),
});
export type ThreadAttachmentOwnerListParams = Infer<typeof ThreadAttachmentOwnerListParams>;

export const ThreadAttachmentOwner = object({ archived: boolean, threadId: string });
export type ThreadAttachmentOwner = Infer<typeof ThreadAttachmentOwner>;

export const ThreadAttachmentOwnerListResponse = object({
  data: list(ThreadAttachmentOwner),
  nextCursor: nullable(string),
});
export type ThreadAttachmentOwnerListResponse = Infer<typeof ThreadAttachmentOwnerListResponse>;

export const ThreadAttachmentRemoveParams = object({ attachmentType: string, identityKey: string, threadId: string });
export type ThreadAttachmentRemoveParams = Infer<typeof ThreadAttachmentRemoveParams>;

export const ThreadAttachmentRemoveResponse = object({});
export type ThreadAttachmentRemoveResponse = Infer<typeof ThreadAttachmentRemoveResponse>;

export const ThreadSectionMoveParams = object({
  beforeThreadId: optional(nullable(string)),
  sectionId: nullable(string),
  threadId: string,
});
export type ThreadSectionMoveParams = Infer<typeof ThreadSectionMoveParams>;

export const ThreadSectionMoveResponse = object({});
export type ThreadSectionMoveResponse = Infer<typeof ThreadSectionMoveResponse>;

export const ThreadSectionListParams = object({
  cursor: optional(nullable(string)),
  limit: optional(nullable(unsigned)),
});
export type ThreadSectionListParams = Infer<typeof ThreadSectionListParams>;

export const ThreadSectionListResponse = object({ data: list(ThreadSection), nextCursor: nullable(string) });
export type ThreadSectionListResponse = Infer<typeof ThreadSectionListResponse>;

export const ThreadSectionCreateParams = object({
  appearance: optional(nullable(ThreadSectionAppearance)),
  name: string,
});
export type ThreadSectionCreateParams = Infer<typeof ThreadSectionCreateParams>;

export const ThreadSectionCreateResponse = object({ section: ThreadSection });
export type ThreadSectionCreateResponse = Infer<typeof ThreadSectionCreateResponse>;

export const ThreadSectionUpdateParams = object({
  appearance: optional(nullable(ThreadSectionAppearance)),
  name: string,
  sectionId: string,
});
export type ThreadSectionUpdateParams = Infer<typeof ThreadSectionUpdateParams>;

export const ThreadSectionUpdateResponse = object({ section: ThreadSection });
export type ThreadSectionUpdateResponse = Infer<typeof ThreadSectionUpdateResponse>;

export const ThreadSectionDeleteParams = object({ sectionId: string });
export type ThreadSectionDeleteParams = Infer<typeof ThreadSectionDeleteParams>;

export const ThreadSectionDeleteResponse = object({});
export type ThreadSectionDeleteResponse = Infer<typeof ThreadSectionDeleteResponse>;

export const ThreadSectionChangedNotification = object({ sectionId: nullable(string), threadId: string });
export type ThreadSectionChangedNotification = Infer<typeof ThreadSectionChangedNotification>;

export const ThreadAttachmentOperation = oneOf("created", "deleted");
export type ThreadAttachmentOperation = Infer<typeof ThreadAttachmentOperation>;

export const ThreadAttachmentUpdatedNotification = object({
  attachmentId: string,
  attachmentType: string,
  identityKey: string,
  operation: ThreadAttachmentOperation,
  threadId: string,
});
export type ThreadAttachmentUpdatedNotification = Infer<typeof ThreadAttachmentUpdatedNotification>;
