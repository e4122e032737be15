import type { Config } from "../../config/config.ts";
import { isLocalKind, localKinds, presets, type LocalKind } from "../../config/providers/presets.ts";
import { findServer, type LocalServer } from "../../model/local/find-servers.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { System } from "../../system/ports.ts";
import { ownerRefusal } from "./foreign.ts";

/** What a user asks for who wants a model of this machine. */
export interface LocalWish {
  /** `--local-provider`, else `oss_provider`. Null: whichever runs. */
  readonly provider: string | null;
  /** `-m`. */
  readonly model: string | null;
}

/** Reads the configuration with other settings above it. */
export type Reread = (overrides: readonly string[]) => Promise<Config>;

/** What Codex takes by itself, where the server has it. Nothing is ever downloaded. */
const usualModels = ["gpt-oss:20b", "openai/gpt-oss-20b"];

const starts: Record<LocalKind, string> = {
  ollama: "start it with `ollama serve`",
  lmstudio: "start it with `lms server start`",
  vllm: "start it with `vllm serve MODEL`",
  llamacpp: "start it with `llama-server -m FILE --jinja`",
};

/**
 * The overrides that make a configuration use a model server of this machine. @throws AgentError `config` where none runs, where it
 * cannot be told which is meant, and for a server of another user
 */
export async function chooseLocal(wish: LocalWish, reread: Reread, system: System): Promise<string[]> {
  const server =
    wish.provider === null ? await onlyServer(reread, system) : await namedServer(wish.provider, reread, system);
  const provider = `model_provider=${JSON.stringify(server.kind)}`;
  if (wish.model !== null) return [provider];
  const config = await reread([provider]);
  return [provider, `model=${JSON.stringify(modelOf(server, config.model))}`];
}

/** The servers of this machine that run, asked for side by side. */
export async function runningServers(reread: Reread, system: System): Promise<(LocalServer & { vouched: boolean })[]> {
  const found = await Promise.all(
    localKinds.map(async (kind) => {
      const { provider } = await reread([`model_provider=${JSON.stringify(kind)}`]);
      const vouched = provider.unvouched === null;
      const server = await findServer(kind, provider.baseUrl, vouched, system);
      return server === null ? null : { ...server, vouched };
    }),
  );
  return found.filter((server) => server !== null);
}

async function namedServer(name: string, reread: Reread, system: System): Promise<LocalServer> {
  if (name === "ollama-chat") throw new AgentError("config", "`ollama-chat` is no provider any more; name `ollama`");
  if (!isLocalKind(name))
    throw new AgentError(
      "config",
      `\`${name}\` is no model server of this machine; there are: ${localKinds.join(", ")}`,
    );
  const { provider } = await reread([`model_provider=${JSON.stringify(name)}`]);
  const server = await findServer(name, provider.baseUrl, provider.unvouched === null, system);
  if (server === null)
    throw new AgentError(
      "config",
      `No running ${presets[name].name} server was found at ${provider.baseUrl}; ${starts[name]}`,
    );
  refuse(server, provider.unvouched === null);
  return server;
}

function refuse(server: LocalServer, vouched: boolean): void {
  const refusal = vouched ? null : ownerRefusal(server.owner, server.name, server.kind, server.baseUrl);
  if (refusal !== null) throw new AgentError("config", refusal);
}

async function onlyServer(reread: Reread, system: System): Promise<LocalServer> {
  const servers = await runningServers(reread, system);
  const usable = servers.filter(({ owner, vouched }) => vouched || owner.type === "self" || owner.type === "root");
  const [first, ...others] = usable;
  if (first !== undefined && others.length === 0) return first;
  const listed = (some: readonly LocalServer[]): string =>
    some.map(({ kind, name, baseUrl }) => `${kind} (${name} at ${baseUrl})`).join(", ");
  if (first !== undefined)
    throw new AgentError(
      "usage",
      `Several model servers run here: ${listed(usable)}. Say which one: --local-provider ${first.kind}, or oss_provider in config.toml`,
    );
  const unsure = servers.filter(({ owner }) => owner.type === "unknown");
  if (unsure.length > 0)
    throw new AgentError(
      "config",
      `This system does not tell whose server it is that answers here: ${listed(unsure)}. If it is yours, name it: --local-provider ${unsure[0]!.kind}`,
    );
  for (const server of servers) refuse(server, false);
  const places = localKinds.map((kind) => `${presets[kind].name} (${new URL(presets[kind].baseUrl).port})`).join(", ");
  throw new AgentError(
    "config",
    `No model server runs on this machine; looked for: ${places}. Start one, or name the address of another: [codex_agent.providers.ollama] base_url = "..."`,
  );
}

/** The configured model where the server has it, else what is in its memory, else the usual, else its only one. */
function modelOf({ name, models, loaded }: LocalServer, configured: string | null): string {
  const has = (model: string): boolean => models.includes(model) || models.includes(`${model}:latest`);
  const wanted = [
    ...(configured === null ? [] : [configured]),
    ...(loaded?.length === 1 ? loaded : []),
    ...usualModels,
  ];
  const found = wanted.find(has) ?? (models.length === 1 ? models[0] : undefined);
  if (found !== undefined) return found;
  if (models.length === 0)
    throw new AgentError("config", `${name} has no model yet; load one there first: nothing is downloaded from here`);
  throw new AgentError("usage", `${name} has several models: ${models.join(", ")}. Name one with -m`);
}
