import { fetchJson } from "../../model/http/fetch-json.ts";
import { messageOf } from "../../protocol/errors.ts";
import type { System } from "../../system/ports.ts";
import { Refusal } from "../http/refusal.ts";
import type { Upstream } from "./upstream.ts";

const limitMs = 15_000;

/**
 * The list of models: that of an only upstream as it is, those of several as one. @throws Refusal (502) where none can be had
 */
export async function listModels(
  upstreams: readonly Upstream[],
  forwarded: Readonly<Record<string, string>>,
  query: string,
  system: System,
): Promise<string> {
  const asked = await Promise.allSettled(upstreams.map((upstream) => modelsOf(upstream, forwarded, query, system)));
  const lists = asked.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  if (lists.length === 0) {
    const why = asked.map((each) => (each.status === "rejected" ? messageOf(each.reason) : "")).join("; ");
    throw new Refusal(502, `the list of models cannot be had: ${why}`, { code: "server_error" });
  }
  if (upstreams.length === 1) return JSON.stringify(lists[0]);
  const seen = new Map<string, unknown>();
  for (const { data } of lists)
    for (const model of Array.isArray(data) ? data : []) {
      const id = String((model as { id?: unknown } | null)?.id);
      if (!seen.has(id)) seen.set(id, model);
    }
  return JSON.stringify({ object: "list", data: [...seen.values()] });
}

async function modelsOf(
  upstream: Upstream,
  forwarded: Readonly<Record<string, string>>,
  query: string,
  system: System,
): Promise<{ data?: unknown }> {
  const url = new URL(`${upstream.baseUrl}/models`);
  for (const [name, value] of Object.entries(upstream.options.queryParams ?? {})) url.searchParams.set(name, value);
  for (const [name, value] of new URLSearchParams(query)) url.searchParams.set(name, value);
  const headers: Record<string, string> = { ...(await upstream.headers()), ...forwarded, accept: "application/json" };
  delete headers["content-type"];
  const { status, body, text } = await fetchJson({ url: url.href, headers, timeoutMs: limitMs }, system);
  if (status === 0) throw new Error(text);
  if (status !== 200) throw new Error(`${upstream.name} answered with status ${status}`);
  if (typeof body === "object" && body !== null) return body;
  throw new Error(`${upstream.name} answered with something that is no list of models`);
}
