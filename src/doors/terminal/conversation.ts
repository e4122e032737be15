import type { Client } from "../../client/client.ts";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import type { AgentEvent } from "../../protocol/events.ts";
import type { InputElement } from "../../protocol/items.ts";
import type { ThreadInfo } from "../../protocol/methods.ts";
import type { Answer } from "../../protocol/questions.ts";
import type { TokenUsage } from "../../protocol/usage.ts";
import { contextLeft } from "./context-meter.ts";
import { paint, type Terminal } from "./display.ts";
import { errorLines, shortId, statusLine, type LineStyle } from "./item-lines.ts";
import { OpenQuestions } from "./open-questions.ts";
import type { Step } from "./question-form.ts";
import { cleanLine, shortened } from "../../system/terminal-text.ts";
import { steerLine, Transcript } from "./transcript.ts";

export interface ConversationPorts {
  client: Client;
  terminal: Terminal;
  /** Lines for programs instead of the transcript; null for people. */
  events: ThreadEvents | null;
  /** Milliseconds that only grow. */
  now(): number;
}

/** Tells a program what happens in a thread. */
export interface ThreadEvents {
  opened(info: ThreadInfo): void;
  accept(event: AgentEvent): void;
}

type TurnEnd = Extract<AgentEvent, { type: "turn.completed" | "turn.failed" | "turn.interrupted" }>;
const isTurnEnd = (event: AgentEvent): event is TurnEnd =>
  event.type === "turn.completed" || event.type === "turn.failed" || event.type === "turn.interrupted";

/** A second interrupt within this time leaves. */
const leaveWithinMs = 2000;

export const titleOf = (text: string): string => shortened(cleanLine(text), 48);

/** One thread with a person at it: what they type, what they are asked, what they are shown. */
export class Conversation {
  readonly #ports: ConversationPorts;
  readonly #questions: OpenQuestions;
  readonly #transcript: Transcript;
  readonly #agents = new Map<string, string>();
  readonly #stops: (() => void)[] = [];
  #info: ThreadInfo;
  #title: string | null;
  /** A name for a thread that has no file yet. */
  #wantedName: string | null = null;
  #usage: TokenUsage;
  #left: number | null = null;
  /** Turns that were accepted and have not ended. */
  readonly #turns = new Set<string>();
  /** A turn's end may be told before its start was answered. */
  readonly #ended = new Set<string>();
  #starting = 0;
  #idle: (() => void)[] = [];

