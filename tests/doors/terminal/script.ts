import {
  added,
  completed,
  created,
  done,
  message,
  respond,
  textDelta,
  type ModelItem,
  type Reply,
} from "../../support/fake-model.ts";

/** A promise and what resolves it. */
export function gate(): { open: () => void; passed: () => Promise<void> } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed: () => passed };
}

export const answer = (text: string, id = "m"): Reply => respond([message(id, text)]);

/** A message that stops after its first words until the gate opens. */
export const haltingAnswer = (first: string, rest: string, passed: () => Promise<void>): Reply => ({
  parts: [
    created(),
    added(message("m1", "")),
    textDelta("m1", first),
    { gate: passed },
    textDelta("m1", rest),
    done(message("m1", first + rest)),
    completed(),
  ],
});

/** Texts of the messages of users in a request, context left out. */
export function said(body: unknown): string[] {
  const input = (body as { input: ModelItem[] }).input;
  return input
    .filter((item) => item["role"] === "user")
    .flatMap((item) => (item["content"] as { text?: string }[]).map((part) => part.text ?? ""))
    .filter((text) => !text.startsWith("<") && !text.startsWith("# AGENTS"));
}

/** What the model got for its calls, in order. */
export function outputs(body: unknown): string[] {
  const input = (body as { input: ModelItem[] }).input;
  return input.filter(({ type }) => type.endsWith("_output")).map((item) => String(item["output"]));
}
