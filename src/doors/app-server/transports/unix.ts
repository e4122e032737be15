import { once } from "node:events";
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { AgentError, messageOf } from "../../../protocol/errors.ts";
import type { FileLock } from "../../../system/ports.ts";
import { takeLock } from "../../../system/processes/flock.ts";
import type { Accept } from "../wire.ts";
import type { Serving } from "./serving.ts";
import { serving, WebSocketDoor, type WebSocketOptions } from "./websocket.ts";

const folderName = "app-server-control";

export const defaultSocket = (codexHome: string): string => join(codexHome, folderName, "app-server-control.sock");

/** What the system takes as a socket's path, its end not counted. */
const maxPathBytes = process.platform === "linux" ? 107 : 103;
/** A socket has this more in its name until it is in its place. */
const newEnding = ".new";

const retryMs = 20;
const retries = 250;

/**
 * WebSockets over a unix socket that the user alone can reach. What a server that has died left there is replaced.
 * @throws AgentError `config` where a server listens already, something else is there, or the path cannot be a socket.
 */
export async function serveUnix(
  accept: Accept,
  path: string,
  codexHome: string,
  options: Omit<WebSocketOptions, "hosts" | "authorize">,
): Promise<Serving> {
  checkLength(path);
  const door = await WebSocketDoor.open(accept, { ...options, hosts: null, authorize: null });
  const lock = await startLock(join(codexHome, folderName, "app-server-startup.lock"));
  try {
    makeFolder(dirname(path));
    await checkFree(path);
    await listen(door, path);
  } finally {
    await lock.release();
  }
  const ours = statSync(path).ino;
  return serving(async () => {
    await door.close();
    if (statSync(path, { throwIfNoEntry: false })?.ino === ours) rmSync(path, { force: true });
  });
}

function checkLength(path: string): void {
  const bytes = Buffer.byteLength(path + newEnding);
  if (bytes <= maxPathBytes) return;
  throw new AgentError(
    "config",
    `The socket path ${path} is ${bytes - maxPathBytes} bytes too long for this system: name a shorter one with --listen unix://PATH`,
  );
}

/** Held while a server looks whether another one is there and takes its place: one of two that start at once waits. */
async function startLock(path: string): Promise<FileLock> {
  makeFolder(dirname(path));
  for (let attempt = 0; attempt < retries; attempt++) {
    const lock = await takeLock(path);
    if (lock !== null) return lock;
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
  throw new AgentError("config", `another app-server has been starting for a while: ${path} is locked`);
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new AgentError("config", `The folder ${folder} cannot be made: ${messageOf(error)}`, { cause: error });
  }
}

async function checkFree(path: string): Promise<void> {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) return;
  // Codex leaves a link to a socket with a shorter path.
  const isSocket = there.isSymbolicLink()
    ? (statSync(path, { throwIfNoEntry: false })?.isSocket() ?? true)
    : there.isSocket();
  if (!isSocket) {
    throw new AgentError("config", `app-server control socket path exists and is not a socket: ${path}`);
  }
  if (await answers(path)) throw new AgentError("config", `app-server control socket is already in use at ${path}`);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.on("connect", () => end(true));
    // One that is there and has too much to do counts as well: only a refusal says that nobody listens.
    socket.on("error", ({ code }: NodeJS.ErrnoException) => end(code !== "ECONNREFUSED" && code !== "ENOENT"));
  });
}

/** It gets its name when nobody else can open it, and takes the place of what was there in one step. */
async function listen(door: WebSocketDoor, path: string): Promise<void> {
  const fresh = path + newEnding;
  try {
    rmSync(fresh, { force: true });
    const listening = once(door.http, "listening");
    const before = process.umask(0o177);
    try {
      door.http.listen(fresh);
    } finally {
      process.umask(before);
    }
    await listening;
    chmodSync(fresh, 0o600);
    renameSync(fresh, path);
  } catch (error) {
    throw new AgentError("config", `cannot listen on unix://${path}: ${messageOf(error)}`, { cause: error });
  }
}
