import { message, respond } from "../support/fake-model.ts";
import type { Turn } from "../support/scenario.ts";

export const flags = ["--skip-git-repo-check", "-m", "gpt-5.5", "-s", "danger-full-access"];
export const json = (...rest: string[]): string[] => ["exec", "--json", ...flags, ...rest];
export const human = (...rest: string[]): string[] => ["exec", ...flags, ...rest];
export const one = (...rest: string[]): Turn[] => [{ argv: json(...rest, "go") }];
export const last = respond([message("msg_last", "end")]);
export const fewRetries = { provider: "request_max_retries = 1\nstream_max_retries = 2" };
export const plans = ["-c", "tools.update_plan.enabled=true"];

export const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
export const exampleSchema = JSON.stringify({
  type: "object",
  properties: { answer: { type: "string" } },
  required: ["answer"],
  additionalProperties: false,
});

export function patch(...lines: string[]): string {
  return ["*** Begin Patch", ...lines, "*** End Patch", ""].join("\n");
}

export function plan(...steps: [string, string][]): unknown {
  return { plan: steps.map(([step, status]) => ({ step, status })) };
}
