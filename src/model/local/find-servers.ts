import { presets, type LocalKind } from "../../config/providers/presets.ts";
import type { System } from "../../system/ports.ts";
import { readModelList } from "../capabilities/formats.ts";
import { fetchJson } from "../http/fetch-json.ts";
import { listeningOwner, type Owner } from "./listening-owner.ts";

/** A model server that answers on this machine. */
export interface LocalServer {
  readonly kind: LocalKind;
  readonly name: string;
  readonly baseUrl: string;
  readonly owner: Owner;
  /** The models that it has, as it lists them. */
  readonly models: readonly string[];
  /** Those that are in its memory; null: it does not say. */
  readonly loaded: readonly string[] | null;
}

/** Loopback answers in milliseconds, but for a machine that is loading a model; whoever does not is taken for nobody. */
const limitMs = 3000;

type Fields = Record<string, unknown>;
const fields = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});
const list = (value: unknown): Fields[] => (Array.isArray(value) ? value.map(fields) : []);
const names = (entries: readonly Fields[], key: string): string[] =>
  entries.flatMap((entry) => (typeof entry[key] === "string" ? [entry[key]] : []));

/** The port that a URL leads to. */
export const portOf = (url: string): number => {
  const { port, protocol } = new URL(url);
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
};

/**
 * What answers at a base URL, if it is a server of that kind; null otherwise. `vouched`: whoever listens there, the user has said so.
 * Nothing is sent to a server of another user.
 */
export async function findServer(
  kind: LocalKind,
  baseUrl: string,
  vouched: boolean,
  system: System,
): Promise<LocalServer | null> {
  const owner = listeningOwner(portOf(baseUrl), system);
  const { name } = presets[kind];
  if (owner.type === "other" && !vouched) return { kind, name, baseUrl, owner, models: [], loaded: null };
  const { origin } = new URL(baseUrl);
  const get = async (url: string): Promise<unknown> => {
    const { status, body } = await fetchJson({ url, timeoutMs: limitMs }, system);
    return status === 200 ? body : null;
  };
  const { path } = signs[kind];
  const [listed, own] = await Promise.all([get(`${baseUrl}/models`), path === null ? null : get(`${origin}${path}`)]);
  const found = signs[kind].read(own, listed);
  return found === null ? null : { kind, name, baseUrl, owner, ...found };
}

/** What a kind of server is known by: ports are used by other programs, too. */
const signs: Record<
  LocalKind,
  { path: string | null; read(own: unknown, listed: unknown): Pick<LocalServer, "models" | "loaded"> | null }
> = {
  ollama: {
    path: "/api/ps",
    read(own, listed) {
      if (!Array.isArray(fields(own)["models"])) return null;
      return { models: readModelList(listed).map(({ id }) => id), loaded: names(list(fields(own)["models"]), "name") };
    },
  },
  lmstudio: {
    path: "/api/v0/models",
    read(own) {
      const entries = list(fields(own)["data"]);
      if (!Array.isArray(fields(own)["data"])) return null;
      const able = entries.filter(({ type }) => type !== "embeddings");
      return {
        models: names(able, "id"),
        loaded: names(
          able.filter(({ state }) => state === "loaded"),
          "id",
        ),
      };
    },
  },
  vllm: { path: null, read: (_own, listed) => servedBy("vllm", listed) },
  llamacpp: { path: null, read: (_own, listed) => servedBy("llamacpp", listed) },
};

/** Servers of these kinds say whose list it is, and have in memory what they list. */
function servedBy(owner: string, listed: unknown): Pick<LocalServer, "models" | "loaded"> | null {
  const models = readModelList(listed);
  if (!models.some((model) => model.owner === owner)) return null;
  const ids = models.map(({ id }) => id);
  return { models: ids, loaded: ids };
}
