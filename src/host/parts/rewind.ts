import type { Config } from "../../config/config.ts";
import { valueAt } from "../../config/toml/toml-values.ts";
import { TurnKeeper } from "../../journal/rewind/turn-keeper.ts";
import type { System } from "../../system/ports.ts";
import type { Action, Allowed } from "../../policy/action.ts";
import type { PartPlace, ThreadPart } from "./part.ts";

/** The keepers of the threads at the root of a tree of agents; what an agent does belongs to the turn of its root. */
const roots = new WeakMap<System, Map<string, TurnKeeper>>();

/** `[codex_agent.rewind] enabled`; null where it says nothing. */
const configured = ({ codexAgent }: Config): boolean | null =>
  (valueAt(codexAgent, ["rewind", "enabled"]) as boolean | undefined) ?? null;

/** Looks at the workspace around each turn that may change it. Null where nothing is to be kept. */
export function rewindPart(place: PartPlace): ThreadPart | null {
  const { config, options } = place;
  const enabled = configured(config) ?? (Boolean(config.permissions.mode) || options.keepSnapshots === true);
  if (!enabled || place.path === null) return null;
  const known = roots.get(place.system) ?? new Map<string, TurnKeeper>();
  roots.set(place.system, known);
  if (place.agent !== null) {
    const root = place.agent.sessionId;
    return {
      beforeEffect: async (action, allowed) => {
        if (mayChange(place, action, allowed)) await known.get(root)?.beforeEffect(pathsOf(action));
      },
    };
  }
  const keeper = new TurnKeeper({
    system: place.system,
    runtimeHome: place.config.homes.runtime,
    threadId: place.threadId,
    folders: () => [place.config.cwd, ...place.config.permissions.writableRoots],
    warn: (message) => place.emit({ type: "warning", threadId: place.threadId, message }),
  });
  known.set(place.threadId, keeper);
  /** Commands of earlier turns still run: they may change something at any time. */
  let leftRunning = false;
  return {
    observe(event) {
      if (event.type === "turn.started") {
        keeper.begin(event.turnId, place.config.permissions.sandbox !== "read-only");
        if (leftRunning) void keeper.beforeEffect([]);
      } else if (event.type === "turn.completed" || event.type === "turn.failed" || event.type === "turn.interrupted") {
        leftRunning = (event.backgroundCommands ?? 0) > 0;
        keeper.end();
      }
    },
    beforeEffect: async (action, allowed) => {
      if (mayChange(place, action, allowed)) await keeper.beforeEffect(pathsOf(action));
    },
    async ended() {
      known.delete(place.threadId);
      await keeper.close();
    },
  };
}

/** Whether an action could change a file: reading never does, and what read-only walls hold cannot. */
function mayChange({ config }: PartPlace, action: Action, allowed: Allowed): boolean {
  if (action.kind === "none" || action.kind === "read") return false;
  if (action.kind === "mcp") return action.changes;
  return action.kind !== "command" || allowed.enclose === null || config.permissions.sandbox !== "read-only";
}

const pathsOf = (action: Action): readonly string[] => (action.kind === "write" ? action.paths : []);
