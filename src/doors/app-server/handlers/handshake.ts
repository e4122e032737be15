import os from "node:os";
import { codexVersion } from "../../../protocol/codex-0.169/version.ts";
import type { Handlers } from "./handlers.ts";

const platforms: Record<string, string> = { darwin: "macos", win32: "windows" };

export const handshake: Handlers<"initialize"> = {
  async initialize(params, { server, connection }) {
    connection.introduce(params);
    const { name, version } = params.clientInfo;
    const system = `${os.type()} ${os.release()}; ${os.machine()}`;
    return {
      userAgent: `${name}/${codexVersion} (${system}) unknown (${name}; ${version})`,
      codexHome: server.surroundings.codexHome,
      platformFamily: process.platform === "win32" ? "windows" : "unix",
      platformOs: platforms[process.platform] ?? process.platform,
    };
  },
};
