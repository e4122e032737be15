/** A piece of what the model says in plan mode: words to the user, or of the plan that it proposes. */
export interface PlanPiece {
  in: "text" | "plan";
  text: string;
}

const opening = "<proposed_plan>";
const closing = "</proposed_plan>";

/** Takes a message apart while it comes: what stands between two lines that are the marks of a plan, and the rest. */
export class PlanText {
  #inside = false;
  /** The start of a line that may yet become a mark. */
  #held = "";
  #lineBegins = true;

  push(delta: string): PlanPiece[] {
    const pieces: PlanPiece[] = [];
    for (const part of delta.split(/(?<=\n)/)) this.#take(part, pieces);
    return joined(pieces);
  }

  /** What is left when nothing more comes. */
  end(): PlanPiece[] {
    const line = this.#held;
    this.#held = "";
    if (line === "" || this.#isMark(line)) return [];
    return [{ in: this.#place, text: line }];
  }

  get #place(): PlanPiece["in"] {
    return this.#inside ? "plan" : "text";
  }

  /** `part` ends with the only end of a line in it, or has none. */
  #take(part: string, pieces: PlanPiece[]): void {
    if (!this.#lineBegins) {
      this.#lineBegins = part.endsWith("\n");
      pieces.push({ in: this.#place, text: part });
      return;
    }
    const line = this.#held + part;
    this.#held = "";
    if (line.endsWith("\n")) {
      if (!this.#isMark(line)) pieces.push({ in: this.#place, text: line });
    } else if (this.#mark.startsWith(line.trim())) this.#held = line;
    else {
      this.#lineBegins = false;
      pieces.push({ in: this.#place, text: line });
    }
  }

  get #mark(): string {
    return this.#inside ? closing : opening;
  }

  #isMark(line: string): boolean {
    if (line.trim() !== this.#mark) return false;
    this.#inside = !this.#inside;
    return true;
  }
}

function joined(pieces: readonly PlanPiece[]): PlanPiece[] {
  const all: PlanPiece[] = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    if (last?.in === piece.in) last.text += piece.text;
    else all.push({ ...piece });
  }
  return all;
}

/** A whole message without its plan, and the plan; null: it proposes none. */
export function withoutPlan(text: string): { text: string; plan: string | null } {
  const reader = new PlanText();
  const pieces = [...reader.push(text), ...reader.end()];
  const of = (place: PlanPiece["in"]): string[] =>
    pieces.filter((piece) => piece.in === place).map((each) => each.text);
  const plan = of("plan");
  return { text: of("text").join(""), plan: plan.length === 0 ? null : plan.join("") };
}
