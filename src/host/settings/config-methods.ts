import type { Homes } from "../../config/homes.ts";
import { featureOverrides } from "../../config/load.ts";
import { viewConfig, type ViewRequest } from "../../config/view.ts";
import { writeConfig } from "../../config/write.ts";
import type { ConfigOf, SettingsMethods } from "../../protocol/settings-methods.ts";
import type { ConfigView, ConfigWritten } from "../../protocol/settings.ts";
import type { System } from "../../system/ports.ts";

const viewRequest = async (
  { cwd, overrides = [], enable, disable, profile }: ConfigOf,
  homes: Homes,
  systemDirectory: string,
): Promise<ViewRequest> => ({
  homes,
  cwd,
  systemDirectory,
  overrides: [...overrides, ...(await featureOverrides({ enable, disable }))],
  profile: profile ?? null,
});

export const readConfig = async (params: ConfigOf, homes: Homes, systemDirectory: string): Promise<ConfigView> =>
  viewConfig(await viewRequest(params, homes, systemDirectory));

const retryMs = 5;
const patienceMs = 5000;

/** Writers of other processes take turns, too; one that holds on for too long is not waited for. */
export async function changeConfig(
  { edits, expectedVersion = null, file = null, ...which }: SettingsMethods["config/write"]["params"],
  homes: Homes,
  systemDirectory: string,
  system: System,
): Promise<ConfigWritten> {
  const view = await viewRequest(which, homes, systemDirectory);
  const until = system.clock.monotonic() + patienceMs;
  let lock = await takeLock(system, homes.runtime);
  while (lock === null && system.clock.monotonic() < until) {
    await system.clock.sleep(retryMs);
    lock = await takeLock(system, homes.runtime);
  }
  try {
    return await writeConfig({ edits, expectedVersion, file }, view);
  } finally {
    await lock?.release();
  }
}

async function takeLock(system: System, runtime: string): ReturnType<System["processes"]["lock"]> {
  system.files.makeDirectory(runtime);
  return system.processes.lock(`${runtime}/config.lock`);
}
