import { redactAll } from "../../protocol/secrets/redact.ts";
import type { Variables } from "../homes.ts";
import { knownSecrets } from "./known-secrets.ts";
import { loadConfig } from "../load.ts";

/**
 * A value as it may leave for logs and readers elsewhere: without texts that look like secrets, and without those that this
 * environment, the stored login and the configuration hold.
 */
export async function withoutSecrets<Value>(value: Value, variables: Variables): Promise<Value> {
  // A configuration with a mistake in it is reported where it is needed.
  const config = await loadConfig({ env: variables }).catch(() => null);
  const settings = config === null ? {} : { settings: config.settings };
  return redactAll(value, knownSecrets({ variables: config?.environment ?? variables, ...settings }));
}
