import { AgentError } from "../../protocol/errors.ts";
import { modes, type Mode } from "../../protocol/modes.ts";
import { agentStatusText } from "./item-lines.ts";
import type { Session } from "./session.ts";
import { historyLines, shortTime, titleOfThread } from "./stored-turns.ts";
import { cleanLine, cleanText, shortened } from "../../system/terminal-text.ts";

/** What a line that begins with a slash does. */
interface Command {
  usage: string;
  does: string;
  run(session: Session, argument: string): Promise<void> | void;
}

const refuseWhileBusy = (session: Session, what: string): void => {
  if (!session.conversation.busy) return;
  throw new AgentError("thread_busy", `${what} while a turn runs or waits; try again when it has ended, or /stop it`);
};

const rewindUsage = "/rewind [N | undo] [files | chat]";

const commands: Readonly<Record<string, Command>> = {
  help: { usage: "/help", does: "this list", run: (session) => session.print(helpText()) },
  queue: { usage: "/queue TEXT", does: "say TEXT when the running turn has ended", run: queue },
  stop: { usage: "/stop", does: "stop the running turn (Ctrl-C does too)", run: stop },
  status: { usage: "/status", does: "model, thread, rights, usage, what runs", run: status },
  usage: { usage: "/usage", does: "what this thread used, and why", run: showUsage },
  model: { usage: "/model [NAME [EFFORT]]", does: "the model of the next turns", run: model },
  mode: { usage: "/mode [plan|ask|auto|full]", does: "what runs unasked", run: mode },
  history: { usage: "/history", does: "what was said in this thread", run: history },
  title: { usage: "/title [TEXT]", does: "the thread's name", run: title },
  new: { usage: "/new", does: "a new thread", run: startNew },
  resume: { usage: "/resume [N | all]", does: "go on with another thread of this folder, or of all", run: resume },
  compact: { usage: "/compact", does: "replace the history by a summary", run: compact },
  diff: { usage: "/diff [TURN]", does: "what this thread changed in files", run: showDiff },
  rewind: { usage: rewindUsage, does: "takes turns behind N back; asks first", run: rewind },
  mcp: { usage: "/mcp [SERVER PROMPT [NAME=TEXT ...]]", does: "MCP servers; says a prompt of one", run: mcp },
  exit: { usage: "/exit, /quit", does: "leave when the work is done", run: (session) => session.leaveWhenDone() },
};

const aliases: Readonly<Record<string, string>> = { quit: "exit" };

export async function runCommand(session: Session, line: string): Promise<void> {
  const [, word = "", argument = ""] = /^\/(\S*)\s*([\s\S]*)$/.exec(line) ?? [];
  const name = aliases[word] ?? word;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    return session.print(
      `Unknown command: /${cleanLine(word)} (/help lists them; //${cleanLine(word)} says it to the model)`,
    );
  }
  await command.run(session, argument.trim());
}

export function helpText(): string {
  const rows = Object.values(commands).map(({ usage, does }) => `  ${usage.padEnd(28)} ${does}`);
  return [
    "Commands:",
    ...rows,
    "Other text goes to the model, at once while it works. //TEXT sends /TEXT.",
    "A line that ends in \\ goes on in the next one. Ctrl-C stops the turn, twice leaves; Ctrl-D leaves.",
  ].join("\n");
}

async function queue(session: Session, text: string): Promise<void> {
  if (text !== "") return session.conversation.submit(text, "queue");
  const { running, waiting } = await session.client.call("turn/queue", {
    threadId: session.conversation.info.threadId,
  });
  const lines = [...(running === null ? [] : [running]), ...waiting].map(
    (turn, index) => `${index === 0 ? "running" : `[${index}]`}: ${shortened(cleanLine(turn.text), 72)}`,
  );
  session.print(lines.length === 0 ? "Nothing runs and nothing waits." : lines.join("\n"));
}

async function stop(session: Session): Promise<void> {
  if (!session.conversation.busy) return session.print("Nothing runs.");
  await session.conversation.interrupt();
}

async function status(session: Session): Promise<void> {
  const { conversation, client } = session;
  const { info, usage, contextLeft, title: name } = conversation;
  const { threadId } = info;
  const { running, waiting } = await client.call("turn/queue", { threadId });
  const { agents } = await client.call("agent/children", { threadId });
  const commandLines = conversation.transcript.runningCommands.map(
    (item) => `  session ${item.processId ?? "?"}: ${shortened(cleanLine(item.argv.at(-1) ?? ""), 72)}`,
  );
  const agentLines = agents.map((agent) => `  ${cleanLine(agent.nickname)}: ${agentStatusText(agent.status)}`);
  const effort = info.reasoningEffort === null ? "" : `, effort ${info.reasoningEffort}`;
  session.print(
    [
      `Session: ${name ?? "untitled"} (${threadId})`,
      `Model: ${info.model} (${info.provider}${effort})`,
      `Folder: ${cleanLine(info.cwd)}`,
      `Mode: ${session.modeName}; sandbox ${info.permissions.sandbox}, approvals ${info.permissions.approvalPolicy}`,
      `Tokens: ${usage.totalTokens} (${usage.inputTokens} in, ${usage.cachedInputTokens} of them cached, ${usage.outputTokens} out)${contextLeft === null ? "" : `; ${contextLeft}% of the context left`}`,
      `Turns: ${running === null ? "none runs" : "one runs"}, ${waiting.length} waiting`,
      `Running commands: ${commandLines.length === 0 ? "none" : ""}`.trimEnd(),
      ...commandLines,
      ...(agentLines.length === 0 ? [] : ["Agents:", ...agentLines]),
    ].join("\n"),
  );
}

