/** What asks for a summary, where the configuration brings no words of its own. */
export const summaryPrompt = `The conversation no longer fits. Write what whoever goes on with it has to know; nothing else of it but the user's own messages will be shown to them. Call no tools. State plainly:

- what the user wants, with every constraint and preference that still holds;
- what has been done, with the files, commands and results that matter, and what was decided and why;
- how things stand now, and what was tried and failed;
- what is left to do, in order, and the very next step.

Give exact names, paths, ids, values and error texts where they will be needed again. Leave out what no longer matters.`;

const opening = "Earlier work in this thread, #1 to #";

/** The message that stands for what is no longer shown: what it covers, where to read it, and the summary itself. */
export function summaryMessage(summary: string, covers: { last: number; cut: boolean; images: number }): string {
  const kept = covers.cut ? "The latest of what the user said is kept above" : "What the user said is kept above";
  const images =
    covers.images === 0 ? "" : `, without ${covers.images === 1 ? "its image" : `its ${covers.images} images`}`;
  return `${opening}${covers.last}, was replaced by this summary to make room. ${kept}${images}. Any of it can still be read by its number with \`read_history\`. Go on from here; do not do again what is done.\n\n${summary}`;
}

export const isSummaryText = (text: string): boolean => text.startsWith(opening);

export const noSummary = "(no summary available)";
