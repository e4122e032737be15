import { addAttachment, attachmentsOf, ownersOf, removeAttachment } from "../../journal/ledger/desk/attachments.ts";
import {
  addSection,
  allSections,
  changeSection,
  placeThread,
  removeSection,
  threadsIn,
} from "../../journal/ledger/desk/sections.ts";
import { changeNotes, notesOf } from "../../journal/ledger/desk/thread-notes.ts";
import type { Ledger } from "../../journal/ledger/ledger.ts";
import type { DeskMethods } from "../../protocol/desk.ts";
import type { Ids } from "../../system/ids.ts";
import type { Clock } from "../../system/ports.ts";

export interface DeskPlace {
  ledger: Ledger;
  ids: Ids;
  clock: Clock;
}

type DeskHandlers = {
  [Name in keyof DeskMethods]: (params: DeskMethods[Name]["params"], place: DeskPlace) => DeskMethods[Name]["result"];
};

/** How threads are arranged, and what is tied to them; kept in the ledger. */
export const deskHandlers: DeskHandlers = {
  "section/list": (_params, { ledger }) => ({ sections: allSections(ledger) }),
  "section/create"({ name, appearance }, { ledger, ids }) {
    const section = { id: ids.uuid(), name, appearance: appearance ?? null };
    addSection(ledger, section);
    return { section };
  },
  "section/update": ({ id, name, appearance }, { ledger }) => ({
    section: changeSection(ledger, id, name, appearance),
  }),
  "section/delete": ({ id }, { ledger }) => ({ deleted: removeSection(ledger, id) }),
  "section/threads": ({ id }, { ledger }) => ({ threadIds: threadsIn(ledger, id) }),
  "section/place"({ threadId, sectionId, before = null }, { ledger, clock }) {
    const wasIn = notesOf(ledger, threadId).section?.id ?? null;
    placeThread(ledger, { threadId, sectionId, before, nowMs: clock.now() });
    return { moved: wasIn !== null || sectionId !== null };
  },
  "thread/notes": ({ threadIds }, { ledger }) => ({ notes: threadIds.map((id) => notesOf(ledger, id)) }),
  "thread/annotate"({ threadId, ...change }, { ledger }) {
    const changed = changeNotes(ledger, threadId, change);
    return { notes: notesOf(ledger, threadId), changed };
  },
  "attachment/add": ({ threadId, type, key, payload }, { ledger, ids, clock }) =>
    addAttachment(ledger, threadId, { id: ids.uuid(), type, key, payload, createdAtMs: clock.now() }),
  "attachment/list": ({ threadId }, { ledger }) => ({ attachments: attachmentsOf(ledger, threadId) }),
  "attachment/owners": ({ type, key }, { ledger }) => ({ threadIds: ownersOf(ledger, type, key) }),
  "attachment/remove": ({ threadId, type, key }, { ledger }) => ({
    removed: removeAttachment(ledger, threadId, type, key),
  }),
  "attachment/copy"({ from, to }, { ledger, ids, clock }) {
    for (const { type, key, payload } of attachmentsOf(ledger, from)) {
      addAttachment(ledger, to, { id: ids.uuid(), type, key, payload, createdAtMs: clock.now() });
    }
    return {};
  },
};