async function showUsage(session: Session): Promise<void> {
  const { threadId, cwd } = session.conversation.info;
  const { usageLines } = await import("./usage-lines.ts");
  try {
    const report = await session.client.call("usage/read", { threadId, cwd });
    session.print(cleanText(usageLines(report)));
  } catch (error) {
    // Its file comes with its first turn.
    if (!(error instanceof AgentError) || error.code !== "thread_not_found") throw error;
    session.print("Nothing was used yet.");
  }
}

async function model(session: Session, argument: string): Promise<void> {
  if (argument === "") {
    const { models } = session.workspace;
    return session.print(
      [`Current model: ${session.conversation.info.model}`, `Available models: ${models.join(", ")}`].join("\n"),
    );
  }
  refuseWhileBusy(session, "The model cannot change");
  const [name = "", effort] = argument.split(/\s+/);
  const info = await session.change({ model: name, ...(effort !== undefined && { reasoningEffort: effort }) });
  session.print(`Switched model to ${info.model}.`);
}

async function mode(session: Session, argument: string): Promise<void> {
  if (argument === "") {
    return session.print(`Current mode: ${session.modeName}\nModes: ${modes.join(", ")}`);
  }
  if (!(modes as readonly string[]).includes(argument)) {
    return session.print(`Unknown mode: ${cleanLine(argument)}. Modes: ${modes.join(", ")}`);
  }
  refuseWhileBusy(session, "The mode cannot change");
  await session.changeMode(argument as Mode);
  session.print(`Switched mode to ${argument}.`);
}

async function history(session: Session): Promise<void> {
  const { info, title: name } = session.conversation;
  try {
    const { turns } = await session.client.call("thread/read", { threadId: info.threadId });
    const lines = historyLines(turns);
    if (lines.length > 0) return session.print([`Session: ${name ?? "untitled"}`, ...lines].join("\n"));
  } catch (error) {
    // Its file comes with its first turn.
    if (!(error instanceof AgentError) || error.code !== "thread_not_found") throw error;
  }
  session.print("No history yet.");
}

async function title(session: Session, text: string): Promise<void> {
  if (text !== "") await session.conversation.rename(cleanText(text));
  session.print(`Session: ${session.conversation.title ?? "untitled"}`);
}

async function startNew(session: Session): Promise<void> {
  refuseWhileBusy(session, "A new thread cannot begin");
  await session.open("thread/start");
  session.print("A new thread.");
}

async function resume(session: Session, argument: string): Promise<void> {
  refuseWhileBusy(session, "Another thread cannot be opened");
  if (argument === "" || argument === "all") {
    const { threads } = await session.client.call("thread/list", {
      limit: 20,
      cwd: argument === "all" ? null : session.conversation.info.cwd,
    });
    session.listed = threads.filter(({ id }) => id !== session.conversation.info.threadId);
    return session.print(threadList(session.listed));
  }
  if (!/^\d+$/.test(argument)) return session.print("Usage: /resume <number>");
  const thread = session.listed[Number(argument) - 1];
  if (thread === undefined) return session.print(`Session not found: ${argument}; /resume lists them`);
  await session.open("thread/resume", thread.id);
}

export function threadList(threads: Session["listed"]): string {
  if (threads.length === 0) return "No resumable sessions found.";
  const rows = threads.map(
    (thread, index) => `[${index + 1}] ${shortTime(thread.updatedAtMs)}  ${titleOfThread(thread, 72) ?? "untitled"}`,
  );
  return ["Available sessions:", ...rows].join("\n");
}

async function mcp(session: Session, argument: string): Promise<void> {
  const { threadId } = session.conversation.info;
  const { mcpPromptRequest, mcpText } = await import("./mcp-lines.ts");
  if (argument === "") {
    const { servers } = await session.client.call("mcp/servers", { threadId });
    return session.print(cleanText(mcpText(servers)));
  }
  const { text } = await session.client.call("mcp/prompt", { threadId, ...mcpPromptRequest(argument) });
  await session.conversation.submit(text, "queue");
}

async function showDiff(session: Session, argument: string): Promise<void> {
  const { diffText } = await import("./rewind-command.ts");
  session.print(await diffText(session, argument));
}

async function rewind(session: Session, argument: string): Promise<void> {
  refuseWhileBusy(session, "Nothing can be taken back");
  const { runRewind } = await import("./rewind-command.ts");
  await runRewind(session, argument);
}

async function compact(session: Session): Promise<void> {
  refuseWhileBusy(session, "The history cannot be compacted");
  await session.conversation.compact();
}
