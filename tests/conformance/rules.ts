import type { NormalRun, RequestRules } from "../support/normalise.ts";
import type { Played } from "../support/scenario.ts";

/** The real one unpacks skills of its own into CODEX_HOME; ours has none, so a stage without skills has no such block. */
export const systemSkills = "<skills_instructions>";

/** Outputs whose first words are fixed and whose explanation is ours. */
export const freeWordings = [
  // The rest is the wording of a JSON library; which argument is wrong is checked with the tools.
  { pattern: /^(failed to parse function arguments: )(?!missing field).*$/s, becomes: "$1<text>" },
  // Says the same in our words: the file is missing, or is no image.
  { pattern: /^(unable to (locate|process) image|Error: (cannot read )?`\S+\.(png|txt)`).*$/s, becomes: "<no image>" },
];

export const commonRules: RequestRules = {
  withoutBlocks: [systemSkills],
  freeWordings,
};

type Event = NormalRun["events"][number];

interface ItemEvent {
  type: string;
  item?: { type: string; id: string };
}

/**
 * Two places where the real one completes an item whose start it never told; ours tells it:
 * a web search that comes while another item is still open, and a call with the id of one that runs (by chance: only
 * when both run at the same moment). Puts these starts in. Takes normalised events, where equal calls stand together.
 */
export function withEveryStart<T extends Pick<Played, "runs">>(real: T): T {
  return { ...real, runs: real.runs.map((run) => ({ ...run, events: startsAdded(run.events) })) };
}

function startsAdded(events: Event[]): Event[] {
  const told: Event[] = [];
  const open: string[] = [];
  const before: Event[] = [];
  for (const event of events) {
    const { type, item } = event as unknown as ItemEvent;
    const key = callKey(item);
    if (key !== null && type === "item.started") {
      open.push(key);
      before.push(event);
    }
    if (key !== null && type === "item.completed") {
      const start = open.indexOf(key);
      if (start !== -1) open.splice(start, 1);
      else if (item?.type === "web_search") told.push({ type: "item.started", item: item as unknown as Event });
      else
        insertStart(
          told,
          before.find((one) => callKey((one as unknown as ItemEvent).item) === key),
        );
    }
    told.push(event);
  }
  return told;
}

/** Beside the start of the same call; a call that was never started at all stays a fault. */
function insertStart(told: Event[], start: Event | undefined): void {
  if (start !== undefined) told.splice(told.lastIndexOf(start), 0, start);
}

function callKey(item: ItemEvent["item"]): string | null {
  if (item?.type === "web_search") return `search ${item.id}`;
  return item?.type === "command_execution" ? (item as unknown as { command: string }).command : null;
}
