import { isLoopbackUrl } from "../../system/loopback.ts";
import type { System } from "../../system/ports.ts";
import { fetchJson, type JsonAnswer } from "../http/fetch-json.ts";
import { nothingKnown, type Capabilities } from "./capabilities.ts";
import {
  joinAll,
  listedModel,
  ollamaTrainedWindow,
  readLlamaProps,
  readLmStudioModels,
  readModelList,
  readOllamaRunning,
  readOllamaShow,
  type ListedModel,
} from "./formats.ts";

/** How a server is asked about its models. */
export interface Access {
  /** Of the API, without a slash at its end. */
  readonly baseUrl: string;
  readonly queryParams: Readonly<Record<string, string>>;
  /** The key's among them. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface Told {
  readonly capabilities: Capabilities;
  /** The most that the model could read, where its server has not said how much it lets it; else null. */
  readonly trainedWindow: number | null;
  /** The models that the server has; null: it did not say. */
  readonly models: readonly ListedModel[] | null;
  /** What came in the place of a list of models, and the status of the answer; null: a list came. */
  readonly failure: string | null;
}

/** This machine may be loading a model; what is not on it may be far away. */
const limits = { local: 3000, remote: 4000 };

/** What local servers write into their lists as `owned_by`. vLLM's list says all that there is. */
const ownersKnown = new Set(["library", "llamacpp", "organization_owner", "vllm"]);

/** `BASE/models`, with the parameters of each request. */
function modelsUrl({ baseUrl, queryParams }: Access): string {
  const url = new URL(`${baseUrl}/models`);
  for (const [name, value] of Object.entries(queryParams)) url.searchParams.set(name, value);
  return url.href;
}

/**
 * Asks a server what it tells of a model by itself: its list, and of a local one then what its kind has besides; where the list does not
 * show the kind, all of them side by side. Never rejects, but with the signal's reason.
 */
export async function askServer(access: Access, model: string, system: System, signal?: AbortSignal): Promise<Told> {
  const local = isLoopbackUrl(access.baseUrl);
  const { origin } = new URL(access.baseUrl);
  const ask = (url: string, body?: unknown): Promise<JsonAnswer> =>
    fetchJson(
      {
        url,
        headers: access.headers,
        timeoutMs: local ? limits.local : limits.remote,
        ...(body !== undefined && { body }),
        ...(signal && { signal }),
      },
      system,
    );
  const list = await ask(modelsUrl(access));
  const good = ({ status, body }: JsonAnswer): unknown => (status === 200 ? body : null);
  const models = readModelList(good(list));
  const owners = new Set(models.map(({ owner }) => owner));
  const further = async (kind: string, path: string, body?: unknown): Promise<unknown> => {
    const fits = (owner: string | null): boolean => owner === null || !ownersKnown.has(owner) || owner === kind;
    const isAsked = local && [...owners].some(fits);
    return isAsked ? good(await ask(`${origin}${path}`, body)) : null;
  };
  const [running, shown, props, studio] = await Promise.all([
    further("library", "/api/ps"),
    further("library", "/api/show", { model }),
    further("llamacpp", "/props"),
    further("organization_owner", "/api/v0/models"),
  ]);
  const capabilities = joinAll([
    readOllamaRunning(running, model),
    readOllamaShow(shown),
    readLlamaProps(props),
    readLmStudioModels(studio, model),
    listedModel(models, model)?.capabilities ?? nothingKnown,
  ]);
  return {
    capabilities,
    trainedWindow: capabilities.contextWindow === null ? ollamaTrainedWindow(shown) : null,
    models: good(list) === null ? null : models,
    failure: good(list) !== null ? null : `${list.status === 0 ? "no answer" : `status ${list.status}`}: ${list.text}`,
  };
}
