import type * as Http from "node:http";
import type * as Https from "node:https";

/** An import takes its time also where the module has been loaded. */
const modules = new Map<string, Promise<typeof Http | typeof Https>>();

export function moduleFor(protocol: string): Promise<typeof Http | typeof Https> {
  let found = modules.get(protocol);
  if (found === undefined)
    modules.set(protocol, (found = protocol === "https:" ? import("node:https") : import("node:http")));
  return found;
}
