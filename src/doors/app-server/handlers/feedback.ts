import { randomBytes, randomUUID } from "node:crypto";
import { link, rm, writeFile } from "node:fs/promises";
import { basename, isAbsolute } from "node:path";
import type { FeedbackSaveParams } from "../../../protocol/codex-0.169/app-server/feedback.ts";
import type { ClientMethod } from "../../../protocol/codex-0.169/app-server/methods.ts";
import { messageOf } from "../../../protocol/errors.ts";
import { codexVersion } from "../../../protocol/codex-0.169/version.ts";
import { zipOf, type ZipEntry } from "../feedback/zip.ts";
import { readWhole } from "../files/read-file.ts";
import { osErrorText } from "../os-error.ts";
import { internalError, refused, RequestError } from "../request-error.ts";
import { assertThreadId } from "../words/thread-ids.ts";
import type { Asked, Handlers } from "./handlers.ts";

type Methods = Extract<ClientMethod, `feedback/${string}`>;

const failed = (message: string): RequestError =>
  new RequestError(internalError, `failed to save feedback: ${message}`);

const wordsOf = (error: unknown): string => osErrorText(error) ?? messageOf(error);

async function attachment(path: string): Promise<Buffer> {
  try {
    return await readWhole(path);
  } catch (error) {
    throw failed(`failed to read selected attachment ${path}: ${wordsOf(error)}`);
  }
}

/** What the thread has on disk, without the secrets that are known. */
async function threadLog(threadId: string, { server }: Asked): Promise<Buffer | null> {
  const path = server.feedOf(threadId)?.info.path;
  if (path == null) return null;
  const text = await readWhole(path).catch(() => null);
  if (text === null) return null;
  const clean = await server.client.call("thread/redact", { threadId, text: text.toString("utf8") });
  return Buffer.from(clean.text);
}

async function entriesOf(params: FeedbackSaveParams, threadId: string, asked: Asked): Promise<ZipEntry[]> {
  const { classification, reason, tags, includeLogs, extraLogFiles } = params;
  const files: { filename: string; bytes: Buffer }[] = [];
  const log = includeLogs === true ? await threadLog(threadId, asked) : null;
  if (log !== null) files.push({ filename: "thread.jsonl", bytes: log });
  for (const path of includeLogs === true ? (extraLogFiles ?? []) : [])
    files.push({ filename: basename(path), bytes: await attachment(path) });
  const entry = (index: number, filename: string): string =>
    `attachments/${String(index).padStart(4, "0")}/${filename.replaceAll(/[^\w.-]/g, "_")}`;
  const report = {
    event_id: randomUUID().replaceAll("-", ""),
    timestamp: Date.now() / 1000,
    tags: { ...tags, classification, cli_version: codexVersion, thread_id: threadId },
    ...(reason != null && { reason }),
  };
  const manifest = files.map(({ filename }, index) => ({ entry: entry(index, filename), filename }));
  return [
    { name: "report.json", bytes: Buffer.from(JSON.stringify(report)) },
    ...files.map(({ filename, bytes }, index) => ({ name: entry(index, filename), bytes })),
    { name: "manifest.json", bytes: Buffer.from(JSON.stringify(manifest)) },
  ];
}

/** Puts the whole file there at once, and never in the place of another. */
async function writeNew(path: string, bytes: Buffer): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await writeFile(temporary, bytes, { mode: 0o600, flag: "wx" });
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw failed("feedback save path already exists");
    throw failed(`${wordsOf(error)} at path ${JSON.stringify(path)}`);
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

const idOf = (threadId: string | null | undefined): string => threadId ?? `no-active-thread-${randomUUID()}`;

export const feedback: Handlers<Methods> = {
  async "feedback/upload"({ threadId }) {
    if (threadId != null) assertThreadId(threadId);
    // Nothing leaves this machine that its user has not sent.
    const message = "codex-agent sends feedback nowhere; feedback/save writes it to a file that you can send";
    throw new RequestError(internalError, `failed to upload feedback: ${message}`);
  },

  async "feedback/save"(params, asked) {
    const { savePath, threadId } = params;
    if (!isAbsolute(savePath)) throw refused("feedback savePath must be an absolute host path");
    if (threadId != null) assertThreadId(threadId);
    const id = idOf(threadId);
    await writeNew(savePath, zipOf(await entriesOf(params, id, asked), new Date()));
    return { savedPath: savePath, threadId: id, promptHash: null };
  },
};
