import type { IncomingMessage } from "node:http";
import { messageOf } from "../../protocol/errors.ts";
import { Refusal } from "../http/refusal.ts";
import type { Upstream } from "./upstream.ts";

const maxBytes = 8 * 1024 * 1024;
const limitMs = 15_000;

/**
 * The list of models: that of an only upstream as it is, those of several as one. @throws Refusal (502) where none can be had
 */
export async function listModels(
  upstreams: readonly Upstream[],
  forwarded: Readonly<Record<string, string>>,
  query: string,
): Promise<string> {
  const asked = await Promise.allSettled(upstreams.map((upstream) => modelsOf(upstream, forwarded, query)));
  const texts = asked.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  if (texts.length === 0) {
    const why = asked.map((each) => (each.status === "rejected" ? messageOf(each.reason) : "")).join("; ");
    throw new Refusal(502, `the list of models cannot be had: ${why}`, { code: "server_error" });
  }
  if (upstreams.length === 1) return texts[0]!;
  const seen = new Map<string, unknown>();
  for (const text of texts)
    for (const model of dataOf(text)) {
      const id = String((model as { id?: unknown } | null)?.id);
      if (!seen.has(id)) seen.set(id, model);
    }
  return JSON.stringify({ object: "list", data: [...seen.values()] });
}

function dataOf(text: string): unknown[] {
  const { data } = JSON.parse(text) as { data?: unknown };
  return Array.isArray(data) ? data : [];
}

async function modelsOf(
  upstream: Upstream,
  forwarded: Readonly<Record<string, string>>,
  query: string,
): Promise<string> {
  const url = new URL(`${upstream.baseUrl}/models`);
  for (const [name, value] of Object.entries(upstream.options.queryParams ?? {})) url.searchParams.set(name, value);
  for (const [name, value] of new URLSearchParams(query)) url.searchParams.set(name, value);
  const headers: Record<string, string> = { ...(await upstream.headers()), ...forwarded, accept: "application/json" };
  delete headers["content-type"];
  const { status, text } = await get(url, headers);
  if (status !== 200) throw new Error(`${upstream.name} answered with status ${status}`);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return text;
  } catch {
    // As below.
  }
  throw new Error(`${upstream.name} answered with something that is no list of models`);
}

/** With what a request for an answer would be sent with, and not with `fetch`, which takes longer to load than to answer. */
async function get(url: URL, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  const http = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  const signal = AbortSignal.timeout(limitMs);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    http.get(url, { headers, signal }, resolve).on("error", reject);
  });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`its list is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") };
}
