import { appendFile, readFile, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { call, completed, created, respond, startFakeModel, type Script } from "../../support/fake-model.ts";
import { makeStage, oracle, ours, run, type Binary, type Outcome, type Stage } from "../../support/run.ts";
import { end, inputOf, json, rolloutFile, untilIn, warnings } from "./both.ts";

interface Resumed {
  second: Outcome;
  stage: Stage;
  /** Input of the second run's request. */
  input: ReturnType<typeof inputOf>;
}

/** A first run, something that happens to its thread, and a resume of it. */
async function resume<Seen>(
  binary: Binary,
  happen: (stage: Stage) => Promise<void>,
  look: (resumed: Resumed) => Promise<Seen> | Seen,
): Promise<Seen> {
  const model = await startFakeModel(() => end);
  const stage = await makeStage({ baseUrl: model.baseUrl });
  try {
    const first = await run(binary, stage, json("one"));
    await happen(stage);
    const second = await run(binary, stage, json("resume", threadOf(first), "two"));
    return await look({ second, stage, input: inputOf(model.requests[1]) });
  } finally {
    await model.close();
    await stage.dispose();
  }
}

const threadOf = ({ events }: Outcome): string => String(events[0]?.["thread_id"]);

const eachBinary = async <Seen>(look: (binary: Binary) => Promise<Seen>): Promise<{ codex: Seen; ours: Seen }> => {
  const [codex, mine] = await Promise.all([look(oracle()), look(ours())]);
  return { codex, ours: mine };
};

const isBroken = (line: string): boolean => {
  try {
    JSON.parse(line);
    return false;
  } catch {
    return line !== "";
  }
};

describe("a damaged thread", () => {
  it("with a torn last line is mended, and that is told", async () => {
    const tear = async (stage: Stage): Promise<void> => appendFile(await rolloutFile(stage), '{"timestamp":"2026-');
    const seen = await eachBinary((binary) =>
      resume(binary, tear, async ({ second, stage }) => {
        const lines = (await readFile(await rolloutFile(stage), "utf8")).split("\n");
        return [
          second.code,
          lines.filter(isBroken).length,
          warnings(second).filter((text) => text.includes("cut off")).length,
        ];
      }),
    );
    expect(seen).toEqual({ codex: [0, 1, 0], ours: [0, 0, 1] });
  });

  it("with an unreadable line in its middle is used, and that is told", async () => {
    const damage = async (stage: Stage): Promise<void> => {
      const file = await rolloutFile(stage);
      const lines = (await readFile(file, "utf8")).split("\n");
      const at = lines.findIndex((line) => line.includes('"role":"assistant"'));
      await writeFile(file, lines.with(at, "{broken").join("\n"));
    };
    const seen = await eachBinary((binary) =>
      resume(binary, damage, ({ second }) => [
        second.code,
        warnings(second).filter((text) => text.includes("cannot be read")).length,
      ]),
    );
    expect(seen).toEqual({ codex: [0, 0], ours: [0, 1] });
  });
});

it("a thread that another process writes is refused with that process's id", async () => {
  const seen = await eachBinary(async (binary) => {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const model = await startFakeModel(({ index }) =>
      index === 1 ? { parts: [created(), { gate: () => released }, completed()] } : end,
    );
    const stage = await makeStage({ baseUrl: model.baseUrl });
    try {
      const id = threadOf(await run(binary, stage, json("one")));
      const writing = run(binary, stage, json("resume", id, "two"));
      await model.seen(2);
      const refused = await run(binary, stage, json("resume", id, "three"));
      release();
      const { pid } = await writing;
      return [refused.code, refused.stderr.includes(`process ${pid} (codex-agent)`)];
    } finally {
      release();
      await model.close();
      await stage.dispose();
    }
  });
  expect(seen).toEqual({ codex: [1, false], ours: [1, true] });
});

it("a call that was cut off by the end of its process is told as of unknown outcome", async () => {
  const seen = await eachBinary(async (binary) => {
    const script: Script = [respond([call("1", "exec_command", { cmd: "sleep 25", yield_time_ms: 30_000 })]), end];
    const model = await startFakeModel(script);
    const stage = await makeStage({ baseUrl: model.baseUrl });
    try {
      const killed = await run(binary, stage, json("one"), {
        onEvent: (event, child) => {
          if (event.type !== "item.started") return;
          void rolloutFile(stage)
            .then((file) => untilIn(file, '"function_call"'))
            .then(() => child.kill("SIGKILL"));
        },
      });
      await run(binary, stage, json("resume", threadOf(killed), "two"));
      return inputOf(model.requests[1])
        .filter(({ type }) => type === "function_call_output")
        .map(({ output }) => String(output));
    } finally {
      await model.close();
      await stage.dispose();
    }
  });
  expect(seen).toEqual({ codex: ["aborted"], ours: [expect.stringMatching(/Whether it took effect is unknown/)] });
});