  constructor(ports: ConversationPorts, info: ThreadInfo, title: string | null) {
    this.#ports = ports;
    this.#info = info;
    this.#title = title;
    this.#usage = info.usage;
    this.#transcript = new Transcript(ports.terminal.display, this.style);
    this.#questions = new OpenQuestions({
      terminal: ports.terminal,
      cwd: info.cwd,
      nameOf: (threadId) => (threadId === info.threadId ? null : this.style.nameOf(threadId)),
      print: (text) => ports.terminal.display.print(text),
      answer: (threadId, questionId, answer) => this.#answer(threadId, questionId, answer),
      changed: () => this.#showPrompt(),
    });
    this.#listen(info.threadId, (event) => this.#accept(event));
    this.#showPrompt();
  }

  get info(): ThreadInfo {
    return this.#info;
  }

  set info(info: ThreadInfo) {
    this.#info = info;
  }

  get title(): string | null {
    return this.#title;
  }

  get usage(): TokenUsage {
    return this.#usage;
  }

  get contextLeft(): number | null {
    return this.#left;
  }

  get transcript(): Transcript {
    return this.#transcript;
  }

  get style(): LineStyle {
    return {
      colour: this.#ports.terminal.display.colour,
      cwd: this.#info.cwd,
      nameOf: (threadId) => this.#agents.get(threadId) ?? shortId(threadId),
    };
  }

  /** A turn runs or waits. */
  get busy(): boolean {
    return this.#turns.size > 0 || this.#starting > 0;
  }

  get asking(): boolean {
    return this.#questions.open;
  }

  /** Shows an answer to what was typed, at once. */
  print(text: string): void {
    this.#transcript.settle();
    this.#ports.terminal.display.print(text);
  }

  fail(error: unknown): void {
    this.print(errorLines(messageOf(error), this.style));
  }

  /** Asks whether something is to be done. Leaving instead is a no. */
  async confirm(lines: readonly string[]): Promise<boolean> {
    const step: Step = {
      prompt: "do it (y/n)> ",
      lines,
      take: (line) => ({ type: /^y(es)?$/i.test(line.trim()) ? "allow" : "deny" }) as Answer,
    };
    return (await this.#questions.put(this.#info.threadId, step)).type === "allow";
  }

  /** A line that answers what is asked. */
  answer(line: string): void {
    this.#questions.take(line);
  }

  cancelQuestion(): void {
    this.#questions.cancel();
  }

  /** Says something to the model: at once while a turn runs, or as a turn of its own. */
  async submit(text: string, whenBusy: "steer" | "queue", images: readonly string[] = []): Promise<void> {
    const { client } = this.#ports;
    const { threadId } = this.#info;
    if (this.#title === null) {
      this.#title = titleOf(text);
      this.print(`Session: ${this.#title}`);
    }
    const waits = this.busy;
    if (waits && whenBusy === "queue") this.print(steerLine(this.style, "queued", text));
    this.#transcript.typed(text, waits);
    this.#starting++;
    this.#showPrompt();
    try {
      const input: InputElement[] = [
        ...images.map((path): InputElement => ({ type: "localImage", path })),
        { type: "text", text },
      ];
      const { turnId } = await client.call("turn/start", { threadId, input, trigger: "user", whenBusy });
      if (!this.#ended.has(turnId)) this.#turns.add(turnId);
    } catch (error) {
      this.#transcript.untyped(text);
      this.fail(error);
    } finally {
      this.#starting--;
      this.#settle();
    }
    // Keeping what was typed is a comfort: its failure is told and stops nothing.
    await client.call("history/append", { threadId, text }).catch((error: unknown) => this.fail(error));
  }

  /** Replaces the history by a summary, as a turn of its own. */
  async compact(): Promise<void> {
    const { turnId } = await this.#ports.client.call("thread/compact", { threadId: this.#info.threadId });
    if (!this.#ended.has(turnId)) this.#turns.add(turnId);
    this.#settle();
  }

  async interrupt(): Promise<void> {
    if (this.#questions.cancelOwn()) return;
    try {
      await this.#ports.client.call("turn/interrupt", { threadId: this.#info.threadId });
    } catch (error) {
      this.fail(error);
    }
  }

  async rename(name: string): Promise<void> {
    this.#title = name;
    this.#wantedName = name;
    await this.#keepName();
  }

  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void> {
    return this.busy ? new Promise((resolve) => this.#idle.push(resolve)) : Promise.resolve();
  }

  /** Hears no more of the thread. */
  leave(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#questions.close();
  }

  #listen(threadId: string, listener: (event: AgentEvent) => void): void {
    this.#stops.push(this.#ports.client.subscribe(threadId, listener));
  }

  #accept(event: AgentEvent): void {
    const { events } = this.#ports;
    switch (event.type) {
      case "question.asked":
        this.#transcript.settle();
        this.#questions.asked(event);
        return;
      case "question.closed":
        return this.#questions.closed(event);
      case "agent.changed":
        return this.#agent(event.agent.threadId, event.agent.nickname);
      case "usage.updated":
        this.#usage = event.total;
        this.#left = contextLeft(event.last.totalTokens, event.contextWindow);
        return this.#showPrompt();
      case "turn.started":
        this.#turns.add(event.turnId);
        if (this.#wantedName !== null) void this.#keepName();
        break;
    }
    if (events === null) this.#transcript.accept(event);
    else events.accept(event);
    if (isTurnEnd(event)) {
      this.#turns.delete(event.turnId);
      this.#ended.add(event.turnId);
      this.#settle();
    }
    this.#showStatus();
  }

  /** A sub-agent: of its thread only questions and warnings are shown here, under its name. */
  #agent(threadId: string, nickname: string): void {
    if (this.#agents.has(threadId)) return;
    this.#agents.set(threadId, cleanLine(nickname) || shortId(threadId));
    this.#listen(threadId, (event) => {
      if (event.type === "question.asked") {
        this.#transcript.settle();
        this.#questions.asked(event);
      } else if (event.type === "question.closed") this.#questions.closed(event);
      else if (event.type === "agent.changed") this.#agent(event.agent.threadId, event.agent.nickname);
    });
  }

  async #answer(threadId: string, questionId: string, answer: Answer): Promise<void> {
    try {
      await this.#ports.client.call("question/answer", { threadId, questionId, answer });
    } catch (error) {
      this.fail(error);
    }
  }

  async #keepName(): Promise<void> {
    const name = this.#wantedName;
    this.#wantedName = null;
    if (name === null) return;
    try {
      await this.#ports.client.call("thread/rename", { threadId: this.#info.threadId, name });
    } catch (error) {
      // Its file comes with its first turn, and the name then.
      if (error instanceof AgentError && error.code === "thread_not_found") this.#wantedName = name;
      else this.fail(error);
    }
  }

  #settle(): void {
    this.#showPrompt();
    this.#showStatus();
    if (this.busy) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #showPrompt(): void {
    const { display } = this.#ports.terminal;
    const asked = this.#questions?.prompt ?? null;
    const name = this.#left === null ? "codex-agent> " : `agent(${this.#left}%)> `;
    display.prompt(paint(display.colour, "marker", asked ?? name));
  }

  #showStatus(): void {
    const { display } = this.#ports.terminal;
    if (this.busy)
      return display.status(statusLine(this.style, `${this.#transcript.busy ?? "working"} (Ctrl-C stops)`));
    const running = this.#transcript.runningCommands.length;
    display.status(running === 0 ? "" : statusLine(this.style, `idle: listening to ${running} running command(s)`));
  }
}

/** Decides what an interrupt means: the first stops the work, a second one soon after leaves. */
export class Interrupts {
  readonly #now: () => number;
  #last = -Infinity;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** True when it is time to leave. */
  press(): boolean {
    const now = this.#now();
    const again = now - this.#last <= leaveWithinMs;
    this.#last = now;
    return again;
  }
}
