import { AgentError } from "../../protocol/errors.ts";
import { reportLines } from "../../protocol/rewind-lines.ts";
import type { RewindReport, RewindScope } from "../../protocol/rewind.ts";
import { bytesOfPath } from "../../system/byte-paths.ts";
import { cleanLine, cleanText, shortened } from "../../system/terminal-text.ts";
import type { Session } from "./session.ts";
import { inputText } from "./stored-turns.ts";

const mostDiffLines = 400;
const usage =
  "Usage: /rewind N [files|chat] keeps the first N turns; /rewind undo brings back what was taken back last.";

/** `/diff [TURN]`. */
export async function diffText({ client, conversation }: Session, argument: string): Promise<string> {
  if (argument !== "" && !/^\d+$/.test(argument)) return "Usage: /diff [TURN]";
  const { threadId } = conversation.info;
  const turn = argument === "" ? {} : { turn: Number(argument) };
  const report = await client.call("thread/diff", { threadId, ...turn }).catch(orNothing);
  if (report === null) return "No file was changed.";
  const lines = report.diff === "" ? [] : cleanText(bytesOfPath(report.diff).toString("utf8")).trimEnd().split("\n");
  const more = lines.length - mostDiffLines;
  return [
    ...(lines.length === 0 ? ["No file was changed."] : lines.slice(0, mostDiffLines)),
    ...(more > 0 ? [`(${more} more lines: codex-agent diff ${threadId})`] : []),
    ...report.notes.map((note) => `note: ${cleanLine(note)}`),
  ].join("\n");
}

/** `/rewind`: shows what it would do, and does it after a yes. */
export async function runRewind(session: Session, argument: string): Promise<void> {
  const { client, conversation } = session;
  const { threadId } = conversation.info;
  const read = await client.call("thread/read", { threadId }).catch(orNothing);
  if (read === null || argument === "") {
    const turns = (read?.turns ?? []).map(({ items }, at) => {
      const prompt = items.find((item) => item.type === "userMessage");
      return `  [${at + 1}] ${shortened(cleanLine(inputText(prompt?.content ?? [])), 72)}`;
    });
    return session.print([...(turns.length === 0 ? ["There are no turns yet."] : turns), usage].join("\n"));
  }
  const [target = "", scope = "both", ...others] = argument.split(/\s+/);
  const what = target === "undo" ? "undo" : "rewind";
  if (others.length > 0 || (what === "rewind" && !/^\d+$/.test(target)) || !(scope in scopes))
    return session.print(usage);
  if (conversation.transcript.runningCommands.length > 0) {
    return session.print("A command still runs and may change files; stop it first (/status names it).");
  }
  // Closed: nobody writes the thread meanwhile, and the last turn has been looked at to its end.
  await session.whileClosed(async () => {
    const call = (preview: boolean, overwrite: boolean): Promise<RewindReport> =>
      what === "undo"
        ? client.call("thread/rewind/undo", { threadId, preview, overwrite })
        : client.call("thread/rewind", {
            threadId,
            to: Number(target),
            scope: scope as RewindScope,
            preview,
            overwrite,
          });
    const preview = await call(true, false);
    const blocked = preview.conflicts.length > 0;
    const plan = blocked ? await call(true, true) : preview;
    const question = blocked
      ? "Something is in the way (!). Do the rest all the same, and overwrite what can be overwritten?"
      : "Do that?";
    if (!(await session.conversation.confirm([...reportLines(plan, what), question]))) {
      return session.print("Nothing was changed.");
    }
    session.print(reportLines(await call(false, blocked), what).join("\n"));
    if (what === "rewind") session.print("/rewind undo brings it back.");
  });
}

const scopes: Readonly<Record<RewindScope, true>> = { files: true, chat: true, both: true };

/** A thread's file comes with its first turn. */
function orNothing(error: unknown): null {
  if (error instanceof AgentError && error.code === "thread_not_found") return null;
  throw error;
}
