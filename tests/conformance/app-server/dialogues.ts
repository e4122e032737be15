import { commandsDialogues } from "./commands-dialogues.ts";
import { configDialogues } from "./config-dialogues.ts";
import { accountDialogues } from "./account-dialogues.ts";
import { modelsDialogues } from "./models-dialogues.ts";
import { serversDialogues } from "./servers-dialogues.ts";
import { skillsDialogues } from "./skills-dialogues.ts";
import { itemsDialogues } from "./items-dialogues.ts";
import { requestsDialogues } from "./requests-dialogues.ts";
import { autoReviewDialogues } from "./auto-review-dialogues.ts";
import { approvalsDialogues } from "./approvals-dialogues.ts";
import { steeringDialogues } from "./steering-dialogues.ts";
import { errorsDialogues } from "./errors-dialogues.ts";
import { dynamicToolsDialogues } from "./dynamic-tools-dialogues.ts";
import { toolsDialogues } from "./tools-dialogues.ts";
import { hooksDialogues } from "./hooks-dialogues.ts";
import type { Dialogue } from "./dialogue.ts";
import { filesDialogues } from "./files-dialogues.ts";
import { deskDialogues } from "./desk-dialogues.ts";
import { errandsDialogues } from "./errands-dialogues.ts";
import { settingsDialogues } from "./settings-dialogues.ts";
import { storedDialogues } from "./stored-dialogues.ts";
import { turnsDialogues } from "./turns-dialogues.ts";
import { searchDialogues } from "./search-dialogues.ts";
import { externalAgentsDialogues } from "./external-agents-dialogues.ts";
import { reportsDialogues } from "./reports-dialogues.ts";

/** By theme; each is a file of its own, `THEME-dialogues.ts`. */
export const dialogues: Record<string, readonly Dialogue[]> = {
  config: configDialogues,
  hooks: hooksDialogues,
  skills: skillsDialogues,
  servers: serversDialogues,
  models: modelsDialogues,
  account: accountDialogues,
  commands: commandsDialogues,
  files: filesDialogues,
  search: searchDialogues,
  "external-agents": externalAgentsDialogues,
  reports: reportsDialogues,
  turns: turnsDialogues,
  stored: storedDialogues,
  desk: deskDialogues,
  settings: settingsDialogues,
  errands: errandsDialogues,
  items: itemsDialogues,
  approvals: approvalsDialogues,
  "auto-review": autoReviewDialogues,
  requests: requestsDialogues,
  steering: steeringDialogues,
  errors: errorsDialogues,
  "dynamic-tools": dynamicToolsDialogues,
  tools: toolsDialogues,
};
