import type { Client } from "../../client/client.ts";
import type { ProjectContent } from "../../protocol/approvals.ts";
import type { ThreadOptions } from "../../protocol/methods.ts";
import { visibleText } from "../../system/terminal-text.ts";

/** Somebody at a keyboard. */
interface Desk {
  print(text: string): void;
  ask(prompt: string): Promise<string>;
}

/** Asks about each thing that the project brings and that would start or lift something, until each has an answer. */
export async function askAboutContent(client: Client, options: ThreadOptions, desk: Desk): Promise<void> {
  const { content } = await client.call("content/list", options);
  for (const each of content.filter(({ state }) => state !== "trusted")) {
    desk.print(questionText(each));
    for (;;) {
      const said = (await desk.ask("start it> ")).toLowerCase();
      if (said === "n" || said === "no") break;
      if (said === "y" || said === "yes") {
        await client.call("content/trust", { ...options, key: each.key, hash: each.hash });
        break;
      }
      desk.print("Answer y or n; Ctrl-C leaves.");
    }
  }
}

function questionText({ key, source, does, state }: ProjectContent): string {
  const changed = state === "changed" ? ", which has changed since it was trusted" : "";
  return [
    `This project brings ${visibleText(key)}${changed}:`,
    ...does.map((line) => `  ${visibleText(line).replaceAll("\n", "\\n")}`),
    `  (${visibleText(source)})`,
    "  y  trust it as it is now; another content asks again",
    "  n  go on without it",
  ].join("\n");
}
