import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Client } from "../../../src/client/client.ts";
import { inMemory } from "../../../src/client/in-memory.ts";
import { runExec } from "../../../src/doors/exec/run-exec.ts";
import { createHost } from "../../../src/host/host.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import { startFakeModel } from "../../support/fake-model.ts";
import { makeStage } from "../../support/run.ts";
import { end } from "./both.ts";

it("tells the id of a thread when its file is there, so that whoever knows it can resume", async () => {
  const model = await startFakeModel(() => end);
  const stage = await makeStage({ baseUrl: model.baseUrl });
  const system = nodeSystem();
  const host = createHost(
    { ...system, environment: { ...system.environment, variables: stage.env } },
    { originator: "codex_exec", client: "codex_exec", source: "exec", demoWhenUnconfigured: false },
  );
  const client = new Client(inMemory(host));
  const told: { type: string; kept: boolean }[] = [];
  const files = (): string[] => {
    const folder = join(stage.codexHome, "sessions");
    return existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [];
  };
  const options = { cwd: stage.workspace, model: "gpt-5.5", overrides: [], addDirectories: [], enable: [], disable: [] };
  try {
    const code = await runExec(
      client,
      { target: { type: "new" }, prompt: "go", options, images: [], json: true, quiet: false, colour: "never" },
      {
        stdin: { isTerminal: true, readAll: async () => new Uint8Array(), tell: () => undefined },
        stdout(text) {
          const { type } = JSON.parse(text) as { type: string };
          told.push({ type, kept: files().some((path) => path.endsWith(".jsonl")) });
          return true;
        },
        stderr: () => undefined,
        stderrIsTerminal: false,
        noColour: true,
        onStop: () => undefined,
      },
    );
    expect(code).toBe(0);
    expect(told.slice(0, 2)).toEqual([
      { type: "thread.started", kept: true },
      { type: "turn.started", kept: true },
    ]);
  } finally {
    await client.close();
    await model.close();
    await stage.dispose();
  }
});
