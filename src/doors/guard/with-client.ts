import { Client } from "../../client/client.ts";
import { inMemory } from "../../client/in-memory.ts";
import { createHost } from "../../host/host.ts";
import { nodeSystem } from "../../system/node.ts";

/** Does something with a host of this process. */
export async function withClient<Result>(work: (client: Client) => Promise<Result>): Promise<Result> {
  const caller = { originator: "codex-tui", client: "codex-tui", source: "cli", demoWhenUnconfigured: false };
  const client = new Client(inMemory(createHost(nodeSystem(), caller)));
  process.stdout.on("error", () => undefined);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/** A report as it may be kept or handed on. */
export async function cleaned<Value>(report: Value): Promise<Value> {
  const { withoutSecrets } = await import("../../config/secrets/without-secrets.ts");
  return withoutSecrets(report, { ...process.env } as Record<string, string>);
}
