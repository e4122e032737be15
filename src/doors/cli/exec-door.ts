import { Client } from "../../client/client.ts";
import { inMemory } from "../../client/in-memory.ts";
import { createHost } from "../../host/host.ts";
import { closeInheritedDescriptors } from "../../system/processes/inherited-descriptors.ts";
import { nodeSystem } from "../../system/node.ts";
import { runExec, type ExecRequest } from "../exec/run-exec.ts";
import { processStreams } from "./streams.ts";

/** `exec` in this process: its own host, reached through the client that any other door would use. */
export async function execDoor(request: ExecRequest): Promise<number> {
  closeInheritedDescriptors();
  const originator = process.env["CODEX_INTERNAL_ORIGINATOR_OVERRIDE"] || "codex_exec";
  const host = createHost(nodeSystem(), {
    originator,
    client: "codex_exec",
    source: "exec",
    demoWhenUnconfigured: process.env["CODEX_AGENT_CLONE_START"] === "1",
  });
  const client = new Client(inMemory(host));
  try {
    return await runExec(client, request, processStreams());
  } finally {
    await client.close();
  }
}
