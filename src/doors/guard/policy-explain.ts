import type { Effects } from "../../protocol/effects.ts";
import type { ThreadOptions } from "../../protocol/methods.ts";
import type { Verdict } from "../../protocol/verdict.ts";
import { visibleText } from "../../system/terminal-text.ts";
import { cleaned, withClient } from "./with-client.ts";

/** `codex-agent policy explain`: what would be decided about a command, and why. Runs nothing. */
export function explain(words: readonly string[], options: ThreadOptions, json: boolean): Promise<number> {
  return withClient(async (client) => {
    const { verdict, argv } = await cleaned(await client.call("policy/explain", { ...options, words }));
    process.stdout.write(json ? `${JSON.stringify({ ...verdict, argv })}\n` : `${lines(verdict).join("\n")}\n`);
    return 0;
  });
}

const headings: readonly (readonly [keyof Effects, string])[] = [
  ["programs", "runs"],
  ["reads", "reads"],
  ["writes", "writes"],
  ["hosts", "reaches"],
  ["signals", "signals"],
  ["unknown", "not known"],
];

function lines({ decision, rule, reason, effects }: Verdict): string[] {
  const found = headings.flatMap(([key, heading]) =>
    effects[key].map((each, index) => `${(index === 0 ? heading : "").padEnd(10)}${visibleText(each)}`),
  );
  return [
    `${"decision".padEnd(10)}${decision}`,
    `${"rule".padEnd(10)}${visibleText(rule)}`,
    `${"reason".padEnd(10)}${visibleText(reason)}`,
    ...found,
  ];
}
