import type { System } from "../../system/ports.ts";
import { nothingKnown, type Capabilities } from "./capabilities.ts";

/** What was found out about models, kept for a day in a file of the runtime's home. */

export interface Kept {
  readonly atMs: number;
  /** What the server said. */
  readonly told: Capabilities;
  /** What it showed when it was tried. */
  readonly shown: Capabilities;
}

const dayMs = 24 * 60 * 60 * 1000;
/** The oldest go first. */
const maxEntries = 200;

const keyOf = (baseUrl: string, model: string): string => `${baseUrl} ${model}`;
const folderOf = (runtimeHome: string): string => `${runtimeHome}/cache`;
const fileOf = (runtimeHome: string): string => `${folderOf(runtimeHome)}/models.json`;

/** Null where nothing is kept. `fresh`: no older than a day. */
export function keptCapabilities(
  runtimeHome: string,
  baseUrl: string,
  model: string,
  system: System,
): (Kept & { fresh: boolean }) | null {
  const kept = read(runtimeHome, system)[keyOf(baseUrl, model)];
  if (kept === undefined) return null;
  const age = system.clock.now() - kept.atMs;
  return { ...kept, fresh: age >= 0 && age < dayMs };
}

/** Never throws: what cannot be kept is asked for again. */
export function keepCapabilities(
  runtimeHome: string,
  baseUrl: string,
  model: string,
  found: { told: Capabilities; shown: Capabilities },
  system: System,
): void {
  try {
    const entries = { ...read(runtimeHome, system), [keyOf(baseUrl, model)]: { atMs: system.clock.now(), ...found } };
    const newest = Object.entries(entries).sort(([, one], [, other]) => other.atMs - one.atMs);
    const kept = Object.fromEntries(newest.slice(0, maxEntries));
    system.files.makeDirectory(folderOf(runtimeHome), 0o700);
    system.files.writeReplacing(fileOf(runtimeHome), `${JSON.stringify({ format: 1, models: kept })}\n`, 0o600);
  } catch {
    // A home that cannot be written is no reason to do without a model.
  }
}

function read(runtimeHome: string, { files }: System): Record<string, Kept> {
  try {
    const { format, models } = JSON.parse(files.readText(fileOf(runtimeHome))) as Record<string, unknown>;
    if (format !== 1 || typeof models !== "object" || models === null) return {};
    return Object.fromEntries(
      Object.entries(models).flatMap(([key, value]) => {
        const { atMs, told, shown } = value as Record<string, unknown>;
        return typeof atMs === "number"
          ? [[key, { atMs, told: capabilitiesOf(told), shown: capabilitiesOf(shown) }]]
          : [];
      }),
    );
  } catch {
    return {};
  }
}

/** The file may have been written by anybody who can write the home. */
function capabilitiesOf(value: unknown): Capabilities {
  const given = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const flag = (name: string): boolean | null => (typeof given[name] === "boolean" ? given[name] : null);
  const window = given["contextWindow"];
  const efforts = given["efforts"];
  return {
    ...nothingKnown,
    contextWindow: typeof window === "number" && Number.isSafeInteger(window) && window > 0 ? window : null,
    tools: flag("tools"),
    images: flag("images"),
    reasoning: flag("reasoning"),
    efforts: Array.isArray(efforts) ? efforts.filter((effort) => typeof effort === "string") : null,
  };
}
