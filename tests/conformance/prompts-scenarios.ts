import type { Scenario } from "../support/scenario.ts";
import { flags, json, last, one } from "./exec-turns.ts";

export const promptsScenarios: Scenario[] = [
  { name: "prompt in argv", script: () => [last], turns: one() },
  {
    name: "prompt on stdin is used unchanged",
    script: () => [last],
    turns: [{ argv: json(), stdin: "line one\nline two\n" }],
  },
  { name: "prompt - reads stdin", script: () => [last], turns: [{ argv: json("-"), stdin: "from stdin" }] },
  { name: "prompt and stdin are joined", script: () => [last], turns: [{ argv: json("go"), stdin: "data" }] },
  {
    name: "prompt and stdin that ends with a newline",
    script: () => [last],
    turns: [{ argv: json("go"), stdin: "data\n" }],
  },
  { name: "prompt with /dev/null as stdin", script: () => [last], turns: [{ argv: json("go"), stdin: null }] },
  { name: "empty prompt in argv", script: () => [last], turns: [{ argv: json("") }] },
  { name: "byte order mark on stdin", script: () => [last], turns: [{ argv: json(), stdin: "\ufeffgo" }] },
  { name: "empty stdin without a prompt", script: () => [], turns: [{ argv: json() }], compareStderr: true },
  {
    name: "blank stdin without a prompt",
    script: () => [],
    turns: [{ argv: json(), stdin: " \n" }],
    compareStderr: true,
  },
  {
    name: "stdin that is not UTF-8",
    script: () => [],
    turns: [{ argv: json(), stdin: new Uint8Array([65, 255, 66]) }],
  },
  { name: "unicode prompt", script: () => [last], turns: [{ argv: json("grüße 🦊\u2028x") }] },
  { name: "alias e", script: () => [last], turns: [{ argv: ["e", ...json("go").slice(1)] }] },
  {
    name: "--experimental-json",
    script: () => [last],
    turns: [{ argv: ["exec", "--experimental-json", ...flags, "go"] }],
  },
  {
    name: "options before and after the prompt",
    script: () => [last],
    turns: [{ argv: ["exec", "go", "--json", ...flags] }],
  },
  { name: "prompt after --", script: () => [last], turns: [{ argv: json("--", "--not-a-flag") }] },
];
