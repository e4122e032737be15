/** What a server says, or showed, that a model can do. Null: it is not known. */
export interface Capabilities {
  /** Tokens that fit into one request with its answer, as the server runs the model. */
  readonly contextWindow: number | null;
  readonly tools: boolean | null;
  readonly images: boolean | null;
  readonly reasoning: boolean | null;
  /** Efforts that it can be asked for. */
  readonly efforts: readonly string[] | null;
}

export const nothingKnown: Capabilities = {
  contextWindow: null,
  tools: null,
  images: null,
  reasoning: null,
  efforts: null,
};

/** What is known of both; the first counts where they differ. */
export function joinCapabilities(one: Capabilities, other: Capabilities): Capabilities {
  return {
    contextWindow: one.contextWindow ?? other.contextWindow,
    tools: one.tools ?? other.tools,
    images: one.images ?? other.images,
    reasoning: one.reasoning ?? other.reasoning,
    efforts: one.efforts ?? other.efforts,
  };
}

export const isNothingKnown = (capabilities: Capabilities): boolean =>
  Object.values(capabilities).every((value) => value === null);
