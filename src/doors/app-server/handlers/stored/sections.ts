import type { ThreadSection } from "../../../../protocol/codex-0.169/app-server/common.ts";
import type { Section } from "../../../../protocol/desk.ts";
import { AgentError } from "../../../../protocol/errors.ts";
import { readNotes } from "../../feed/read-marks.ts";
import { refused } from "../../request-error.ts";
import { pageSize } from "../../words/pages.ts";
import { assertThreadId, invalid } from "../../words/thread-ids.ts";
import type { Handlers } from "../handlers.ts";
import { readStored } from "./reading.ts";

type Methods =
  | "threadSection/list"
  | "threadSection/create"
  | "threadSection/update"
  | "threadSection/delete"
  | "thread/section/move";

const wireSection = ({ id, name, appearance }: Section): ThreadSection => ({
  id,
  name,
  appearance: appearance as ThreadSection["appearance"],
});

function nameOf(name: string): string {
  const trimmed = name.trim();
  if (trimmed === "") throw invalid("section name must not be empty");
  return trimmed;
}

const unknown = (id: string): Error => invalid(`thread section not found: ${id}`);

export const sections: Handlers<Methods> = {
  async "threadSection/list"({ cursor, limit }, { server }) {
    const all = (await server.client.call("section/list", {})).sections.map(wireSection);
    // Its cursors are ids, which sort as they were made; one of none has nothing behind it.
    const begin = cursor == null ? 0 : all.findIndex(({ id }) => id === cursor) + 1;
    if (cursor != null && begin === 0) return { data: [], nextCursor: null };
    const data = all.slice(begin, begin + pageSize(limit));
    return { data, nextCursor: begin + data.length < all.length ? (data.at(-1)?.id ?? null) : null };
  },

  async "threadSection/create"({ name, appearance }, { server }) {
    const params = { name: nameOf(name), appearance: appearance ?? null };
    return { section: wireSection((await server.client.call("section/create", params)).section) };
  },

  async "threadSection/update"({ sectionId, name, appearance }, { server }) {
    const params = { id: sectionId, name: nameOf(name), ...(appearance !== undefined && { appearance }) };
    const { section } = await server.client.call("section/update", params);
    if (section === null) throw unknown(sectionId);
    return { section: wireSection(section) };
  },

  async "threadSection/delete"({ sectionId }, { server }) {
    const { deleted } = await server.client.call("section/delete", { id: sectionId });
    if (!deleted) throw unknown(sectionId);
    for (const id of server.loadedThreads) {
      const feed = server.feedOf(id);
      if (feed?.notes?.section?.id === sectionId)
        feed.notes = { ...feed.notes, section: null, sectionEnteredAtMs: null };
    }
    return {};
  },

  async "thread/section/move"({ threadId, sectionId, beforeThreadId }, { server, after }) {
    assertThreadId(threadId);
    if (beforeThreadId != null && beforeThreadId === threadId) {
      throw refused(`thread ${threadId} cannot be moved before itself`);
    }
    const feed = server.feedOf(threadId);
    if (feed === null && (await readStored(server, threadId)) === null) throw refused(`thread not found: ${threadId}`);
    const before = beforeThreadId == null ? {} : { before: beforeThreadId };
    const { moved } = await server.client
      .call("section/place", { threadId, sectionId, ...before })
      .catch((error: unknown) => {
        throw error instanceof AgentError ? refused(error.message) : error;
      });
    if (feed !== null) await readNotes(server, feed);
    if (moved) after(() => server.tellAll({ method: "thread/section/changed", params: { threadId, sectionId } }));
    return {};
  },
};
