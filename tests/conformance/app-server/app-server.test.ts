import { describe, expect, it } from "vitest";
import { oracle, subject } from "../../support/run.ts";
import { isLive } from "../recorded.ts";
import { playDialogue, type Dialogue, type Heard } from "./dialogue.ts";
import { dialogues } from "./dialogues.ts";
import { outdatedDialogues, readDialogues } from "./recorded-dialogues.ts";

/** What is expected of the subject where the real Codex did this. */
const expected = (dialogue: Dialogue, real: Heard): Heard =>
  dialogue.wanted === undefined || subject().name === "codex" ? real : dialogue.wanted.change(real);

it.each(Object.keys(dialogues))("what is recorded of %s is of its dialogues as they stand", (theme) => {
  expect(outdatedDialogues(theme)).toBeNull();
});

for (const [theme, list] of Object.entries(dialogues)) {
  describe(`the app-server says what the real one says: ${theme}`, () => {
    const recorded = readDialogues(theme)?.heard ?? {};

    it.concurrent.for(list.map((dialogue, index) => ({ index, dialogue, name: dialogue.name })))(
      "$name",
      { timeout: 120_000 },
      async ({ index, dialogue }) => {
        const before = recorded[dialogue.name];
        if (before === undefined) throw new Error(outdatedDialogues(theme) ?? `nothing is recorded of it`);
        const real = isLive(`app-server/${theme}`, index + 4) ? await playDialogue(oracle(), dialogue) : before;
        expect(await playDialogue(subject(), dialogue)).toEqual(expected(dialogue, real));
        expect(real, "the real Codex does not do what is recorded of it").toEqual(before);
      },
    );
  });
}
