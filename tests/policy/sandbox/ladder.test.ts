import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { climb } from "../../../src/policy/sandbox/ladder.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import type { System } from "../../../src/system/ports.ts";
import { scratchFolder } from "../../support/scratch.ts";

/** A machine on which every program takes ten seconds longer than it should, without the waiting. */
function slowSystem(): System {
  const system = nodeSystem();
  const run: System["processes"]["run"] = (command, options) =>
    (options?.timeoutMs ?? Infinity) < 10_000
      ? Promise.resolve({ code: 137, stdout: "", stderr: "" })
      : system.processes.run(command, options);
  return { ...system, processes: { ...system.processes, run } };
}

test("a machine that is busy when walls are tried out gets those that it would get at rest", async () => {
  const options = { rung: "auto", directory: mkdtempSync(join(scratchFolder, "ladder-")), distrusted: [] } as const;
  const [atRest, busy] = [await climb(options, nodeSystem()), await climb(options, slowSystem())];
  expect(atRest.sandbox).not.toBeNull();
  expect(busy.sandbox?.rung).toBe(atRest.sandbox?.rung);
});
