import { expect, it } from "vitest";
import { Client } from "../../../src/client/client.ts";
import { inMemory } from "../../../src/client/in-memory.ts";
import { runExec } from "../../../src/doors/exec/run-exec.ts";
import { createHost } from "../../../src/host/host.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import { rolloutOf, textOf } from "../../crash/killing.ts";
import { journalLines, type JournalLine, lostEvents } from "../../crash/promises.ts";
import { call, customCall, message, reasoning, respond, startFakeModel } from "../../support/fake-model.ts";
import { type JsonEvent, makeStage } from "../../support/run.ts";
import { end, patch } from "./both.ts";

const script = [
  respond([
    reasoning("rs_1", "thought"),
    message("msg_1", "words"),
    call("1", "exec_command", { cmd: "echo token-1_0-" }),
    customCall("2", "apply_patch", patch("*** Add File: a.txt", "+a")),
  ]),
  end,
];

it("tells of nothing that is not in the thread's file, not even of the thread", async () => {
  const model = await startFakeModel(script);
  const stage = await makeStage({ baseUrl: model.baseUrl });
  const system = nodeSystem();
  const host = createHost(
    { ...system, environment: { ...system.environment, variables: stage.env } },
    { originator: "codex_exec", client: "codex_exec", source: "exec", demoWhenUnconfigured: false },
  );
  const client = new Client(inMemory(host));
  const told: string[] = [];
  const lost: string[] = [];
  const journal = (): JournalLine[] => journalLines(textOf(rolloutOf(stage)));
  const options = {
    cwd: stage.workspace,
    model: "gpt-5.5",
    sandbox: "danger-full-access" as const,
    overrides: [],
    addDirectories: [],
    enable: [],
    disable: [],
  };
  try {
    const code = await runExec(
      client,
      { target: { type: "new" }, prompt: "go", options, images: [], json: true, quiet: false, colour: "never" },
      {
        stdin: { isTerminal: true, readAll: async () => new Uint8Array(), tell: () => undefined },
        stdout(text) {
          const event = JSON.parse(text) as JsonEvent;
          const item = event["item"] as { type: string } | undefined;
          told.push(item === undefined ? event.type : `${event.type} ${item.type}`);
          lost.push(...lostEvents([event], journal()));
          return true;
        },
        stderr: () => undefined,
        stdoutIsTerminal: false,
        stderrIsTerminal: false,
        noColour: true,
        onStop: () => undefined,
      },
    );
    expect(code).toBe(0);
    expect(lost).toEqual([]);
    // Tools run side by side: which is told of first is chance.
    expect(told.slice(0, 4)).toEqual([
      "thread.started",
      "turn.started",
      "item.completed reasoning",
      "item.completed agent_message",
    ]);
    expect(told.slice(4, -2).sort()).toEqual([
      "item.completed command_execution",
      "item.completed file_change",
      "item.started command_execution",
      "item.started file_change",
    ]);
    expect(told.slice(-2)).toEqual(["item.completed agent_message", "turn.completed"]);
  } finally {
    await client.close();
    await model.close();
    await stage.dispose();
  }
});
