import type { Client } from "../../client/client.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { ThreadOptions, WorkspaceInfo } from "../../protocol/methods.ts";
import type { ThreadSummary } from "../../protocol/threads.ts";
import { productVersion } from "../../protocol/version.ts";
import { threadList } from "./commands.ts";
import type { ThreadEvents } from "./conversation.ts";
import type { Input, Terminal } from "./display.ts";
import { Session, type LeaveReason } from "./session.ts";
import { visibleText } from "../../system/terminal-text.ts";

export type TerminalTarget =
  | { type: "new" }
  /** An id or a name; null: the newest one with `last`, else one that is picked from a list. */
  | { type: "resume" | "fork"; thread: string | null; last: boolean; all: boolean };

export interface TerminalRequest {
  target: TerminalTarget;
  /** Said first. */
  prompt: string | undefined;
  images: readonly string[];
  options: ThreadOptions;
  quiet: boolean;
}

export interface TerminalPlace {
  terminal: Terminal;
  events: ThreadEvents | null;
  now(): number;
  /** Calls back when the process is asked to stop. */
  onStop(stop: (reason: "gone" | "stopped") => void): void;
}

const exitCodes: Readonly<Record<LeaveReason, number>> = { asked: 0, interrupt: 130, gone: 129, stopped: 143 };

/** Talks with the person at a terminal until they leave; resolves to the exit code. */
export async function runTerminal(client: Client, request: TerminalRequest, place: TerminalPlace): Promise<number> {
  const { terminal } = place;
  const desk = new Desk(terminal);
  let stopped: LeaveReason | null = null;
  let session: Session | null = null;
  const stop = (reason: LeaveReason): void => {
    stopped ??= reason;
    session?.leave(reason);
    desk.close(reason);
  };
  place.onStop(stop);
  terminal.onGone(() => stop("gone"));
  try {
    const ready = await prepare(client, request, desk);
    const { options, workspace, threadId } = ready;
    const ports = { client, terminal, events: place.events, now: () => place.now() };
    session = new Session(ports, workspace, options);
    if (stopped !== null) return exitCodes[stopped];
    const { target } = request;
    const opened = session;
    const opening =
      threadId === null || target.type === "new"
        ? opened.open("thread/start")
        : opened.open(target.type === "fork" ? "thread/fork" : "thread/resume", threadId);
    await Promise.race([opening, desk.leaving]);
    desk.hand((input) => opened.input(input));
    if (!request.quiet) greet(opened);
    for (const text of (await client.call("history/read", { limit: 1000 })).texts) terminal.remember(text);
    session.images = request.images;
    if (request.prompt !== undefined) session.say(request.prompt);
    if (stopped !== null) session.leave(stopped);
    const reason = await session.left();
    session.conversation.leave();
    desk.hand(() => undefined);
    await session.close();
    return exitCodes[reason];
  } catch (error) {
    if (error instanceof Left) return exitCodes[error.reason];
    throw error;
  } finally {
    terminal.close();
  }
}

/** Thrown where somebody leaves before there is a thread. */
class Left extends Error {
  readonly reason: LeaveReason;
  constructor(reason: LeaveReason) {
    super("left");
    this.reason = reason;
  }
}

/** The keyboard before there is a conversation: one question at a time. */
class Desk {
  readonly #terminal: Terminal;
  #listener: ((input: Input) => void) | null = null;
  #left: LeaveReason | null = null;
  #reject: ((error: Left) => void) | null = null;
  /** Rejects with {@link Left} when somebody leaves before there is a conversation. */
  readonly leaving: Promise<never>;
  #refuse!: (error: Left) => void;
  /** What was typed ahead. */
  readonly #ahead: Input[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.leaving = new Promise<never>((_, reject) => (this.#refuse = reject));
    this.leaving.catch(() => undefined);
    terminal.onInput((input) => {
      if (this.#listener !== null) this.#listener(input);
      else if (input.type === "interrupt") this.close("interrupt");
      else this.#ahead.push(input);
    });
  }

  print(text: string): void {
    this.#terminal.display.print(text);
  }

  /** The line; an interrupt or the end of the input leaves. */
  ask(prompt: string): Promise<string> {
    if (this.#left !== null) return Promise.reject(new Left(this.#left));
    this.#terminal.display.prompt(prompt);
    return new Promise<string>((resolve, reject) => {
      this.#reject = reject;
      this.#listener = (input) => {
        this.#listener = null;
        this.#reject = null;
        this.#terminal.display.prompt(null);
        if (input.type === "line") resolve(input.text.trim());
        else reject(new Left(input.type === "interrupt" ? "interrupt" : "asked"));
      };
      const next = this.#ahead.shift();
      if (next !== undefined) this.#listener(next);
    });
  }

