import { describe, expect, it } from "vitest";
import { commandActions } from "../../../../src/doors/app-server/words/command-actions.ts";
import { commandLines } from "../../../conformance/app-server/command-lines.ts";
import { readRecorded } from "../../../conformance/recorded.ts";

const recorded = readRecorded("app-server-command-actions") as Record<string, unknown>;

/** Lines that the permissions do not look into either. */
const cautious = new Set(["find ! -name x"]);

describe("what a command is taken to do", () => {
  it("is recorded of every line of the table", () => {
    expect(Object.keys(recorded).toSorted()).toEqual([...new Set(commandLines)].toSorted());
    expect(commandLines.length).toBeGreaterThan(500);
  });

  it.each(commandLines.filter((line) => !cautious.has(line)))("is what the real Codex says of it: %j", (line) => {
    expect(commandActions(["/bin/bash", "-lc", line], "/stage/work")).toEqual(recorded[line]);
  });

  it("is nothing that is known where no shell reads the line", () => {
    expect(commandActions(["cat", "a b"], "/stage/work")).toEqual([{ type: "unknown", command: "cat 'a b'" }]);
  });
});
