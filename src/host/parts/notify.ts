import { hookEnvironment } from "../hooks/load-hooks.ts";
import { Notifier } from "../hooks/notify.ts";
import type { PartPlace, ThreadPart } from "./part.ts";

/** Tells the program of `notify` of each turn that is done. */
export function notifyPart(place: PartPlace): ThreadPart {
  const { config, system, threadId, client: name } = { ...place, client: place.clientName };
  const notifier = new Notifier(
    { command: config.notify, env: hookEnvironment(config), cwd: config.cwd, threadId, client: name },
    system.processes,
  );
  let said: string[] = [];
  return {
    observe(event) {
      if (event.type === "turn.started") said = [];
      if (event.type === "item.completed" && event.item.type === "userMessage") {
        said.push(event.item.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n"));
      }
      if (event.type === "turn.completed") notifier.turnEnded(event.turnId, said, event.lastMessage);
    },
    ended: () => notifier.close((ms, signal) => system.clock.sleep(ms, signal)),
  };
}
