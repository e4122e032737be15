import type { Config } from "../../config/config.ts";
import { localKinds, presets } from "../../config/providers/presets.ts";
import { knownSecrets } from "../../config/secrets/known-secrets.ts";
import { askProvider, ownerRefusal, refuseForeignServer, wayTo, type Way } from "../../host/model/foreign.ts";
import { runningServers } from "../../host/model/choose-local.ts";
import { isLoopbackUrl } from "../../system/loopback.ts";
import { keepCapabilities, keptCapabilities } from "../../model/capabilities/cache.ts";
import { joinCapabilities, nothingKnown, type Capabilities } from "../../model/capabilities/capabilities.ts";
import { foreignModel } from "../../model/capabilities/foreign-model.ts";
import { probeModel } from "../../model/capabilities/probe.ts";
import { effectiveWindow, windowOf, type Catalog } from "../../model/catalog.ts";
import type { ModelFailure } from "../../model/model-client.ts";
import { AgentError } from "../../protocol/errors.ts";
import { redactAll } from "../../protocol/secrets/redact.ts";
import { nodeSystem } from "../../system/node.ts";
import { configOf, json, type SetupFlags } from "./config-door.ts";
import { writeTable } from "./table.ts";

export interface ProviderModelsFlags extends SetupFlags {
  readonly probe?: boolean;
}

/** More are asked about one after the other; a person who has them sees the list all the same. */
const mostAsked = 40;
const atOnce = 4;

interface Row extends Capabilities {
  readonly name: string;
  readonly current: boolean;
  readonly contextWindow: number;
  /** False: nobody said so. */
  readonly windowKnown: boolean;
  readonly usableWindow: number;
  readonly shownTools: readonly string[];
}

/** `models` where the provider speaks another API than Responses: what its server has, as far as it tells. */
export async function listProviderModels(
  config: Config,
  catalog: Catalog,
  flags: ProviderModelsFlags,
): Promise<number> {
  const { provider } = config;
  const system = nodeSystem();
  refuseForeignServer(provider, system);
  const way = await wayTo(config, { originator: "codex_cli", client: "codex_cli" }, system);
  // A missing key is told here as in a turn.
  await way.endpoint.credential();
  const told = await askProvider(config, config.model ?? "", way, system);
  const listed = told?.models ?? [];
  const current = config.model ?? (listed.length === 1 ? listed[0]!.id : null);
  let failure: ModelFailure | null = null;
  if (flags.probe === true) failure = await probe(config, current, way);
  const names = [...new Set([...(current === null ? [] : [current]), ...listed.map(({ id }) => id)])];
  const local = isLoopbackUrl(provider.baseUrl);
  const rowOf = async (name: string, index: number): Promise<Row> => {
    const asked = local && index < mostAsked ? await askProvider(config, name, way, system) : null;
    const said = asked?.capabilities ?? listed.find(({ id }) => id === name)?.capabilities ?? nothingKnown;
    const shown = keptCapabilities(config.homes.runtime, provider.baseUrl, name, system)?.shown ?? nothingKnown;
    const known = joinCapabilities(said, shown);
    const vision = provider.profile.vision ?? known.images;
    const trainedWindow = asked?.trainedWindow ?? null;
    const model = foreignModel(catalog.find(name), { ...known, images: vision }, { local, trainedWindow });
    const contextWindow = windowOf(name === current ? config.contextWindow : null, model);
    return {
      ...known,
      name,
      current: name === current,
      contextWindow,
      windowKnown: model.known,
      usableWindow: effectiveWindow(contextWindow, model.effectivePercent),
      images: vision,
      efforts: model.efforts,
      shownTools: model.tools,
    };
  };
  const rows: Row[] = [];
  for (let at = 0; at < names.length; at += atOnce)
    rows.push(...(await Promise.all(names.slice(at, at + atOnce).map((name, index) => rowOf(name, at + index)))));
  const unread = told?.failure ?? null;
  const found = failure?.message ?? (unread === null ? null : `The list of models cannot be read: ${unread}`);
  const secrets = knownSecrets({ variables: config.environment, settings: config.settings });
  const problem = found === null ? null : redactAll(found, secrets);
  if (flags.json === true) {
    const { id, name, baseUrl, wireApi } = provider;
    process.stdout.write(`${json({ provider: { id, name, baseUrl, wireApi }, models: rows, problem })}\n`);
  } else {
    process.stdout.write(`${provider.name} (${provider.baseUrl}, ${provider.wireApi})\n`);
    writeTable([
      ["", "MODEL", "WINDOW", "TOOLS", "IMAGES", "REASONS"],
      ...rows.map((row) => [
        row.current ? "*" : "",
        row.name,
        row.windowKnown ? String(row.contextWindow) : `${row.contextWindow} (assumed)`,
        word(row.tools),
        word(row.images),
        word(row.reasoning),
      ]),
    ]);
    if (problem !== null) process.stderr.write(`${problem}\n`);
  }
  return problem === null ? 0 : 1;
}

const word = (value: boolean | null): string => (value === null ? "?" : value ? "yes" : "no");

/** Two small requests to the model in use; what they showed is kept. */
async function probe(config: Config, model: string | null, way: Way): Promise<ModelFailure | null> {
  const system = nodeSystem();
  const { homes, provider } = config;
  if (model === null) throw new AgentError("usage", "Name the model that is to be tried with -m");
  const { capabilities: shown, failure } = await probeModel(model, way, system);
  if (failure !== null) return failure;
  const told = (await askProvider(config, model, way, system))?.capabilities ?? nothingKnown;
  keepCapabilities(homes.runtime, provider.baseUrl, model, { told, shown }, system);
  return null;
}

/** `models --oss`: the model servers that run on this machine, and whose they are. */
export async function listLocalServers(flags: SetupFlags): Promise<number> {
  const system = nodeSystem();
  const servers = await runningServers(
    (overrides) => configOf({ ...flags, config: [...(flags.config ?? []), ...overrides] }),
    system,
  );
  if (flags.json === true) {
    process.stdout.write(`${json({ servers })}\n`);
    return 0;
  }
  if (servers.length === 0) {
    const places = localKinds.map((kind) => `${presets[kind].name} ${new URL(presets[kind].baseUrl).port}`).join(", ");
    process.stderr.write(`No model server runs on this machine. Looked for: ${places}.\n`);
    return 1;
  }
  writeTable([
    ["PROVIDER", "ADDRESS", "OF", "MODELS"],
    ...servers.map(({ kind, baseUrl, owner, models }) => [
      kind,
      baseUrl,
      owner.type === "other" ? `user ${owner.name ?? owner.userId}` : owner.type === "self" ? "you" : owner.type,
      models.join(" ") || "-",
    ]),
  ]);
  for (const { owner, name, kind, baseUrl, vouched } of servers) {
    const refusal = vouched ? null : ownerRefusal(owner, name, kind, baseUrl);
    if (refusal !== null) process.stderr.write(`${refusal}\n`);
  }
  return 0;
}
