import { Client } from "../../client/client.ts";
import { inMemory } from "../../client/in-memory.ts";
import { findHomes } from "../../config/homes.ts";
import { createHost } from "../../host/host.ts";
import { codexVersion } from "../../protocol/codex-0.169/version.ts";
import type { System } from "../../system/ports.ts";
import { AppServer, type ConfigFlags } from "./app-server.ts";

export interface OpenServer {
  readonly server: AppServer;
  /** Absolute. */
  readonly codexHome: string;
  /** Ends what runs. */
  close(): Promise<void>;
}

/** An app-server with a host of its own, which nobody reaches yet. Its first client speaks for it to models. */
export function openServer(system: System, cwd: string, flags: ConfigFlags): OpenServer {
  const { variables } = system.environment;
  const { codex: codexHome } = findHomes(variables);
  const override = variables["CODEX_INTERNAL_ORIGINATOR_OVERRIDE"] || null;
  const caller = {
    originator: override ?? "codex_app_server",
    client: "codex_app_server",
    clientVersion: codexVersion,
    source: "vscode",
    demoWhenUnconfigured: variables["CODEX_AGENT_CLONE_START"] === "1",
  };
  const client = new Client(inMemory(createHost(system, caller)));
  const server = new AppServer(client, {
    codexHome,
    cwd,
    variables,
    flags,
    onFirstClient({ name, version }) {
      caller.originator = override ?? name;
      caller.client = name;
      caller.clientVersion = version;
    },
  });
  return { server, codexHome, close: () => client.close() };
}
