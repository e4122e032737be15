import type { Ids } from "../../system/ids.ts";
import type { ModelClient, ModelRequest, ModelResult, StreamOptions } from "../model-client.ts";
import { demoResponse } from "./demo-model.ts";

/** The offline demo model behind the port of every other model. It answers at once and reaches no network. */
export class DemoClient implements ModelClient {
  readonly streamMaxRetries = 0;
  readonly #ids: Ids;

  constructor(ids: Ids) {
    this.#ids = ids;
  }

  async stream(request: ModelRequest, { signal, onEvent }: StreamOptions): Promise<ModelResult> {
    signal.throwIfAborted();
    const responseId = `resp_${this.#ids.uuid()}`;
    const tools = request.tools.flatMap((tool) => ("name" in tool ? [String(tool.name)] : []));
    const { items, usage } = demoResponse({ input: request.input, tools, outputSchema: request.outputSchema });
    onEvent({ type: "created", responseId });
    for (const item of items) onEvent({ type: "item.done", item });
    return { type: "completed", responseId, usage, endTurn: null };
  }
}
