import * as account from "./account.ts";
import * as commands from "./commands.ts";
import * as common from "./common.ts";
import * as config from "./config.ts";
import * as extensions from "./extensions.ts";
import * as externalAgents from "./external-agents.ts";
import * as feedback from "./feedback.ts";
import * as files from "./files.ts";
import * as goals from "./goals.ts";
import * as handshake from "./handshake.ts";
import * as items from "./items.ts";
import * as mcp from "./mcp.ts";
import * as models from "./models.ts";
import * as requests from "./requests.ts";
import * as sections from "./sections.ts";
import * as settings from "./settings.ts";
import * as storedThreads from "./stored-threads.ts";
import * as threadNotifications from "./thread-notifications.ts";
import * as threads from "./threads.ts";
import * as turnNotifications from "./turn-notifications.ts";
import * as turns from "./turns.ts";
import * as values from "./values.ts";
import type { AnyShape } from "../../shapes/shape.ts";

const modules: readonly Readonly<Record<string, AnyShape>>[] = [
  account,
  commands,
  common,
  config,
  extensions,
  externalAgents,
  feedback,
  files,
  goals,
  handshake,
  items,
  mcp,
  models,
  requests,
  sections,
  settings,
  storedThreads,
  threadNotifications,
  threads,
  turnNotifications,
  turns,
  values,
];

const namedForms = new Set(["object", "union", "choice"]);

/**
 * What Codex calls the shapes of its app-server. Only of those that say more than their form: another name for a text is
 * the shape of every text.
 */
export const shapesByName: ReadonlyMap<string, AnyShape> = new Map(
  modules.flatMap((module) => Object.entries(module)).filter(([, shape]) => namedForms.has(shape.kind)),
);

/** Where two names are one shape, the first of them counts. */
const namesByShape = new Map([...shapesByName].toReversed().map(([name, shape]) => [shape, name]));

export const nameOfShape = (shape: AnyShape): string | null => namesByShape.get(shape) ?? null;
