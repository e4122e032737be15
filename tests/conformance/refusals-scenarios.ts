import type { Scenario } from "../support/scenario.ts";
import { json, last, one } from "./exec-turns.ts";
import { saidEarlier, withoutRepeats } from "./wanted.ts";

export const refusalsScenarios: Scenario[] = [
  {
    name: "not a trusted directory",
    script: () => [],
    turns: [{ argv: ["exec", "--json", "-m", "gpt-5.5", "go"] }],
    compareStderr: true,
    wanted: saidEarlier,
  },
  {
    name: "key variable that is not set",
    script: () => [],
    turns: [{ argv: json("go"), env: { FAKE_KEY: undefined } }],
  },
  { name: "key variable that is empty", script: () => [], turns: [{ argv: json("go"), env: { FAKE_KEY: "" } }] },
  { name: "unknown provider", script: () => [], turns: one("-c", "model_provider=zzz"), compareStderr: true },
  {
    name: "approval policy untrusted",
    script: () => [],
    turns: one("-c", 'approval_policy="untrusted"'),
    compareStderr: true,
  },
  { name: "missing working root", script: () => [], turns: one("-C", "none") },
  { name: "syntax error in config.toml", script: () => [], stage: { config: "a = = 3" }, turns: one() },
  { name: "wrong type in config.toml", script: () => [], stage: { config: "model = 3" }, turns: one() },
  { name: "wrong type in an override", script: () => [], turns: one("-c", 'model_context_window="big"') },
  {
    name: "unknown key",
    script: () => [last],
    stage: { config: "surprise = 3" },
    turns: one(),
    wanted: { reason: "the real one says it twice", change: withoutRepeats },
  },
  {
    name: "unknown key under --strict-config",
    script: () => [],
    stage: { config: "surprise = 3" },
    turns: one("--strict-config"),
  },
  { name: "update_plan given as a boolean", script: () => [], turns: one("-c", "tools.update_plan=true") },
  { name: "unknown flag", script: () => [], turns: one("--surprise") },
  { name: "bad value of a flag", script: () => [], turns: [{ argv: ["exec", "-s", "what", "go"] }] },
  { name: "override without a value", script: () => [], turns: one("-c", "model") },
  { name: "two prompts", script: () => [], turns: [{ argv: json("one", "two") }] },
  { name: "fork without an id", script: () => [], turns: [{ argv: json("fork") }] },
  {
    name: "resume of an unknown id",
    script: () => [],
    turns: [{ argv: json("resume", "01a1fdc0-573b-7a60-a1cd-00ee41d6fef3", "go") }],
    compareStderr: true,
  },
  {
    name: "fork of an unknown id",
    script: () => [],
    turns: [{ argv: json("fork", "01a1fdc0-573b-7a60-a1cd-00ee41d6fef3", "go") }],
    compareStderr: true,
  },
];
