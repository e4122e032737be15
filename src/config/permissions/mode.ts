import { modeOptions, type Mode } from "../../protocol/modes.ts";
import type { ConfigInput } from "../config.ts";
import { valueAt, type TomlTable } from "../toml/toml-values.ts";

/** Keys of Codex's that say what may be done: where one is set, its settings mean what they mean there. */
const codexKeys = ["sandbox_mode", "approval_policy", "default_permissions"];

/**
 * The options with those of the mode that holds: an option before `[codex_agent] mode`, and the caller's default where nobody
 * says anything. With a sandbox that was asked for by option, a mode that is about the sandbox means nothing.
 */
export function withMode(input: ConfigInput, settings: TomlTable): ConfigInput {
  if (input.mode !== undefined) return input;
  const codex = codexKeys.some((key) => settings[key] !== undefined);
  const configured = configuredMode(settings);
  const fits = input.sandbox === undefined || configured === "ask" || configured === "auto";
  const mode = (fits ? configured : undefined) ?? (codex ? undefined : input.defaultMode);
  if (mode === undefined) return input;
  const wanted = modeOptions[mode];
  return {
    ...input,
    mode,
    sandbox: input.sandbox ?? wanted.sandbox,
    approvalPolicy: input.approvalPolicy ?? wanted.approvalPolicy,
    collaborationMode: input.collaborationMode ?? wanted.collaborationMode,
  };
}

const configuredMode = (settings: TomlTable): Mode | undefined =>
  valueAt(settings, ["codex_agent", "mode"]) as Mode | undefined;
