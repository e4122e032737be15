import type { ThreadOptions, ThreadSettings } from "../../protocol/methods.ts";
import { demoModel } from "../../model/catalog.ts";

/** The options that a thread would have been opened with, had these settings been among them. */
export function withSettings(options: ThreadOptions, settings: ThreadSettings): ThreadOptions {
  const { reasoningEffort, model, overrides = [], ...permissions } = settings;
  const added = [
    ...(reasoningEffort === undefined || reasoningEffort === null
      ? []
      : [`model_reasoning_effort=${JSON.stringify(reasoningEffort)}`]),
    ...overrides,
  ];
  const keyOf = (override: string): string => override.slice(0, override.indexOf("="));
  const replaced = new Set([...added.map(keyOf), ...(reasoningEffort === null ? ["model_reasoning_effort"] : [])]);
  return {
    ...options,
    ...permissions,
    // Who speaks of approvals in Codex's words means what they mean there.
    ...(settings.approvalPolicy !== undefined && settings.mode === undefined && { mode: null }),
    // It was stored when the thread was opened.
    trust: false,
    ...(model !== undefined && { model, demo: model === demoModel }),
    ...(replaced.size > 0 && {
      overrides: [...(options.overrides ?? []).filter((known) => !replaced.has(keyOf(known))), ...added],
    }),
  };
}
