import { onTestFinished } from "vitest";
import { startBridge, type Bridge, type BridgeParts } from "../../src/proxy/bridge.ts";
import type { BridgeOptions, LogEntry, UpstreamOptions } from "../../src/proxy/options.ts";
import { startFakeModel, type FakeModel, type Script } from "../support/fake-model.ts";

export interface Staged {
  bridge: Bridge;
  model: FakeModel;
  log: LogEntry[];
  told: string[];
}

/** A bridge in this process before a server that answers by a script; both end with the test. */
export async function bridgeTo(
  script: Script,
  options: Partial<BridgeOptions> & { upstream?: Partial<UpstreamOptions> } = {},
  parts: BridgeParts = {},
): Promise<Staged> {
  const model = await startFakeModel(script);
  onTestFinished(() => model.close());
  const { upstream, ...rest } = options;
  const upstreams = [{ url: model.baseUrl, name: "fake", ...upstream }];
  return { model, ...(await bridgeBefore({ upstreams, ...rest }, parts)) };
}

export async function bridgeBefore(options: BridgeOptions, parts: BridgeParts = {}): Promise<Omit<Staged, "model">> {
  const log: LogEntry[] = [];
  const told: string[] = [];
  const bridge = await startBridge(
    { port: 0, onLog: (entry) => log.push(entry), ...options },
    { tell: (line) => told.push(line), ...parts },
  );
  onTestFinished(() => bridge.close(0));
  return { bridge, log, told };
}

export interface SeenEvent {
  type: string;
  [field: string]: unknown;
}

/** The events of a stream's text; comments are left out. */
export const eventsOf = (text: string): SeenEvent[] =>
  text.split("\n\n").flatMap((block) => {
    const data = block.split("\n").find((line) => line.startsWith("data: "));
    return data === undefined ? [] : [JSON.parse(data.slice("data: ".length)) as SeenEvent];
  });

/** Sends a request for a stream; resolves to all that came. */
export async function ask(
  bridge: Bridge,
  body: Record<string, unknown>,
  headers: Record<string, string> = {},
): Promise<{ status: number; text: string; events: SeenEvent[]; last: SeenEvent }> {
  const response = await post(bridge, { model: "fake-model", input: "hi", stream: true, ...body }, headers);
  const text = await response.text();
  const events = response.headers.get("content-type")?.startsWith("text/event-stream") ? eventsOf(text) : [];
  return { status: response.status, text, events, last: events.at(-1) ?? { type: "none" } };
}

export const post = (bridge: Bridge, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${bridge.url}/responses`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
