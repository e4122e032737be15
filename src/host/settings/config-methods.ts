import type { Homes } from "../../config/homes.ts";
import { featureOverrides } from "../../config/load.ts";
import { viewConfig, type ViewRequest } from "../../config/view.ts";
import { writeConfig } from "../../config/write.ts";
import type { ConfigOf, SettingsMethods } from "../../protocol/settings-methods.ts";
import type { ConfigView, ConfigWritten } from "../../protocol/settings.ts";

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

export async function changeConfig(
  { edits, expectedVersion = null, file = null, ...which }: SettingsMethods["config/write"]["params"],
  homes: Homes,
  systemDirectory: string,
): Promise<ConfigWritten> {
  return writeConfig({ edits, expectedVersion, file }, await viewRequest(which, homes, systemDirectory));
}
