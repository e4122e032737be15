import type { Infer } from "../../shapes/shape.ts";
import type { clientRequests } from "./client-requests.ts";
import type { legacyRequests } from "./legacy-requests.ts";
import type { serverNotifications } from "./server-notifications.ts";
import type { serverRequests } from "./server-requests.ts";

/**
 * The method table of the app-server of Codex 0.169, as types alone: names and shapes are those that
 * `codex app-server generate-json-schema --experimental` prints.
 */
export type ClientRequests = typeof clientRequests & typeof legacyRequests;
export type ClientMethod = keyof ClientRequests;
export type ParamsOf<M extends ClientMethod> = ClientRequests[M]["params"] extends null
  ? undefined
  : Infer<ClientRequests[M]["params"]>;
export type ResultOf<M extends ClientMethod> = Infer<ClientRequests[M]["result"]>;

export type NotificationName = keyof typeof serverNotifications;
export type NotificationParams<N extends NotificationName> = Infer<(typeof serverNotifications)[N]>;
/** A notification of any kind, told apart by `method`. */
export type Notification = {
  [N in NotificationName]: { method: N; params: NotificationParams<N> };
}[NotificationName];

export type ServerMethod = keyof typeof serverRequests;
export type ServerParamsOf<M extends ServerMethod> = Infer<(typeof serverRequests)[M]["params"]>;
export type ServerResultOf<M extends ServerMethod> = Infer<(typeof serverRequests)[M]["result"]>;
