import type { ClientMethod, ParamsOf, ResultOf } from "../../../protocol/codex-0.169/app-server/methods.ts";
import type { AppServer } from "../app-server.ts";
import type { Connection } from "../connection.ts";
import { whyNot } from "../not-supported.ts";
import { refused } from "../request-error.ts";

/** Who asks, and whom. */
export interface Asked {
  readonly server: AppServer;
  readonly connection: Connection;
  /** Does something once the reply is on its way. */
  after(work: () => void): void;
  /** Does something once the request is answered, with a result or with an error. */
  inAnyCase(work: () => void): void;
}

export type Handler<M extends ClientMethod> = (params: ParamsOf<M>, asked: Asked) => Promise<ResultOf<M>>;
/** Handlers of some methods; each family has a file, loaded when one of it is asked for. */
export type Handlers<M extends ClientMethod> = { readonly [N in M]: Handler<N> };

type Family = Partial<{ readonly [N in ClientMethod]: Handler<N> }>;

const families: readonly (readonly [RegExp, () => Promise<Family>])[] = [
  [/^initialize$/, async () => (await import("./handshake.ts")).handshake],
  [/^thread\/(start|resume|fork|unsubscribe)$/, async () => (await import("./threads.ts")).threads],
  [/^thread\/(list|search|loaded\/list)$/, async () => (await import("./stored/listing.ts")).listing],
  [
    /^getConversationSummary$|^thread\/(read$|turns\/|items\/|searchOccurrences$)/,
    async () => (await import("./stored/reading.ts")).reading,
  ],
  [
    /^thread\/(archive|unarchive|delete|revert|name\/set|compact\/start|inject_items|approveGuardianDeniedAction)$/,
    async () => (await import("./stored/keeping.ts")).keeping,
  ],
  [/^threadSection\/|^thread\/section\//, async () => (await import("./stored/sections.ts")).sections],
  [/^thread\/attachment/, async () => (await import("./stored/attachments.ts")).attachments],
  [/^thread\/(metadata|readState)\//, async () => (await import("./stored/notes.ts")).notes],
  [/^thread\/(settings|goal)\/|^turn\/settings\//, async () => (await import("./stored/settings.ts")).settings],
  [/^thread\/(shellCommand$|backgroundTerminals\/)/, async () => (await import("./stored/terminals.ts")).terminals],
  [/^thread\/queue\//, async () => (await import("./stored/queue.ts")).queue],
  [/^review\//, async () => (await import("./review.ts")).review],
  [/^command\/exec/, async () => (await import("./commands.ts")).commands],
  [/^process\//, async () => (await import("./processes.ts")).processes],
  [/^feedback\//, async () => (await import("./feedback.ts")).feedback],
  [/^gitDiffToRemote$/, async () => (await import("./git.ts")).git],
  [/^externalAgentConfig\//, async () => (await import("./external-agents.ts")).externalAgents],
  [/^fuzzyFileSearch/, async () => (await import("./search.ts")).searching],
  [/^fs\//, async () => (await import("./files.ts")).files],
  [/^config(Requirements)?\//, async () => (await import("./settings/config.ts")).config],
  [/^account\/|^getAuthStatus$/, async () => (await import("./settings/account.ts")).account],
  [/^(skills|hooks|plugin|app)\//, async () => (await import("./settings/extensions.ts")).extensions],
  [/^mcpServer(Status)?\//, async () => (await import("./settings/mcp.ts")).mcp],
  [
    /^(model|modelProvider|experimentalFeature|permissionProfile|collaborationMode)\//,
    async () => (await import("./settings/models.ts")).models,
  ],
  [/^turn\//, async () => (await import("./turns.ts")).turns],
];

export async function handlerOf<M extends ClientMethod>(method: M): Promise<Handler<M>> {
  const family = families.find(([pattern]) => pattern.test(method));
  const handler = (await family?.[1]())?.[method] as Handler<M> | undefined;
  if (handler === undefined) throw refused(`${method} is not supported by codex-agent: ${whyNot(method) ?? "not yet"}`);
  return handler;
}
