import { once } from "node:events";
import { connect } from "node:net";
import { resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { findHomes } from "../../config/homes.ts";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import { nodeSystem } from "../../system/node.ts";
import { defaultSocket } from "./transports/unix.ts";

/**
 * Carries bytes between a running server's socket and the two streams, as they are: whoever is at the other end of them, such as of an
 * SSH connection, speaks WebSocket with the server. Resolves to the exit code once the server has closed.
 * @throws AgentError `config` where no server listens there.
 */
export async function runProxy(
  path: string | undefined,
  { stdin, stdout }: { stdin: Readable; stdout: Writable } = process,
): Promise<number> {
  const socketPath =
    path === undefined ? defaultSocket(findHomes(nodeSystem().environment.variables).codex) : resolve(path);
  const socket = connect(socketPath);
  try {
    await once(socket, "connect");
  } catch (error) {
    throw new AgentError(
      "config",
      `no app-server can be reached at ${socketPath} (${messageOf(error)}); start one with: codex-agent app-server --listen unix://${path === undefined ? "" : socketPath}`,
      { cause: error },
    );
  }
  const closed = new Promise<void>((done) => socket.once("close", () => done()));
  // Either end may go first; what broke is no more than that.
  socket.on("error", () => socket.destroy());
  stdout.on("error", () => socket.destroy());
  stdin.on("error", () => socket.end());
  stdin.pipe(socket);
  socket.pipe(stdout, { end: false });
  await closed;
  stdin.destroy();
  return 0;
}
