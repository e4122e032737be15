/** How a client reaches its server. */
import { homedir } from "node:os";
import { join } from "node:path";
import { childEnvironment, withPathFolders } from "../../launch/environment.ts";
import { findBinary } from "../../launch/find-binary.ts";
import { configPairs } from "../../launch/toml.ts";
import type { Settings } from "../options.ts";
import { memoryTransport } from "../transports/memory.ts";
import { stdioTransport } from "../transports/stdio.ts";
import type { OpenTransport } from "../transports/transport.ts";
import type { WebSocketOptions } from "../transports/websocket.ts";

/** What goes after the program. */
export function launchArguments(
  settings: Pick<Settings, "appServerArgs" | "enableWebSearch" | "serverConfigOverrides">,
): string[] {
  const { appServerArgs, enableWebSearch, serverConfigOverrides = {} } = settings;
  const search = enableWebSearch === undefined ? [] : [`web_search="${enableWebSearch ? "live" : "disabled"}"`];
  return [...appServerArgs, ...[...search, ...configPairs(serverConfigOverrides)].flatMap((pair) => ["-c", pair])];
}

/** Rejections of what it returns are those of the transport; it throws where there is no program. */
export function transportOf(settings: Settings, originator: string): OpenTransport {
  const { transport } = settings;
  if (typeof transport === "function") return transport;
  const choice = typeof transport === "string" ? { type: transport } : transport;
  switch (choice.type) {
    case "memory":
      return memoryTransport(choice.accept);
    case "ws": {
      const authorization = choice.token === undefined ? {} : { authorization: `Bearer ${choice.token}` };
      const headers = { ...authorization, ...choice.headers };
      return webSocket({ url: choice.url, headers, maxMessageBytes: settings.maxLineBytes });
    }
    case "unix": {
      const path = ("path" in choice ? choice.path : undefined) ?? socketPath(settings.env ?? process.env);
      return webSocket({ url: `unix:${path}`, headers: {}, maxMessageBytes: settings.maxLineBytes });
    }
    default:
      return childTransport(settings, originator);
  }
}

/** Loaded where it is used: it needs Node's cryptography, which takes as long to load as all the rest. */
function webSocket(options: WebSocketOptions): OpenTransport {
  return async (handlers, signal) => {
    const { webSocketTransport } = await import("../transports/websocket.ts");
    return webSocketTransport(options)(handlers, signal);
  };
}

function childTransport(settings: Settings, originator: string): OpenTransport {
  const launch = findBinary(settings.binary, settings.codexCommand);
  const env = childEnvironment({ env: settings.env, originator });
  return stdioTransport({
    command: launch.command,
    args: [...launch.args, ...launchArguments(settings)],
    env: withPathFolders(env, launch.pathFolders),
    cwd: settings.processCwd,
    maxLineBytes: settings.maxLineBytes,
    spawn: settings.spawn,
  });
}

function socketPath(env: Readonly<Record<string, string | undefined>>): string {
  const home = env["CODEX_HOME"] || join(env["HOME"] || homedir(), ".codex");
  return join(home, "app-server-control", "app-server-control.sock");
}
