/** A host of its own for each way to fail: it must live on, and when it goes, nothing of it may stay. */
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isAlive } from "../exec/scripted.ts";
import { server, type Scripted } from "./scripted-server.ts";
import { until } from "../../support/until.ts";

const sdk = join(import.meta.dirname, "..", "..", "..", "src", "sdk", "index.ts");

/** Writes a program that has a `client` at hand, over the scripted server. */
async function host(code: string, work: string): Promise<{ file: string; scripted: Scripted }> {
  const scripted = await server(code);
  const file = join(scripted.folder, "host.ts");
  writeFileSync(
    file,
    `import { createClient } from ${JSON.stringify(sdk)};
     const open = (options = {}) => createClient({ codexCommand: ${JSON.stringify(scripted.path)}, ...options });
     const client = open();
     const caught = async (work: Promise<unknown>) => work.then(() => "resolved", (error: Error) => error.name);
     const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
     ${work}
    `,
  );
  return { file, scripted };
}

const dies = `after["turn/start"] = () => { delta("x"); process.exit(1); };`;

describe("nothing that a server does ends its host", () => {
  it.each<[string, string, string, string]>([
    [
      "one that dies in a turn",
      dies,
      `console.log(await caught(client.responsesCreate({ prompt: "hi" })));`,
      "AppServerConnectionError",
    ],
    [
      "one that dies while a stream is held and nobody reads",
      dies,
      `const events = client.responsesEvents({ prompt: "hi" }); await events.next(); await events.next(); await pause(300); console.log("held"); await client.close();`,
      "held",
    ],
    [
      "one that dies while it is connected to by requests that nobody waits for",
      `process.exit(4);`,
      `const waiting = [client.modelList(), client.threadStart()]; console.log((await Promise.allSettled(waiting)).map(({ status }) => status).join());`,
      "rejected,rejected",
    ],
    [
      "one that cannot be started again",
      `on["model/list"] = () => { fs.rmSync(__filename); process.exit(1); };`,
      `const again = open({ reconnect: { attempts: 2, backoffMs: 5 } }); await again.connect(); const closed = new Promise((resolve) => again.on("closed", resolve));
       await caught(again.modelList()); await closed; console.log(await caught(again.modelList())); await again.close();`,
      "AppServerConnectionError",
    ],
    [
      "one that asks while the client closes",
      `after.initialized = () => { for (let n = 0; n < 50; n++) ask(n, "item/commandExecution/requestApproval", { threadId: thread }); };`,
      `const asked = open({ onCommandApproval: async () => { await pause(5); throw new Error("x"); } }); await asked.connect(); await asked.close(); console.log("closed");`,
      "closed",
    ],
    [
      "listeners that throw",
      `after.initialized = () => { tell("warning", { message: "x" }); };`,
      `client.on("warning", () => { throw new Error("x"); }); client.on("warning", async () => { throw new Error("y"); });
       client.onNotification(() => { throw new Error("z"); }); await client.modelList(); console.log("lives"); await client.close();`,
      "lives",
    ],
    ["a client that was never used", "", `await client.close(); console.log("closed");`, "closed"],
  ])("%s", async (_, code, work, printed) => {
    const { file } = await host(code, work);
    const ended = spawnSync(process.execPath, [file], { encoding: "utf8", timeout: 60_000 });
    expect(ended.stderr).toBe("");
    expect(ended.stdout).toBe(`${printed}\n`);
    expect(ended.status).toBe(0);
  });

  it("a server is ended with its host, however that ends", async () => {
    for (const [work, signal] of [
      [`await client.connect(); process.exit(0);`, null],
      [`await client.connect(); await new Promise(() => setInterval(() => {}, 1000));`, "SIGKILL"],
    ] as const) {
      const { file, scripted } = await host(
        `process.stdin.removeAllListeners("end"); setInterval(() => {}, 1000); after.initialized = () => note("ready");`,
        work,
      );
      const child = spawn(process.execPath, [file], { stdio: "ignore" });
      await until(() => (signal === null ? scripted.starts().length > 0 : scripted.noted("ready") !== null));
      if (signal !== null) child.kill(signal);
      await until(() => !isAlive(scripted.starts()[0]!.pid));
      expect(scripted.starts()).toHaveLength(1);
    }
  });
});
