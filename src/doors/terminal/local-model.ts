import type { Client } from "../../client/client.ts";
import type { ResultOf, ThreadOptions } from "../../protocol/methods.ts";
import type { LocalServerFacts } from "../../protocol/settings-methods.ts";
import { visibleText } from "../../system/terminal-text.ts";

/** Somebody at a keyboard. */
interface Desk {
  print(text: string): void;
  ask(prompt: string): Promise<string>;
}

const listed = (servers: readonly LocalServerFacts[]): string =>
  servers
    .map(({ name, baseUrl, models, sure }, index) => {
      const has = models.length === 0 ? "no model yet" : models.slice(0, 5).map(visibleText).join(", ");
      return `  ${index + 1}  ${name} at ${baseUrl}: ${has}${sure ? "" : " (this system does not tell whose it is)"}`;
    })
    .join("\n");

/** As the options would have it, without the wish for one of them. */
function localServers(client: Client, options: ThreadOptions): Promise<ResultOf<"provider/local">> {
  const { oss: _wanted, localProvider: _named, ...flags } = options;
  return client.call("provider/local", { ...flags, cwd: flags.cwd ?? null });
}

/** The answer is kept in config.toml: it is asked for once. */
async function keep(client: Client, key: string, value: string): Promise<void> {
  await client.call("config/write", { cwd: null, edits: [{ path: [key], value, merge: "replace" }] });
}

/** `--oss` where it is not clear which server is meant. */
export async function askWhichServer(client: Client, options: ThreadOptions, desk: Desk): Promise<ThreadOptions> {
  const { servers, chosen } = await localServers(client, options);
  const sure = servers.filter((server) => server.sure);
  // Where none runs, the error says what was looked for.
  if (chosen !== null || servers.length === 0 || (sure.length === 1 && servers.length === 1)) return options;
  desk.print(`Model servers that run on this machine:\n${listed(servers)}`);
  for (;;) {
    const said = await desk.ask("number> ");
    const server = /^\d+$/.test(said) ? servers[Number(said) - 1] : undefined;
    if (server === undefined) {
      desk.print(`A number from 1 to ${servers.length}; Ctrl-C leaves.`);
      continue;
    }
    await keep(client, "oss_provider", server.id);
    return { ...options, localProvider: server.id };
  }
}

/** Where no model is configured: what runs here, or the demo; null: neither. */
export async function askForModel(client: Client, options: ThreadOptions, desk: Desk): Promise<ThreadOptions | null> {
  const { servers } = await localServers(client, options);
  if (servers.length > 0) desk.print(`Or one of the model servers that run on this machine:\n${listed(servers)}`);
  const said = (await desk.ask(servers.length > 0 ? "number, demo or leave> " : "demo or leave> ")).toLowerCase();
  if (said === "d" || said === "demo") return { ...options, demo: true };
  const server = /^\d+$/.test(said) ? servers[Number(said) - 1] : undefined;
  if (server === undefined) return null;
  await keep(client, "model_provider", server.id);
  return { ...options, oss: true, localProvider: server.id };
}
