import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { encloseScript } from "../../../src/policy/sandbox/enclose/script.ts";

const cases = (["namespaces", "landlock", "upper"] as const).flatMap((mode) =>
  (["x64", "arm64"] as const).map((architecture) => ({ mode, architecture })),
);

test.each(cases)("the script for $mode on $architecture names only what there is", ({ mode, architecture }) => {
  const input = `use strict; use warnings FATAL => 'all';\n${encloseScript(mode, architecture)}`;
  const { stderr, status } = spawnSync("perl", ["-T", "-c", "-"], { input, encoding: "utf8" });
  expect({ stderr, status }).toEqual({ stderr: "- syntax OK\n", status: 0 });
});