  /** Gives everything that is typed from now on, and what was typed ahead, to somebody. */
  hand(listener: (input: Input) => void): void {
    if (this.#left !== null) throw new Left(this.#left);
    this.#listener = listener;
    for (const input of this.#ahead.splice(0)) listener(input);
  }

  close(reason: LeaveReason): void {
    this.#left ??= reason;
    this.#reject?.(new Left(reason));
    this.#refuse(new Left(reason));
  }
}

interface Ready {
  options: ThreadOptions;
  workspace: WorkspaceInfo;
  /** Null for a new thread. */
  threadId: string | null;
}

async function prepare(client: Client, request: TerminalRequest, desk: Desk): Promise<Ready> {
  let { options } = request;
  if (options.oss === true && options.localProvider === undefined) {
    const { askWhichServer } = await import("./local-model.ts");
    options = await askWhichServer(client, options, desk);
  }
  const workspace = await client.call("workspace/read", options);
  if (!workspace.modelConfigured && options.demo !== true) {
    desk.print(noModel);
    const { askForModel } = await import("./local-model.ts");
    const chosen = await askForModel(client, options, desk);
    if (chosen === null) throw new Left("asked");
    options = chosen;
  }
  const threadId = await findThread(client, request.target, workspace.cwd, desk);
  if (workspace.trust === null && options.trust !== true && options.ignoreUserConfig !== true) {
    const trusted = await askTrust(workspace.cwd, desk);
    if (trusted) options = { ...options, trust: true };
  }
  if ((workspace.trust === "trusted" || options.trust === true) && options.ignoreUserConfig !== true) {
    const { askAboutContent } = await import("./project-trust.ts");
    await askAboutContent(client, options, desk);
  }
  // A folder that nobody trusts is only looked at.
  if (workspace.trust === "trusted" || options.trust === true) options = { ...options, defaultMode: "auto" };
  return { options, workspace, threadId };
}

const noModel = [
  "No model is configured. One of these is needed:",
  "  a key in the environment: CODEX_API_KEY or OPENAI_API_KEY",
  "  what Codex keeps in ~/.codex (auth.json or config.toml)",
  "  a provider of your own in ~/.codex/config.toml, or a model server on this machine: docs/providers.md",
  "To look around without one, there is an offline demo model, which follows a few English requests: type demo.",
].join("\n");

async function askTrust(cwd: string, desk: Desk): Promise<boolean> {
  desk.print(
    [
      `Do you trust the files of ${visibleText(cwd)}?`,
      "The agent reads and changes files and runs commands here, as far as your settings let it.",
      "A trusted project may bring settings of its own, and its folder can be written to.",
      "A yes is kept in config.toml.",
      "  y  trust it",
      "  n  go on without: commands only read, and the project's own settings are left out",
    ].join("\n"),
  );
  for (;;) {
    const said = (await desk.ask("trust> ")).toLowerCase();
    if (said === "y" || said === "yes") return true;
    if (said === "n" || said === "no") return false;
    desk.print("Answer y or n; Ctrl-C leaves.");
  }
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

async function findThread(client: Client, target: TerminalTarget, cwd: string, desk: Desk): Promise<string | null> {
  if (target.type === "new") return null;
  const { thread, last, all } = target;
  if (thread !== null) {
    if (uuid.test(thread)) return thread;
    const { threadId } = await client.call("thread/find", { by: "name", name: thread });
    if (threadId !== null) return threadId;
    throw new AgentError(
      "thread_not_found",
      `no thread is named \`${visibleText(thread)}\`; \`codex-agent sessions list --all\` shows those that there are`,
    );
  }
  if (last) {
    const { threadId } = await client.call("thread/find", { by: "last", cwd: all ? null : cwd });
    if (threadId !== null) return threadId;
    throw new AgentError(
      "thread_not_found",
      `there is no thread ${all ? "yet" : `of ${visibleText(cwd)}; --all looks everywhere`}`,
    );
  }
  const { threads } = await client.call("thread/list", { limit: 20, cwd: all ? null : cwd });
  if (threads.length === 0) {
    throw new AgentError(
      "thread_not_found",
      `there is no thread ${all ? "yet" : `of ${visibleText(cwd)}; --all looks everywhere`}`,
    );
  }
  return pick(threads, desk);
}

async function pick(threads: readonly ThreadSummary[], desk: Desk): Promise<string> {
  desk.print(threadList(threads));
  for (;;) {
    const said = await desk.ask("number> ");
    const thread = /^\d+$/.test(said) ? threads[Number(said) - 1] : undefined;
    if (thread !== undefined) return thread.id;
    desk.print(`A number from 1 to ${threads.length}; Ctrl-C leaves.`);
  }
}

function greet(session: Session): void {
  const { info } = session.conversation;
  session.print(
    [
      `codex-agent v${productVersion} interactive mode. Type /exit to quit, /help for commands.`,
      `${info.model} (${info.provider}), mode ${session.modeName}, in ${visibleText(info.cwd)}`,
    ].join("\n"),
  );
}
