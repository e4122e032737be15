import { describe, expect, it } from "vitest";
import { oracle, subject, type Binary } from "../support/run.ts";
import { withEveryStart } from "./rules.ts";
import { readRecording, seeds, trace, type Trace } from "./trace.ts";

/**
 * Random scripted streams through both binaries. The real Codex's traces are recorded (npm run conformance:record -- random-streams);
 * every sixteenth stream is also played live, which shows that the recording still says what the real one does.
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
    expect(await played(subject(), seed)).toEqual(recorded(seed));
  });
});
