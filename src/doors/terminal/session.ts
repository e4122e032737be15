import type { Client } from "../../client/client.ts";
import { withSettings } from "../../host/thread/settings.ts";
import type { ThreadInfo, ThreadOptions, ThreadSettings, WorkspaceInfo } from "../../protocol/methods.ts";
import { modeOf, modeOptions, type Mode } from "../../protocol/modes.ts";
import type { ThreadSummary } from "../../protocol/threads.ts";
import { Conversation, Interrupts, type ConversationPorts } from "./conversation.ts";
import { runCommand } from "./commands.ts";
import type { Input } from "./display.ts";
import { statusLine } from "./item-lines.ts";
import { historyLines, titleOfThread } from "./stored-turns.ts";

export type LeaveReason = "asked" | "interrupt" | "gone" | "stopped";

/** A person at a terminal: one conversation after the other, until they leave. */
export class Session {
  readonly ports: ConversationPorts;
  readonly workspace: WorkspaceInfo;
  /** What threads are opened with; settings that were changed here are among them. */
  options: ThreadOptions;
  /** The list that numbers were last given to. */
  listed: readonly ThreadSummary[] = [];
  /** Files that go with what is said first. */
  images: readonly string[] = [];
  conversation!: Conversation;
  readonly #interrupts: Interrupts;
  readonly #left: Promise<LeaveReason>;
  #leave!: (reason: LeaveReason) => void;
  #leaving = false;
  /** Resolves when the thread is open again. */
  #closed: Promise<void> = Promise.resolve();
  /** Lines are worked on one after the other, as they came. */
  #work: Promise<void> = Promise.resolve();

  constructor(ports: ConversationPorts, workspace: WorkspaceInfo, options: ThreadOptions) {
    this.ports = ports;
    this.workspace = workspace;
    this.options = options;
    this.#interrupts = new Interrupts(() => ports.now());
    this.#left = new Promise((resolve) => (this.#leave = resolve));
  }

  get client(): Client {
    return this.ports.client;
  }

  print(text: string): void {
    this.conversation.print(text);
  }

  /** Talks in this thread from now on. */
  enter(info: ThreadInfo, title: string | null): void {
    const { events, terminal } = this.ports;
    events?.opened(info);
    this.conversation = new Conversation(this.ports, info, title);
    for (const warning of [...info.notices, ...info.warnings]) {
      this.conversation.transcript.accept({ type: "warning", threadId: info.threadId, message: warning });
    }
    terminal.display.status("");
  }

  /** Opens the thread that is asked for, and gives the one before free. */
  async open(method: "thread/start"): Promise<void>;
  async open(method: "thread/resume" | "thread/fork", threadId: string): Promise<void>;
  async open(method: "thread/start" | "thread/resume" | "thread/fork", threadId?: string): Promise<void> {
    const before = this.conversation as Conversation | undefined;
    const info =
      method === "thread/start" || threadId === undefined
        ? await this.client.call("thread/start", this.options)
        : await this.client.call(method, { ...this.options, threadId });
    // It is stored; a second time it would only be looked up.
    this.options = { ...this.options, trust: false };
    if (before !== undefined) {
      before.leave();
      await this.client.call("thread/close", { threadId: before.info.threadId });
    }
    if (threadId === undefined) return this.enter(info, null);
    const { thread, turns } = await this.client.call("thread/read", { threadId });
    const title = titleOfThread(thread);
    this.enter(info, title);
    const what = method === "thread/fork" ? "Forked" : "Resumed";
    this.print([`${what} session: ${title ?? "untitled"}`, ...historyLines(turns)].join("\n"));
  }

  /** Gives the thread free, once nothing is done with it any more. */
  async close(): Promise<void> {
    await this.#closed;
    await this.client.call("thread/close", { threadId: this.conversation.info.threadId });
  }

  /** Does something with the thread while it is closed, and opens it again, whatever comes of it. */
  async whileClosed(work: (threadId: string) => Promise<void>): Promise<void> {
    const done = Promise.withResolvers<void>();
    this.#closed = done.promise;
    await this.#whileClosed(work).finally(done.resolve);
  }

  async #whileClosed(work: (threadId: string) => Promise<void>): Promise<void> {
    const { info, title } = this.conversation;
    await this.client.call("thread/close", { threadId: info.threadId });
    try {
      await work(info.threadId);
    } finally {
      const opened = await this.client.call("thread/resume", { ...this.options, threadId: info.threadId });
      this.conversation.leave();
      this.enter(opened, title);
    }
  }

  async change(settings: ThreadSettings): Promise<ThreadInfo> {
    const { threadId } = this.conversation.info;
    const info = await this.client.call("thread/settings", { threadId, ...settings });
    this.options = withSettings(this.options, settings);
    this.conversation.info = info;
    for (const message of info.warnings) this.conversation.transcript.accept({ type: "warning", threadId, message });
    return info;
  }

  async changeMode(mode: Mode): Promise<void> {
    await this.change(modeOptions[mode]);
  }

  get modeName(): string {
    const { info } = this.conversation;
    const { permissions } = info;
    return modeOf(info) ?? `none (${permissions.sandbox}, approvals ${permissions.approvalPolicy})`;
  }

  /** What somebody typed. */
  input(input: Input): void {
    const { conversation } = this;
    switch (input.type) {
      case "interrupt":
        return this.#interrupt(input.typed);
      case "end":
        if (conversation.asking) {
          conversation.cancelQuestion();
          if (!input.final) return;
        }
        return this.leaveWhenDone();
      case "line":
        if (conversation.asking) return conversation.answer(input.text);
        return this.#line(input.text);
    }
  }

  /** Leaves when nothing runs any more; asked a second time, at once. */
  leaveWhenDone(): void {
    if (this.#leaving || !this.conversation.busy) return this.leave("asked");
    this.#leaving = true;
    this.print(
      statusLine(this.conversation.style, "leaving when the work is done; /exit again or Ctrl-C twice leaves now"),
    );
    void this.conversation.idle().then(() => this.leave("asked"));
  }

  leave(reason: LeaveReason): void {
    this.#leave(reason);
  }

  left(): Promise<LeaveReason> {
    return this.#left;
  }

  #interrupt(typed: boolean): void {
    if (this.#interrupts.press()) return this.leave("interrupt");
    const { conversation } = this;
    if (conversation.busy || conversation.asking) {
      this.print(statusLine(conversation.style, "stopping; Ctrl-C again leaves"));
      void conversation.interrupt();
    } else if (!typed) this.print("Press Ctrl-C again to leave.");
  }

  #line(text: string): void {
    const said = text.trim();
    if (said === "") return;
    if (this.#leaving && !said.startsWith("/")) {
      return this.print(statusLine(this.conversation.style, "leaving; nothing more is taken"));
    }
    this.ports.terminal.remember(text);
    if (said.startsWith("//")) return this.say(said.slice(1));
    if (!said.startsWith("/")) return this.say(text);
    this.#after(() => runCommand(this, said));
  }

  say(text: string): void {
    const { images } = this;
    this.images = [];
    this.#after(() => this.conversation.submit(text, "steer", images));
  }

  #after(work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => this.conversation.fail(error));
  }
}
