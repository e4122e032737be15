import { httpError, message, respond } from "../support/fake-model.ts";
import type { Scenario } from "../support/scenario.ts";
import { exampleSchema, json, last, one, pixel } from "./exec-turns.ts";
import { eachLine, saidEarlier } from "./wanted.ts";

export const attachmentsScenarios: Scenario[] = [
  {
    name: "image",
    script: () => [last],
    stage: { files: { "dot.png": pixel } },
    turns: [{ argv: json("-i", "dot.png", "--", "look") }],
  },
  {
    name: "two images",
    script: () => [last],
    stage: { files: { "a.png": pixel, "b.png": pixel } },
    turns: [{ argv: json("-i", "a.png", "b.png", "--", "look") }],
  },
  {
    name: "images separated by commas",
    script: () => [last],
    stage: { files: { "a.png": pixel, "b.png": pixel } },
    turns: [{ argv: json("-i", "a.png,b.png", "--", "look") }],
  },
  {
    name: "output schema",
    script: () => [last],
    stage: { files: { "schema.json": exampleSchema } },
    turns: one("--output-schema", "schema.json"),
  },
  {
    name: "output schema that is missing",
    script: () => [],
    turns: one("--output-schema", "none.json"),
    compareStderr: true,
    wanted: saidEarlier,
  },
  {
    name: "output schema that is not JSON",
    script: () => [],
    stage: { files: { "schema.json": "{bad" } },
    turns: one("--output-schema", "schema.json"),
  },
  {
    name: "last message file",
    script: () => [respond([message("msg_1", "first"), message("msg_2", "answer")])],
    turns: one("-o", "out.txt"),
  },
  { name: "last message file after a failed turn", script: () => [httpError(400, "no")], turns: one("-o", "out.txt") },
  { name: "last message file of a turn without a message", script: () => [respond([])], turns: one("-o", "out.txt") },
  {
    name: "last message file that cannot be written",
    script: () => [],
    turns: one("-o", "missing/out.txt"),
    compareStderr: true,
    wanted: {
      reason: "fails before it waits for stdin; names the errno",
      change: (real) =>
        eachLine(saidEarlier.change(real), (line) => [
          line.replace(
            "No such file or directory (os error 2)",
            "ENOENT: no such file or directory, open 'missing/out.txt'",
          ),
        ]),
    },
  },
];
