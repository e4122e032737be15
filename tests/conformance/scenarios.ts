import type { Scenario } from "../support/scenario.ts";
import { agentsScenarios } from "./agents-scenarios.ts";
import { goalsScenarios } from "./goals-scenarios.ts";
import { hooksScenarios } from "./hooks-scenarios.ts";
import { compactionScenarios } from "./compaction-scenarios.ts";
import { mcpScenarios } from "./mcp-scenarios.ts";
import { codeModeScenarios } from "./code-mode-scenarios.ts";
import { contextScenarios } from "./context-scenarios.ts";
import { reviewScenarios } from "./review-scenarios.ts";
import { reviewsScenarios } from "./reviews-scenarios.ts";
import { rulesScenarios } from "./rules-scenarios.ts";
import { sandboxScenarios } from "./sandbox-scenarios.ts";
import { promptsScenarios } from "./prompts-scenarios.ts";
import { attachmentsScenarios } from "./attachments-scenarios.ts";
import { itemsScenarios } from "./items-scenarios.ts";
import { streamsScenarios } from "./streams-scenarios.ts";
import { statusesScenarios } from "./statuses-scenarios.ts";
import { settingsScenarios } from "./settings-scenarios.ts";
import { refusalsScenarios } from "./refusals-scenarios.ts";
import { threadsScenarios } from "./threads-scenarios.ts";
import { humanScenarios } from "./human-scenarios.ts";

/** Every scenario of `codex-agent exec` that is held against the real Codex, by theme. */
export const themes: Record<string, readonly Scenario[]> = {
  prompts: promptsScenarios,
  attachments: attachmentsScenarios,
  items: itemsScenarios,
  streams: streamsScenarios,
  statuses: statusesScenarios,
  settings: settingsScenarios,
  refusals: refusalsScenarios,
  threads: threadsScenarios,
  human: humanScenarios,
  sandbox: sandboxScenarios,
  reviews: reviewsScenarios,
  rules: rulesScenarios,
  review: reviewScenarios,
  codeMode: codeModeScenarios,
  mcp: mcpScenarios,
  goals: goalsScenarios,
  hooks: hooksScenarios,
  agents: agentsScenarios,
  compaction: compactionScenarios,
  context: contextScenarios,
};
