import { Client } from "../../client/client.ts";
import { inMemory } from "../../client/in-memory.ts";
import { createHost } from "../../host/host.ts";
import { encodeExecEvent } from "../../protocol/codex-0.169/exec-events.ts";
import { closeInheritedDescriptors } from "../../system/processes/inherited-descriptors.ts";
import { nodeSystem } from "../../system/node.ts";
import { ExecEvents } from "../exec/exec-events.ts";
import type { ThreadEvents } from "../terminal/conversation.ts";
import type { Terminal } from "../terminal/display.ts";
import { openTerminal } from "../terminal/open-terminal.ts";
import { runTerminal, type TerminalRequest } from "../terminal/run-terminal.ts";
import type { SessionsRequest } from "../terminal/sessions.ts";

export interface TerminalFlags {
  json: boolean;
  colour: "auto" | "always" | "never";
}

const caller = {
  originator: process.env["CODEX_INTERNAL_ORIGINATOR_OVERRIDE"] || "codex-tui",
  client: "codex-tui",
  source: "cli",
  // A person is asked first.
  demoWhenUnconfigured: false,
};

/** The conversation at the terminal, with a host of its own in this process. */
export async function terminalDoor(request: TerminalRequest, { json, colour }: TerminalFlags): Promise<number> {
  closeInheritedDescriptors();
  const { stdin, stdout, stderr, env } = process;
  const coloured = colour === "always" || (colour === "auto" && stdout.isTTY && (env["NO_COLOR"] ?? "") === "");
  const client = new Client(inMemory(createHost(nodeSystem(), caller)));
  const terminal = openTerminal({ stdin, stdout, stderr, env }, { colour: coloured, data: json });
  try {
    return await runTerminal(client, request, {
      terminal,
      events: json ? jsonEvents(terminal) : null,
      now: () => performance.now(),
      onStop(stop) {
        process.on("SIGHUP", () => stop("gone"));
        process.on("SIGTERM", () => stop("stopped"));
      },
    });
  } finally {
    await client.close();
  }
}

/** The events of `exec --json`, above the prompt where both share a terminal. */
function jsonEvents(terminal: Terminal): ThreadEvents {
  const write = (line: string): void => {
    if (process.stdout.isTTY) terminal.display.print(line);
    else process.stdout.write(`${line}\n`);
  };
  const events = new ExecEvents((event) => write(encodeExecEvent(event)));
  return {
    opened: (info) => events.threadStarted(info.threadId),
    accept: (event) => events.accept(event),
  };
}

/** `codex-agent sessions ...`. */
export async function sessionsDoor(request: SessionsRequest): Promise<number> {
  const { runSessions } = await import("../terminal/sessions.ts");
  const client = new Client(inMemory(createHost(nodeSystem(), caller)));
  process.stdout.on("error", () => undefined);
  try {
    return await runSessions(client, request, {
      stdout: (text) => void process.stdout.write(text),
      confirm: process.stdin.isTTY ? confirm : null,
      cwd: process.cwd(),
      async withoutSecrets(value) {
        const { withoutSecrets } = await import("../../config/secrets/without-secrets.ts");
        return withoutSecrets(value, { ...process.env } as Record<string, string>);
      },
    });
  } finally {
    await client.close();
  }
}

async function confirm(question: string): Promise<boolean> {
  const { createInterface } = await import("node:readline/promises");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(question)).trim());
  } catch {
    // Ctrl-D and Ctrl-C say no.
    return false;
  } finally {
    lines.close();
  }
}
