import { AgentError } from "../../protocol/errors.ts";

/** Where standard input comes from, and where it is said that one waits for it. */
export interface InputSource {
  isTerminal: boolean;
  readAll(): Promise<Uint8Array>;
  tell(line: string): void;
}

export const noPrompt = "No prompt provided via stdin.";

/** @throws AgentError `usage` for bytes that are not UTF-8: a prompt that was garbled on the way should not be acted on. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new AgentError(
      "usage",
      "Failed to read prompt from stdin: input is not valid UTF-8. Convert it to UTF-8 and try again.",
    );
  }
}

/** The prompt of argv and stdin together; null when there is none. Text is used as it is. */
export async function readPrompt(argument: string | undefined, source: InputSource): Promise<string | null> {
  if (argument === undefined || argument === "-") {
    if (argument === undefined) {
      if (source.isTerminal) return null;
      source.tell("Reading prompt from stdin...");
    }
    const text = decode(await source.readAll());
    return text.trim() === "" ? null : text;
  }
  if (source.isTerminal) return argument;
  source.tell("Reading additional input from stdin...");
  const data = decode(await source.readAll());
  if (data.trim() === "") return argument;
  return `${argument}\n\n<stdin>\n${data}${data.endsWith("\n") ? "" : "\n"}</stdin>`;
}
