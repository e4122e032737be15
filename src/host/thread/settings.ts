import type { ThreadOptions, ThreadSettings } from "../../protocol/methods.ts";
import { demoModel } from "../../model/catalog.ts";

/** The options that a thread would have been opened with, had these settings been among them. */
export function withSettings(options: ThreadOptions, settings: ThreadSettings): ThreadOptions {
  const { reasoningEffort, model, ...permissions } = settings;
  return {
    ...options,
    ...permissions,
    // Who speaks of approvals in Codex's words means what they mean there.
    ...(settings.approvalPolicy !== undefined && settings.mode === undefined && { mode: null }),
    // It was stored when the thread was opened.
    trust: false,
    ...(model !== undefined && { model, demo: model === demoModel }),
    ...(reasoningEffort !== undefined && {
      overrides: [...(options.overrides ?? []), `model_reasoning_effort=${JSON.stringify(reasoningEffort)}`],
    }),
  };
}
