import type { ResultOf } from "../../protocol/methods.ts";
import type { System } from "../../system/ports.ts";
import { runningServers, type Reread } from "../model/choose-local.ts";

/** The model servers of this machine that may be used, and the one that `oss_provider` names. */
export async function localFacts(reread: Reread, system: System): Promise<ResultOf<"provider/local">> {
  const [{ settings }, servers] = await Promise.all([reread([]), runningServers(reread, system)]);
  const chosen = settings["oss_provider"];
  return {
    chosen: typeof chosen === "string" ? chosen : null,
    servers: servers.flatMap(({ kind, name, baseUrl, owner, models, vouched }) =>
      owner.type === "other" && !vouched
        ? []
        : [{ id: kind, name, baseUrl, models, sure: owner.type === "self" || owner.type === "root" }],
    ),
  };
}
