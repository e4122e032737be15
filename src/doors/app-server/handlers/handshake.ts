import { userAgent } from "../../../model/user-agent.ts";
import { nodeSystem } from "../../../system/node.ts";
import type { AppServer } from "../app-server.ts";
import type { Connection } from "../connection.ts";
import type { Handlers } from "./handlers.ts";

const platforms: Record<string, string> = { darwin: "macos", win32: "windows" };

async function warn(server: AppServer, connection: Connection): Promise<void> {
  const { configWarnings } = await import("../words/config-warnings.ts");
  for (const params of await configWarnings(server)) connection.notify({ method: "configWarning", params });
}

export const handshake: Handlers<"initialize"> = {
  async initialize(params, { server, connection, after }) {
    connection.introduce(params);
    after(() => void warn(server, connection));
    const { name, version } = params.clientInfo;
    return {
      userAgent: userAgent(name, name, nodeSystem(), version),
      codexHome: server.surroundings.codexHome,
      platformFamily: process.platform === "win32" ? "windows" : "unix",
      platformOs: platforms[process.platform] ?? process.platform,
    };
  },
};
