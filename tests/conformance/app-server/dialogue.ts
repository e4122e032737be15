import { startFakeModel, type FakeModel, type RecordedRequest, type Script } from "../../support/fake-model.ts";
import { Names, normaliseRequests } from "../../support/normalise.ts";
import { makeStage, type Binary, type Stage, type StageOptions } from "../../support/run.ts";
import {
  appServerInMemory,
  appServerProcess,
  type AppClient,
  type Introduction,
  type Json,
  type Told,
} from "../../support/app-client.ts";
import { commonRules } from "../rules.ts";

export interface Desk {
  readonly stage: Stage;
  readonly model: FakeModel;
  /** A client that has introduced itself; null: one that says nothing yet. The real server has one client over stdio. */
  connect(introduction?: Introduction | null): Promise<AppClient>;
}

/** What clients do with an app-server, and what may differ. Played with the real one and with ours. */
export interface Dialogue {
  name: string;
  script: () => Script;
  stage?: StageOptions;
  setup?: (stage: Stage) => Promise<void>;
  play(desk: Desk): Promise<void>;
  /** Notifications that are not compared: nobody can rely on when they come. */
  without?: readonly string[];
  /** Which requests to the model are compared. Default: all. */
  compares?: (request: RecordedRequest) => boolean;
  /** Why ours differs on purpose, and what it must give instead. */
  wanted?: { reason: string; change: (real: Heard) => Heard };
}

/** What one client heard. */
export interface ClientHeard {
  replies: { method: string; reply: unknown }[];
  told: unknown[];
}

export interface Heard {
  clients: ClientHeard[];
  /** What the model was asked, without prose. */
  requests: unknown[];
}

export async function playDialogue(binary: Binary, dialogue: Dialogue): Promise<Heard> {
  const model = await startFakeModel(dialogue.script());
  const stage = await makeStage({ baseUrl: model.baseUrl, git: true, ...dialogue.stage });
  const server = binary.name === "codex" ? appServerProcess(binary, stage) : appServerInMemory(stage);
  const clients: AppClient[] = [];
  try {
    await dialogue.setup?.(stage);
    await dialogue.play({
      stage,
      model,
      async connect(introduction) {
        const client = await server.connect(introduction);
        clients.push(client);
        return client;
      },
    });
    const names = new Names(stage);
    return {
      clients: clients.map((client) => heardBy(client, names, dialogue.without ?? [])),
      requests: normaliseRequests(model.requests.filter(dialogue.compares ?? (() => true)), names, commonRules).map(
        ({ body }) => body,
      ),
    };
  } finally {
    await server.close();
    await model.close();
    await stage.dispose();
  }
}

/** Come whenever they like, or tell of what ours does not have. */
const never = new Set(["account/rateLimits/updated", "configWarning", "remoteControl/status/changed"]);

function heardBy(client: AppClient, names: Names, without: readonly string[]): ClientHeard {
  const told = client.told.filter(({ method }) => !never.has(method) && !without.includes(method));
  return {
    replies: client.replies.map(({ method, reply }) => ({ method, reply: names.cleanAll(plain(reply)) })),
    told: joined(told).map((message) => names.cleanAll(plain(message))),
  };
}

/** Pieces that follow one another are one: how a text is cut is the stream's affair. */
function joined(told: readonly Told[]): Told[] {
  const all: Told[] = [];
  for (const message of told) {
    const last = all.at(-1);
    const delta = message.params["delta"];
    if (
      last !== undefined &&
      typeof delta === "string" &&
      last.method === message.method &&
      last.params["itemId"] === message.params["itemId"]
    ) {
      last.params = { ...last.params, delta: `${String(last.params["delta"])}${delta}` };
    } else all.push({ ...message });
  }
  return all;
}

const times = new Set([
  "emittedAtMs",
  "startedAtMs",
  "completedAtMs",
  "startedAt",
  "completedAt",
  "durationMs",
  "createdAt",
  "updatedAt",
  "recencyAt",
  "revision",
  "userAgent",
  "processId",
  "sectionEnteredAt",
  "timestamp",
  // Cursors are opaque, and each server has its own.
  "nextCursor",
  "backwardsCursor",
  "turnsBackwardsCursor",
  "itemsBackwardsCursor",
  "turnCursor",
]);

/** Paths of rollouts name the day and the second. */
const undated = (text: string): string =>
  text
    .replaceAll(/\/sessions\/\d{4}\/\d{2}\/\d{2}\//g, "/sessions/<day>/")
    .replaceAll(/rollout-[0-9T-]{19}-/g, "rollout-<time>-");

/** Without times and what is counted by the machine; null stays null. Of a refusal of form, the code alone. */
function plain(value: unknown): unknown {
  if (typeof value === "string") return undated(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const kept: Json = {};
  for (const [key, each] of Object.entries(value)) {
    if (key === "error" && isRefusal(each)) kept[key] = { code: each.code, message: wording(each.message) };
    else if (times.has(key)) kept[key] = each === null ? null : `<${key}>`;
    else kept[key] = plain(each);
  }
  delete kept["emittedAtMs"];
  if (typeof kept["id"] === "number") delete kept["id"];
  return kept;
}

const isRefusal = (value: unknown): value is { code: number; message: string } =>
  typeof value === "object" && value !== null && "code" in value && "message" in value;

const wording = (message: string): string => (message.startsWith("Invalid request") ? "Invalid request" : message);
