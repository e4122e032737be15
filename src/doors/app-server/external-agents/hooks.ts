import { join } from "node:path";
import { writeAtomically } from "../../../config/atomic-write.ts";
import type { Found } from "./found.ts";
import { isRecord, jsonIn, jsonOf, ownText, recordOf, settingsOf, type Json } from "./read.ts";
import type { Scope } from "./scope.ts";

/** In the order in which they are written. */
const events = [
  "PreToolUse",
  "PermissionRequest",
  "PostToolUse",
  "PreCompact",
  "PostCompact",
  "SessionStart",
  "SessionEnd",
  "UserPromptSubmit",
  "SubagentStart",
  "SubagentStop",
  "Stop",
];
/** There is nothing that they could match. */
const unmatched = new Set(["UserPromptSubmit", "Stop"]);

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Commands alone, those that somebody waits for, without further conditions: all else ours do not know. */
function commandHook(hook: unknown): Json | null {
  if (!isRecord(hook)) return null;
  const { type = "command", command, timeout, async } = hook;
  if (type !== "command" || typeof command !== "string" || async === true || hook["if"] !== undefined) return null;
  return { type, command, ...(Number.isInteger(timeout) && { timeout }) };
}

function group(event: string, matcher: unknown, hooks: readonly unknown[]): Json | null {
  const kept = hooks.map(commandHook).filter((hook) => hook !== null);
  if (kept.length === 0) return null;
  const matches = typeof matcher === "string" && matcher !== "" && !unmatched.has(event);
  return { ...(matches && { matcher }), hooks: kept };
}

/** By event, in our form. */
function hooksOf(scope: Scope): Map<string, Json[]> {
  const found = new Map<string, Json[]>();
  const add = (event: string, groups: readonly (Json | null)[]): void => {
    const kept = groups.filter((each) => each !== null);
    if (kept.length > 0) found.set(event, kept);
  };
  if (scope.agent === "cursor") {
    const hooks = recordOf(jsonIn(scope, join(scope.folder, "hooks.json"))?.["hooks"]);
    for (const [name, list] of Object.entries(hooks)) {
      const event = events.find((each) => each.toLowerCase() === name.toLowerCase());
      if (event !== undefined)
        add(
          event,
          listOf(list).map((hook) => group(event, recordOf(hook)["matcher"], [hook])),
        );
    }
    return found;
  }
  const settings = settingsOf(scope);
  if (settings["disableAllHooks"] === true) return found;
  const hooks = recordOf(settings["hooks"]);
  for (const event of events)
    add(
      event,
      listOf(hooks[event]).map((each) => {
        const { matcher, hooks: inner } = recordOf(each);
        return group(event, matcher, listOf(inner));
      }),
    );
  return found;
}

/** Nothing where we have hooks of our own already. */
export async function findHooks(scope: Scope): Promise<Found | null> {
  const hooks = hooksOf(scope);
  const target = join(scope.target, "hooks.json");
  if (hooks.size === 0 || (ownText(target).trim() !== "" && !isEmpty(target))) return null;
  return {
    itemType: "HOOKS",
    description: `Migrate hooks from ${scope.folder} to ${target}`,
    names: [...hooks.keys()],
    source: scope.folder,
    target,
    async take(names) {
      const taken = [...hooks].filter(([event]) => names.has(event));
      writeAtomically(target, `${JSON.stringify({ hooks: Object.fromEntries(taken) }, null, 2)}\n`);
    },
  };
}

function isEmpty(path: string): boolean {
  return Object.keys(recordOf(jsonOf(path)?.["hooks"])).length === 0;
}
