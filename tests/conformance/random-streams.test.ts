import { describe, expect, it, vi } from "vitest";
import { oursHere } from "../support/in-process.ts";
import { oracle, subject, type Binary } from "../support/run.ts";
import { withEveryStart } from "./rules.ts";
import { readRecording, seeds, trace, type Trace } from "./trace.ts";

vi.mock("../../src/doors/cli/exec-door.ts", async () => {
  const { execDoor } = await import("../support/in-process.ts");
  return { execDoor };
});

/**
 * Random scripted streams through both binaries. The real Codex's traces are recorded (npm run conformance:record -- random-streams);
 * every sixteenth stream is also played live, which shows that the recording still says what the real one does. Ours plays each
 * fourth as a process of its own, and the others, where nothing but the model's words differ, in this one.
 */
const recording = readRecording();
const live = process.env["CONFORMANCE_LIVE"] === "all";

async function played(binary: Binary, seed: number): Promise<Trace> {
  const found = await trace(binary, seed);
  return binary.name === "codex" ? withEveryStart(found) : found;
}

function recorded(seed: number): Trace {
  return withEveryStart(recording[seed] as Trace);
}

describe("random streams: what the real Codex did", () => {
  it("is recorded for at least 300 seeds", () => {
    expect(Object.keys(recording).map(Number)).toEqual(seeds);
    expect(seeds.length).toBeGreaterThanOrEqual(300);
  });

  it.each(seeds.filter((seed) => live || seed % 16 === 0))(
    "is still what it does: seed %i",
    { timeout: 240_000, concurrent: true },
    async (seed) => {
      expect(await played(oracle(), seed)).toEqual(recorded(seed));
    },
  );
});

describe("random streams: same events and same follow-up requests as the real Codex", () => {
  it.each([...seeds])("seed %i", { timeout: 240_000, concurrent: true }, async (seed) => {
    const own = seed % 4 === 0 || subject().name === "codex";
    expect(await played(own ? subject() : oursHere, seed)).toEqual(recorded(seed));
  });
});
