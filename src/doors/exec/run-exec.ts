import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Client } from "../../client/client.ts";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import type { AgentEvent } from "../../protocol/events.ts";
import type { InputElement } from "../../protocol/items.ts";
import type { ThreadInfo, ThreadOptions } from "../../protocol/methods.ts";
import { encodeExecEvent } from "../../protocol/codex-0.169/exec-events.ts";
import { ExecEvents } from "./exec-events.ts";
import { HumanOutput } from "./human-output.ts";
import type { Cleaner } from "./log-cleaner.ts";
import type { ReviewTarget } from "../../protocol/review.ts";
import { cleanStrings } from "../../system/terminal-text.ts";
import { noPrompt, readPrompt, type InputSource } from "./prompt.ts";

export type ExecTarget =
  | { type: "new" }
  /** An id or a name; null with `last`: the newest thread of this directory, or of all. */
  | { type: "resume"; thread: string | null; all: boolean }
  | { type: "fork"; thread: string }
  /** Null: the prompt, which stands on stdin, says what to look at. */
  | { type: "review"; review: ReviewTarget | null };

export interface ExecRequest {
  target: ExecTarget;
  prompt: string | undefined;
  options: ThreadOptions;
  images: readonly string[];
  outputSchemaFile?: string;
  lastMessageFile?: string;
  json: boolean;
  quiet: boolean;
  /** `always`, `never`, or as the terminal is. */
  colour: "auto" | "always" | "never";
}

