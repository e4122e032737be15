/** Where standard input comes from, and where it is said that one waits for it. */
export interface InputSource {
  isTerminal: boolean;
  readAll(): Promise<string>;
  tell(line: string): void;
}

export const noPrompt = "No prompt provided via stdin.";

/** The prompt of argv and stdin together; null when there is none. Text is used as it is. */
export async function readPrompt(argument: string | undefined, source: InputSource): Promise<string | null> {
  if (argument === undefined || argument === "-") {
    if (argument === undefined && source.isTerminal) return null;
    source.tell("Reading prompt from stdin...");
    const text = await source.readAll();
    return text.trim() === "" ? null : text;
  }
  if (source.isTerminal) return argument;
  source.tell("Reading additional input from stdin...");
  const data = await source.readAll();
  if (data.trim() === "") return argument;
  return `${argument}\n\n<stdin>\n${data}${data.endsWith("\n") ? "" : "\n"}</stdin>`;
}
