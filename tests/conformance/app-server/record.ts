// Records what the app-server of the real Codex says: npm run conformance:dialogues -- [--twice] [--show NAME] [THEME...]
// Without themes: those whose recording is out of date. With --twice each is played two times: one that the real
// Codex itself answers differently is no measure for anybody. With --show, nothing is recorded: the dialogue whose
// name holds NAME is played with both, and what each heard is written to FILE.real.json and FILE.ours.json below the
// temporary folder.
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { oracle, ours } from "../../support/run.ts";
import { playDialogue, type Heard } from "./dialogue.ts";
import { dialogues } from "./dialogues.ts";
import { outdatedDialogues, writeDialogues } from "./recorded-dialogues.ts";

const say = (text: string): unknown => process.stderr.write(`${text}\n`);

async function record(theme: string, twice: boolean): Promise<void> {
  const heard: Record<string, Heard> = {};
  const unsteady: string[] = [];
  for (const dialogue of dialogues[theme]!) {
    heard[dialogue.name] = await playDialogue(oracle(), dialogue);
    if (twice && !isDeepStrictEqual(heard[dialogue.name], await playDialogue(oracle(), dialogue)))
      unsteady.push(dialogue.name);
  }
  writeDialogues(theme, heard);
  say(`recorded ${Object.keys(heard).length} of ${theme}; not the same twice: ${unsteady.join(", ") || "none found"}`);
}

async function show(part: string): Promise<void> {
  for (const dialogue of Object.values(dialogues).flat()) {
    if (!dialogue.name.includes(part)) continue;
    const [real, got] = await Promise.all([playDialogue(oracle(), dialogue), playDialogue(ours(), dialogue)]);
    const file = join(tmpdir(), dialogue.name.replaceAll(/\W+/g, "-"));
    writeFileSync(`${file}.real.json`, JSON.stringify(real, null, 1));
    writeFileSync(`${file}.ours.json`, JSON.stringify(got, null, 1));
    say(`${isDeepStrictEqual(real, got) ? "same" : "different"}: ${file}.{real,ours}.json`);
  }
}

const { values, positionals } = parseArgs({
  options: { twice: { type: "boolean", default: false }, show: { type: "string" } },
  allowPositionals: true,
});
const unknown = positionals.filter((theme) => !Object.hasOwn(dialogues, theme));
if (unknown.length > 0) {
  say(`there is no ${unknown.join(", ")}; there are ${Object.keys(dialogues).join(", ")}`);
  process.exit(1);
}
if (values.show !== undefined) await show(values.show);
else {
  const outdated = Object.keys(dialogues).filter((theme) => outdatedDialogues(theme) !== null);
  for (const theme of positionals.length > 0 ? positionals : outdated) await record(theme, values.twice);
}
