import type { Call } from "./conversation.ts";
import { readOutput } from "./outputs.ts";
import { count, done, type Report } from "./report.ts";

/** Ends every answer: nobody shall take this for a real model. */
export const signature =
  "(This is the offline demo model: a fixed program without a language model. Configure a provider for real work.)";

export const examples: readonly string[] = [
  "what is in this folder?",
  "read README.md",
  "search for TODO in src",
  'create a file hello.txt with "hello", then replace hello with goodbye in hello.txt',
  "run `git status`",
];

const abilities = `I can list, read, search, create, change and delete files, run commands, and explain what I did. For example:\n${examples.map((example) => `- ${example}`).join("\n")}`;

export const help = (): Report => done(abilities);
export const unknown = (): Report => ({
  text: `I did not understand that; I know only a few English phrases. ${abilities}`,
  ok: false,
  found: [],
});

const maxCalls = 12;

/** What the calls of earlier turns were and what came of them, by the history alone. */
export function explain(calls: readonly Call[]): Report {
  if (calls.length === 0) return done("So far I have done nothing in this conversation.");
  const lines = calls.slice(-maxCalls).map((call) => `- ${describe(call)}: ${result(call.output)}`);
  const left = calls.length - lines.length;
  return done(
    `So far I made ${count(calls.length, "tool call")}${left > 0 ? `, the last ${lines.length} of them` : ""}:\n${lines.join("\n")}`,
    lines,
  );
}

function describe({ item }: Call): string {
  if (item.type === "custom_tool_call") {
    const files = [...item.input.matchAll(/^\*\*\* (Add|Update|Delete) File: (.*)$/gm)].map(
      ([, deed, path]) => `${deed!.toLowerCase()} ${path}`,
    );
    return `${item.name} (${files.join(", ")})`;
  }
  let args: Record<string, unknown> = {};
  try {
    args = JSON.parse(item.arguments) as Record<string, unknown>;
  } catch {
    // Another model wrote this call; its name says enough.
  }
  const main = ["cmd", "command", "file_path", "dir_path", "pattern", "path"]
    .map((name) => args[name])
    .find((value) => value !== undefined);
  return main === undefined
    ? item.name
    : `${item.name} ${typeof main === "string" ? main : JSON.stringify(main)}`.slice(0, 200);
}

function result(output: string | null): string {
  if (output === null) return "its outcome is unknown";
  const { ok, refused, exitCode, text } = readOutput(output);
  if (refused) return "refused";
  if (ok) return "done";
  return exitCode === null ? `failed (${text.split("\n")[0]!.slice(0, 160)})` : `failed with exit code ${exitCode}`;
}
