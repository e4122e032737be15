import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { DiffReport, RewindReport } from "../../../src/protocol/rewind.ts";
import type { ThreadOptions } from "../../../src/protocol/methods.ts";
import { call, customCall, message, respond, type Reply } from "../../support/fake-model.ts";
import { type LiveThread, startLiveThread } from "../../support/live-thread.ts";
import type { StageOptions } from "../../support/run.ts";

/** What the model does in a turn. */
export type Doing =
  | { run: string }
  | { leave: string }
  | { patch: string }
  | { wait: () => Promise<unknown> }
  | "answer";

export interface Rewindable extends LiveThread {
  /** A turn in which the model does all of these, one after the other. */
  turn(...doings: Doing[]): Promise<void>;
  /** The same in another thread of the same host. */
  turnOf(threadId: string, ...doings: Doing[]): Promise<void>;
  path(name: string): string;
  /** Resolves when nothing of the last turn is still to be looked at. */
  settled(): Promise<void>;
  /** The thread is opened again after it was closed by a rewind. */
  reopen(): Promise<void>;
  rewind(
    to: number | string,
    options?: Partial<{ scope: "files" | "chat" | "both"; preview: boolean; overwrite: boolean }>,
  ): Promise<RewindReport>;
  undo(options?: Partial<{ preview: boolean; overwrite: boolean }>): Promise<RewindReport>;
  diff(turn?: number): Promise<DiffReport>;
}

export async function rewindable({
  stage = {},
  thread = {},
}: { stage?: StageOptions; thread?: ThreadOptions } = {}): Promise<Rewindable> {
  const queue: Reply[] = [];
  let count = 0;
  const live = await startLiveThread(() => queue.shift() ?? respond([message(`m${++count}`, "done")]), {
    stage: { ...stage, config: `${stage.config ?? ""}\n[features]\ngoals = false\n` },
    thread: { sandbox: "danger-full-access", approvalPolicy: "never", keepSnapshots: true, ...thread },
  });
  const { threadId } = live.info;
  const plan = (doings: readonly Doing[]): void => {
    for (const doing of doings) {
      if (doing === "answer") continue;
      if ("wait" in doing) {
        const reply = respond([message(`w${++count}`, "done")]);
        queue.push({ ...reply, parts: [{ gate: doing.wait }, ...reply.parts] });
        continue;
      }
      const id = `c${++count}`;
      const item =
        "run" in doing || "leave" in doing
          ? call(
              id,
              "exec_command",
              "run" in doing
                ? { cmd: doing.run, login: false, yield_time_ms: 20_000 }
                : { cmd: doing.leave, login: false, yield_time_ms: 250 },
            )
          : customCall(id, "apply_patch", `*** Begin Patch\n${doing.patch}\n*** End Patch\n`);
      queue.push(respond([item]));
    }
  };
  const settled = async (): Promise<void> => {
    await live.client.call("thread/close", { threadId }).catch(() => undefined);
  };
  const reopen = async (): Promise<void> => {
    await settled();
    await live.client.call("thread/resume", {
      threadId,
      cwd: live.stage.workspace,
      sandbox: "danger-full-access",
      approvalPolicy: "never",
      keepSnapshots: true,
      ...thread,
    });
  };
  return {
    ...live,
    path: (name) => join(live.stage.workspace, name),
    async turn(...doings) {
      plan(doings);
      const end = await live.say("do it");
      if (end.type !== "turn.completed") throw new Error(JSON.stringify(end));
    },
    async turnOf(other, ...doings) {
      plan(doings);
      const ended = new Promise<void>((resolve) => {
        live.client.subscribe(other, (event) => event.type === "turn.completed" && resolve());
      });
      await live.client.call("turn/start", { threadId: other, input: [{ type: "text", text: "do it" }] });
      await ended;
    },
    settled,
    reopen,
    async rewind(to, options = {}) {
      await settled();
      return live.client.call("thread/rewind", { threadId, to, ...options });
    },
    async undo(options = {}) {
      await settled();
      return live.client.call("thread/rewind/undo", { threadId, ...options });
    },
    async diff(turn) {
      await settled();
      return live.client.call("thread/diff", { threadId, ...(turn !== undefined && { turn }) });
    },
  };
}

/** Everything below a folder, byte by byte: kind, rights and content of each path. */
export function picture(folder: string, skip: (path: string) => boolean = () => false): Record<string, string> {
  const found: Record<string, string> = {};
  const walk = (below: Buffer, name: string): void => {
    for (const entry of readdirSync(below, { encoding: "buffer" })) {
      const path = Buffer.concat([below, Buffer.from("/"), entry]);
      const label = `${name}${entry.toString("latin1")}`;
      if (skip(label)) continue;
      const stat = lstatSync(path);
      if (stat.isSymbolicLink()) found[label] = `link ${readlinkSync(path)}`;
      else if (stat.isDirectory()) {
        found[label] = "folder";
        walk(path, `${label}/`);
      } else if (stat.isFile()) {
        found[label] =
          `${(stat.mode & 0o777).toString(8)} ${createHash("sha1").update(readFileSync(path)).digest("hex")}`;
      } else found[label] = "other";
    }
  };
  walk(Buffer.from(folder), "");
  return found;
}

export const git = (folder: string, ...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=Test", "-c", "user.email=test@example.invalid", ...args], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", GIT_CONFIG_NOSYSTEM: "1" },
  });
