import type { Dialogue } from "./dialogue.ts";
import { turnsDialogues } from "./turns-dialogues.ts";

/** By theme; each is a file of its own, `THEME-dialogues.ts`. */
export const dialogues: Record<string, readonly Dialogue[]> = {
  turns: turnsDialogues,
};
