import { expect, it } from "vitest";
import { productVersion } from "../../../src/protocol/version.ts";
import { customCall, httpError, respond } from "../../support/fake-model.ts";
import { alone, both, end, fewRetries, flags, patch } from "./both.ts";

const argv = ["exec", ...flags, "go"];
const lines = (text: string, pattern: RegExp): string[] => text.split("\n").filter((line) => pattern.test(line));

it("the banner has our own name and version", async () => {
  const seen = await both({ argv }, ({ stderr }) => lines(stderr, /^(OpenAI Codex|codex-agent) v/)[0]);
  expect(seen).toEqual({ codex: "OpenAI Codex v0.169.0", ours: `codex-agent v${productVersion}` });
});

it("a second try is told with its cause", async () => {
  const seen = await both({ ...fewRetries, argv, script: () => [httpError(503, ""), end] }, ({ stderr }) =>
    lines(stderr, /Reconnecting/).map((line) => line.includes("503")),
  );
  expect(seen).toEqual({ codex: [false], ours: [true] });
});

it("the error that ends a turn is told once, without a count of tokens", async () => {
  const seen = await both({ argv, script: () => () => httpError(400, "the cause") }, ({ stderr }) => [
    lines(stderr, /the cause/).length,
    lines(stderr, /^tokens used/).length,
  ]);
  expect(seen).toEqual({ codex: [2, 0], ours: [1, 0] });
});

it("a patch is shown without the hashes of its files", async () => {
  const script = () => [
    respond([customCall("1", "apply_patch", patch("*** Update File: a.txt", "@@", "-one", "+two"))]),
    end,
  ];
  const seen = await both({ argv, files: { "a.txt": "one\n" }, script }, ({ stderr }) => [
    lines(stderr, /^diff --git a\/a\.txt b\/a\.txt$/).length,
    lines(stderr, /^index /).length,
  ]);
  expect(seen).toEqual({ codex: [1, 1], ours: [1, 0] });
});

it("--quiet leaves the answer on stdout, and on stderr what went wrong", async () => {
  const quiet = ["exec", ...flags, "--quiet", "go"];
  expect(await alone({ argv: quiet }, ({ stdout, stderr }) => [stdout, stderr])).toEqual(["end\n", ""]);
  const failed = await alone(
    { argv: quiet, script: () => () => httpError(400, "the cause") },
    ({ code, stdout, stderr }) => [code, stdout, stderr],
  );
  expect(failed).toEqual([1, "", "ERROR: the cause\n"]);
});
