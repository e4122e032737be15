import { hookEventNames, type HookEventName } from "../../protocol/hooks.ts";

/** What an event allows its hooks. Seconds. */
export interface EventRules {
  /** Its matcher counts; elsewhere it is dropped unread. */
  readonly matched: boolean;
  readonly defaultTimeout: number;
  readonly longestTimeout: number;
}

const common: EventRules = { matched: true, defaultTimeout: 600, longestTimeout: Number.MAX_SAFE_INTEGER };
const unmatched: EventRules = { ...common, matched: false };

/** The program waits for these on its way out. */
const brief = { defaultTimeout: 1, longestTimeout: 3 };

const special: Partial<Record<HookEventName, EventRules>> = {
  preModelRequest: unmatched,
  postModelRequest: unmatched,
  userPromptSubmit: unmatched,
  stop: unmatched,
  sessionEnd: { ...common, ...brief },
  interrupt: { ...unmatched, ...brief },
};

export const rulesOf = (event: HookEventName): EventRules => special[event] ?? common;

/** `PreToolUse`: as files name it. */
export const configName = (event: HookEventName): string => event.charAt(0).toUpperCase() + event.slice(1);

/** `pre_tool_use`: as keys and hashes name it. */
export const snakeName = (event: HookEventName): string =>
  event.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** `pre-tool-use`: as ids of runs name it. */
export const kebabName = (event: HookEventName): string => snakeName(event).replaceAll("_", "-");

export const eventsByConfigName: ReadonlyMap<string, HookEventName> = new Map(
  hookEventNames.map((event) => [configName(event), event]),
);
