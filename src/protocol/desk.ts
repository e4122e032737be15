/** How users arrange their threads: what lists and editors keep about a thread beside its conversation. */

/** A named group of threads. */
export interface Section {
  id: string;
  name: string;
  /** As the client that made it wants it shown; its own affair. */
  appearance: unknown;
}

export interface ThreadNotes {
  section: Section | null;
  /** Milliseconds since the Unix epoch; null outside of sections. */
  sectionEnteredAtMs: number | null;
  unread: ReadMark;
  /** In place of what the thread's file says of git; absent fields are the file's. */
  git: { sha?: string | null; branch?: string | null; originUrl?: string | null } | null;
  daybreak: boolean | null;
}

/** The first turn that nobody has read, and a word for this state of things: whoever changes it names the one it knows. */
export interface ReadMark {
  turnId: string | null;
  revision: string;
}

export interface NoteChange {
  /** With `expected`, only where the mark still has that revision. */
  unread?: ReadMark & { expected?: string };
  git?: NonNullable<ThreadNotes["git"]>;
  daybreak?: boolean | null;
}

/** Something that a client has tied to a thread, such as a pull request; the same key is tied once. */
export interface Attachment {
  id: string;
  type: string;
  key: string;
  payload: unknown;
  createdAtMs: number;
}

export interface DeskMethods {
  "section/list": { params: Record<string, never>; result: { sections: Section[] } };
  "section/create": { params: { name: string; appearance: unknown }; result: { section: Section } };
  /** Null: there is none of that id. */
  "section/update": {
    params: { id: string; name: string; appearance?: unknown };
    result: { section: Section | null };
  };
  "section/delete": { params: { id: string }; result: { deleted: boolean } };
  /** Ids of its threads, in the order that the user gave them. */
  "section/threads": { params: { id: string }; result: { threadIds: string[] } };
  /** Puts a thread into a section, before another or behind all; null takes it out of its own. `usage` for what is not there. */
  "section/place": {
    params: { threadId: string; sectionId: string | null; before?: string };
    result: { moved: boolean };
  };
  /** Of every thread that is asked for, in the same order. */
  "thread/notes": { params: { threadIds: readonly string[] }; result: { notes: ThreadNotes[] } };
  /** `changed` is false where the mark has another revision than was expected. */
  "thread/annotate": {
    params: { threadId: string } & NoteChange;
    result: { notes: ThreadNotes; changed: boolean };
  };
  "attachment/add": {
    params: { threadId: string; type: string; key: string; payload: unknown };
    result: { attachment: Attachment; created: boolean };
  };
  /** Oldest first. */
  "attachment/list": { params: { threadId: string }; result: { attachments: Attachment[] } };
  "attachment/owners": { params: { type: string; key: string }; result: { threadIds: string[] } };
  /** Null when there was none. */
  "attachment/remove": {
    params: { threadId: string; type: string; key: string };
    result: { removed: Attachment | null };
  };
  /** Ties everything that is tied to one thread to another too. */
  "attachment/copy": { params: { from: string; to: string }; result: Record<string, never> };
}