export interface ExecStreams {
  stdin: InputSource;
  /** Returns false when nobody reads any more. */
  stdout(text: string): boolean;
  stderr(text: string): void;
  stdoutIsTerminal: boolean;
  stderrIsTerminal: boolean;
  noColour: boolean;
  /** Calls back when the process is asked to stop. */
  onStop(stop: (signal: "SIGINT" | "SIGTERM") => void): void;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Runs one turn and returns the exit code: 0 done, 1 failed, 143 when SIGTERM asked to stop and everything is put away. */
export async function runExec(client: Client, request: ExecRequest, streams: ExecStreams): Promise<number> {
  const stop = stopSignal(streams);
  const outputSchema = request.outputSchemaFile === undefined ? undefined : readSchema(request.outputSchemaFile);
  if (request.lastMessageFile !== undefined) saveLastMessage(request.lastMessageFile, "");
  const halted = new Promise<null>((resolve) => stop.onRaise(() => resolve(null)));
  // A server that has to be there may take its time; whoever closes the client ends what is still being opened.
  const info = await Promise.race([open(client, request), halted]);
  if (info === null) return exitCode(stop, 1);
  // Whoever writes to the standard input may never end it.
  const prompt = await Promise.race([promptOf(request, streams.stdin), halted]);
  const output = request.json
    ? jsonOutput(request, streams, stop)
    : humanOutput(streams, request, await logCleanerFor(streams));
  if (stop.signal === null) output.opened(info, prompt);
  let code = 0;
  if (prompt !== null && stop.signal === null) {
    const end = await runTurn(client, info.threadId, { request, prompt, outputSchema }, output.accept, stop);
    if (end.type === "turn.completed") {
      if (request.lastMessageFile !== undefined) saveLastMessage(request.lastMessageFile, end.lastMessage ?? "");
      output.answer(end.lastMessage);
    } else {
      code = 1;
    }
  }
  await client.call("thread/close", { threadId: info.threadId });
  return exitCode(stop, code);
}

/** `code`: of a run that nobody has stopped. */
const exitCode = ({ signal }: Stop, code: number): number => (signal === "SIGTERM" ? 143 : signal === null ? code : 1);

/** Null when a fork alone is asked for. */
async function promptOf({ target, prompt, quiet }: ExecRequest, stdin: InputSource): Promise<string | null> {
  if (target.type === "fork" && prompt === undefined) return null;
  if (target.type === "review" && target.review !== null) return prompt ?? "";
  // A prompt for a thread that is named leaves stdin alone.
  if (target.type !== "new" && prompt !== undefined && prompt !== "-") return prompt;
  const read = await readPrompt(prompt, quiet ? { ...stdin, tell: () => undefined } : stdin);
  if (read === null) throw new AgentError("usage", noPrompt);
  return read;
}

type TurnEndEvent = Extract<AgentEvent, { type: "turn.completed" | "turn.failed" | "turn.interrupted" }>;

interface Stop {
  signal: "SIGINT" | "SIGTERM" | "closed" | null;
  /** Called once, at the signal or at once when it has come already. */
  onRaise(act: () => void): void;
  raise(signal: "SIGINT" | "SIGTERM" | "closed"): void;
}

function stopSignal(streams: ExecStreams): Stop {
  const acts: (() => void)[] = [];
  const stop: Stop = {
    signal: null,
    onRaise(act) {
      if (stop.signal === null) acts.push(act);
      else act();
    },
    raise(signal) {
      if (stop.signal !== null) return;
      stop.signal = signal;
      for (const act of acts) act();
    },
  };
  streams.onStop((signal) => stop.raise(signal));
  return stop;
}

async function open(client: Client, { target, options }: ExecRequest): Promise<ThreadInfo> {
  if (target.type === "new" || target.type === "review") return client.call("thread/start", options);
  const threadId = await find(client, target, options.cwd ?? process.cwd());
  if (threadId === null) return client.call("thread/start", options);
  const method = target.type === "fork" ? "thread/fork" : "thread/resume";
  try {
    return await client.call(method, { ...options, threadId });
  } catch (error) {
    if (!(error instanceof AgentError) || !error.code.startsWith("thread_")) throw error;
    // Clients of Codex look for this sentence.
    throw new AgentError(error.code, `${method}: ${method} failed: ${error.message} (code -32600)`, { cause: error });
  }
}

/** The thread that is meant; null when "the last one" is asked for and there is none, which starts a new thread. */
async function find(
  client: Client,
  target: Exclude<ExecTarget, { type: "new" | "review" }>,
  cwd: string,
): Promise<string | null> {
  const { thread } = target;
  if (thread === null) {
    const all = target.type === "resume" && target.all;
    return (await client.call("thread/find", { by: "last", cwd: all ? null : cwd })).threadId;
  }
  if (uuid.test(thread)) return thread;
  const { threadId } = await client.call("thread/find", { by: "name", name: thread });
  if (threadId === null) {
    throw new AgentError(
      "thread_not_found",
      `no thread is named \`${thread}\`; give its id or a name that it was given`,
    );
  }
  return threadId;
}

async function runTurn(
  client: Client,
  threadId: string,
  work: Work,
  accept: (event: AgentEvent) => void,
  stop: Stop,
): Promise<TurnEndEvent> {
  const ended = new Promise<TurnEndEvent>((resolve) => {
    client.subscribe(threadId, (event) => {
      accept(event);
      if (event.type === "turn.completed" || event.type === "turn.failed" || event.type === "turn.interrupted")
        resolve(event);
    });
  });
  await begin(client, threadId, work);
  stop.onRaise(() => {
    client.call("turn/interrupt", { threadId }).catch(() => undefined);
  });
  return ended;
}

interface Work {
  request: ExecRequest;
  prompt: string;
  outputSchema: unknown;
}

async function begin(client: Client, threadId: string, { request, prompt, outputSchema }: Work): Promise<void> {
  if (request.target.type === "review") {
    const target = request.target.review ?? { type: "custom", instructions: prompt };
    await client.call("review/start", { threadId, target });
    return;
  }
  const input: InputElement[] = [
    ...request.images.map((path): InputElement => ({ type: "localImage", path })),
    { type: "text", text: prompt },
  ];
  await client.call("turn/start", {
    threadId,
    input,
    trigger: "exec",
    ...(outputSchema !== undefined && { outputSchema }),
  });
}

interface Output {
  /** `prompt` is null when no turn follows. */
  opened(info: ThreadInfo, prompt: string | null): void;
  accept(event: AgentEvent): void;
  answer(text: string | null): void;
}

/** Nothing that a model, a command or a file wrote steers the terminal of who reads it; elsewhere it is as it is. */
const forTerminal = <Value>(value: Value, isTerminal: boolean): Value => (isTerminal ? cleanStrings(value) : value);

function jsonOutput({ target }: ExecRequest, streams: ExecStreams, stop: Stop): Output {
  /** Nothing of the thread is on disk yet. */
  let isUnkept = target.type === "new" || target.type === "review";
  const shown = (text: string): string => forTerminal(text, streams.stderrIsTerminal);
  const events = new ExecEvents((event) => {
    // Of a turn that is being stopped nothing more is told.
    if (stop.signal !== null) return;
    if (!streams.stdout(`${encodeExecEvent(event)}\n`)) stop.raise("closed");
  });
  let tellOpened = (): void => undefined;
  return {
    opened(info, prompt) {
      for (const notice of info.notices) streams.stderr(shown(`${notice}\n`));
      tellOpened = () => {
        tellOpened = () => undefined;
        events.threadStarted(info.threadId);
        for (const warning of info.warnings) events.warning(warning);
      };
      // The file of a new thread comes with its first turn: told of before, it could be lost with this process.
      if (prompt === null) tellOpened();
    },
    accept(event) {
      if (event.type === "turn.failed" && isUnkept) {
        // It has no file that could be gone on with: nobody is told of it.
        streams.stderr(`Error: ${shown(event.error.message)}\n`);
        return;
      }
      isUnkept = false;
      tellOpened();
      if (event.type === "call.rejected")
        streams.stderr(`${new Date().toISOString()} ERROR ${event.tool}: error=${shown(event.message)}\n`);
      if (event.type === "call.repaired")
        streams.stderr(`${new Date().toISOString()} WARN ${event.tool}: repaired=${shown(event.detail)}\n`);
      events.accept(event);
    },
    answer: () => undefined,
  };
}

/** Pieces of what is told whole later are not shown. */
const isShown = ({ type }: AgentEvent): boolean => !type.endsWith(".delta") && type !== "command.output";

/** A person's own screen shows what there is; what is not read there is kept somewhere. */
async function logCleanerFor({ stderrIsTerminal }: ExecStreams): Promise<Cleaner> {
  return stderrIsTerminal ? (value) => value : (await import("./log-cleaner.ts")).logCleaner();
}

function humanOutput(streams: ExecStreams, request: ExecRequest, clean: Cleaner): Output {
  const colour =
    request.colour === "always" || (request.colour === "auto" && streams.stderrIsTerminal && !streams.noColour);
  const human = new HumanOutput((text) => streams.stderr(text), colour);
  return {
    opened(raw, said) {
      if (request.quiet) return;
      const [info, prompt] = forTerminal(clean([raw, said] as const), streams.stderrIsTerminal);
      for (const notice of info.notices) streams.stderr(`${notice}\n`);
      human.header(info, prompt ?? "");
      for (const warning of info.warnings) human.warning(warning);
    },
    accept(raw) {
      const event = forTerminal(isShown(raw) ? clean(raw) : raw, streams.stderrIsTerminal);
      if (!request.quiet || event.type === "turn.failed" || event.type === "turn.interrupted") human.accept(event);
    },
    answer: (raw) => {
      const text = forTerminal(raw, streams.stdoutIsTerminal);
      if (text !== null) streams.stdout(text.endsWith("\n") ? text : `${text}\n`);
    },
  };
}

function readSchema(path: string): unknown {
  if (!existsSync(path)) {
    throw new AgentError("usage", `Failed to read output schema file ${path}: No such file or directory (os error 2)`);
  }
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new AgentError("usage", `Output schema file ${path} is not valid JSON: ${messageOf(error)}`);
  }
}

/** Written empty before the turn, so that a file that cannot be written is known before anything is paid for. */
function saveLastMessage(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new AgentError("config", `Failed to open last message file "${path}": ${messageOf(error)}`);
  }
}
