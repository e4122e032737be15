/** Dollars for a million tokens. */
export interface Price {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
}

const price = (input: number, cachedInput: number, output: number): Price => ({ input, cachedInput, output });

/**
 * List prices of the models' maker, standard service, as of June 2026. Models that are not here have none that is known: no
 * price is ever guessed from a name that looks alike.
 */
const listed: Readonly<Record<string, Price>> = {
  // Runs on this machine.
  demo: price(0, 0, 0),
  "gpt-5.5": price(5, 0.5, 30),
  "gpt-5.4": price(2.5, 0.25, 15),
  "gpt-5.4-mini": price(0.75, 0.075, 4.5),
  "gpt-5.4-nano": price(0.2, 0.02, 1.25),
  "gpt-5.3-codex": price(1.75, 0.175, 14),
  "gpt-5.2-codex": price(1.75, 0.175, 14),
  "gpt-5.2": price(1.75, 0.175, 14),
  "gpt-5.1-codex-max": price(1.25, 0.125, 10),
  "gpt-5.1-codex-mini": price(0.25, 0.025, 2),
  "gpt-5.1-codex": price(1.25, 0.125, 10),
  "gpt-5.1": price(1.25, 0.125, 10),
  "gpt-5-codex": price(1.25, 0.125, 10),
  "gpt-5-mini": price(0.25, 0.025, 2),
  "gpt-5-nano": price(0.05, 0.005, 0.4),
  "gpt-5": price(1.25, 0.125, 10),
  "gpt-4.1-mini": price(0.4, 0.1, 1.6),
  "gpt-4.1-nano": price(0.1, 0.025, 0.4),
  "gpt-4.1": price(2, 0.5, 8),
  "gpt-4o-mini": price(0.15, 0.075, 0.6),
  "gpt-4o": price(2.5, 1.25, 10),
  o3: price(2, 0.5, 8),
  "o4-mini": price(1.1, 0.275, 4.4),
};

/** What models cost: as configured, else by the list. */
export class Prices {
  readonly #configured: ReadonlyMap<string, Price>;

  constructor(configured: ReadonlyMap<string, Price> = new Map()) {
    this.#configured = configured;
  }

  /** Of the very name, or of that name with a date behind it; null when nobody said. */
  of(model: string): Price | null {
    return this.#exact(model) ?? this.#exact(model.replace(/-\d{4}-\d{2}-\d{2}$/, ""));
  }

  #exact(model: string): Price | null {
    return this.#configured.get(model) ?? (Object.hasOwn(listed, model) ? listed[model]! : null);
  }
}

/** Dollars of some tokens; cached ones are part of the input. */
export const costOf = (
  { input, cachedInput, output }: Price,
  tokens: { readonly inputTokens: number; readonly cachedInputTokens: number; readonly outputTokens: number },
): number =>
  ((tokens.inputTokens - tokens.cachedInputTokens) * input +
    tokens.cachedInputTokens * cachedInput +
    tokens.outputTokens * output) /
  1e6;
