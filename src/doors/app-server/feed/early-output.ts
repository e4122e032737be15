/** How long a command may run before its output is told piece by piece. */
const quickMs = 150;

interface Held {
  text: string;
  readonly timer: NodeJS.Timeout;
}

/** Keeps the first output of commands back: of those that end at once, clients are told everything at the end. */
export class EarlyOutput {
  readonly #tell: (itemId: string, turnId: string, delta: string) => void;
  readonly #held = new Map<string, Held>();

  constructor(tell: (itemId: string, turnId: string, delta: string) => void) {
    this.#tell = tell;
  }

  began(itemId: string, turnId: string): void {
    const timer = setTimeout(() => {
      const held = this.#held.get(itemId);
      this.#held.delete(itemId);
      if (held !== undefined && held.text !== "") this.#tell(itemId, turnId, held.text);
    }, quickMs);
    timer.unref();
    this.#held.set(itemId, { text: "", timer });
  }

  /** False: it is to be told now. */
  takes(itemId: string, delta: string): boolean {
    const held = this.#held.get(itemId);
    if (held === undefined) return false;
    held.text += delta;
    return true;
  }

  ended(itemId: string): void {
    clearTimeout(this.#held.get(itemId)?.timer);
    this.#held.delete(itemId);
  }
}
