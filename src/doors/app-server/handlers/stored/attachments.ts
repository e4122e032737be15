import type {
  ThreadAttachment,
  ThreadAttachmentUpdatedNotification,
} from "../../../../protocol/codex-0.169/app-server/sections.ts";
import type { Attachment } from "../../../../protocol/desk.ts";
import type { AppServer } from "../../app-server.ts";
import { RequestError } from "../../request-error.ts";
import { pageOf } from "../../words/pages.ts";
import { assertIdParam, invalid } from "../../words/thread-ids.ts";
import { seconds } from "../../words/threads.ts";
import type { Handlers } from "../handlers.ts";
import { readStored } from "./reading.ts";

type Methods =
  | "thread/attachment/add"
  | "thread/attachment/list"
  | "thread/attachment/remove"
  | "thread/attachmentOwner/list";

const wireAttachment = ({ id, type, key, payload, createdAtMs }: Attachment): ThreadAttachment => ({
  id,
  attachmentType: type,
  identityKey: key,
  payload,
  createdAt: seconds(createdAtMs),
});

function assertNamed({ attachmentType, identityKey }: { attachmentType: string; identityKey: string }): void {
  if (attachmentType === "") throw invalid("attachmentType must not be empty");
  if (identityKey === "") throw invalid("identityKey must not be empty");
}

function tell(
  server: AppServer,
  threadId: string,
  { id, type, key }: Attachment,
  operation: ThreadAttachmentUpdatedNotification["operation"],
): void {
  const params = { threadId, attachmentType: type, identityKey: key, attachmentId: id, operation };
  server.tellAll({ method: "thread/attachment/updated", params });
}

/** As {@link pageOf}, in Codex's words for a cursor that is none. */
function page<Value>(
  place: string,
  all: readonly Value[],
  idOf: (value: Value) => string,
  asked: { cursor?: string | null | undefined; limit?: number | null | undefined },
): { data: Value[]; nextCursor: string | null } {
  try {
    const { data, nextCursor } = pageOf(place, all, idOf, asked);
    return { data, nextCursor };
  } catch (error) {
    throw error instanceof RequestError ? invalid("invalid pagination cursor") : error;
  }
}

export const attachments: Handlers<Methods> = {
  async "thread/attachment/add"(params, { server, after }) {
    const { threadId, attachmentType: type, identityKey: key, payload } = params;
    assertIdParam(threadId);
    assertNamed(params);
    const feed = server.feedOf(threadId);
    const exists = feed === null ? (await readStored(server, threadId)) !== null : feed.info.path !== null;
    if (!exists) throw invalid(`thread not found: ${threadId}`);
    const { attachment, created } = await server.client.call("attachment/add", { threadId, type, key, payload });
    if (created) after(() => tell(server, threadId, attachment, "created"));
    return { outcome: created ? "created" : "existing", attachment: wireAttachment(attachment) };
  },

  async "thread/attachment/list"({ threadId, cursor, limit }, { server }) {
    assertIdParam(threadId);
    const all = (await server.client.call("attachment/list", { threadId })).attachments.map(wireAttachment);
    return page(threadId, all, ({ id }) => id, { cursor, limit });
  },

  async "thread/attachment/remove"(params, { server, after }) {
    const { threadId, attachmentType: type, identityKey: key } = params;
    assertIdParam(threadId);
    assertNamed(params);
    const { removed } = await server.client.call("attachment/remove", { threadId, type, key });
    if (removed !== null) after(() => tell(server, threadId, removed, "deleted"));
    return {};
  },

  async "thread/attachmentOwner/list"(params, { server }) {
    const { attachmentType: type, identityKey: key, archived, cursor, limit } = params;
    assertNamed(params);
    const { threadIds } = await server.client.call("attachment/owners", { type, key });
    const owners = await Promise.all(
      threadIds.map(async (threadId) => ({
        threadId,
        archived:
          (await server.client.call("thread/find", { by: "id", id: threadId, archived: true })).threadId !== null,
      })),
    );
    const wanted = owners.filter((owner) => archived == null || owner.archived === archived);
    return page(`${type}/${key}`, wanted, ({ threadId }) => threadId, { cursor, limit });
  },
};
