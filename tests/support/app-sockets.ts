import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { WebSocket } from "ws";
import {
  clientOf,
  introduced,
  type AppClient,
  type AppServerUnderTest,
  type Introduction,
  type Json,
} from "./app-client.ts";
import type { Binary, Stage } from "./run.ts";

/** A client, and the socket below it. */
export interface SocketClient extends AppClient {
  readonly socket: WebSocket;
}

/** A server as a process of its own, with a WebSocket a client. */
export interface ListeningServer extends AppServerUnderTest {
  readonly child: ChildProcess;
  /** `ws://ADDRESS:PORT`. */
  readonly url: string;
  /** What it wrote to standard error so far. */
  readonly said: () => string;
  connect(introduction?: Introduction | null): Promise<SocketClient>;
  /** Kills it, and waits for its end. */
  kill(): Promise<void>;
}

export async function startListening(binary: Binary, stage: Stage, ...flags: string[]): Promise<ListeningServer> {
  const child = spawn(binary.path, ["app-server", "--listen", "ws://127.0.0.1:0", ...flags], {
    cwd: stage.workspace,
    env: stage.env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const exited = once(child, "exit");
  let said = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      // The last line of the banner, or the port may not be whole.
      const found = /listening on: (\S+)[^]*note:/.exec(said);
      if (found !== null) resolve(found[1]!);
    });
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  return {
    child,
    url,
    said: () => said,
    async connect(introduction = {}) {
      const socket = new WebSocket(url, { maxPayload: 0 });
      await once(socket, "open");
      const client = clientOf((hear) => {
        socket.on("message", (data) => hear(JSON.parse(String(data)) as Json));
        return {
          send: (message) => socket.send(JSON.stringify(message)),
          async close() {
            const closed = once(socket, "close");
            socket.close();
            await closed;
          },
        };
      });
      return { ...(await introduced(client, introduction)), socket };
    },
    kill,
    close: kill,
  };
}
