/**
 * A value as it may leave for logs and readers elsewhere: without texts that look like secrets, and without those that this
 * environment, the stored login and the configuration hold.
 */
export async function withoutSecrets<Value>(value: Value): Promise<Value> {
  const [{ redactAll }, { knownSecrets }, { loadConfig }] = await Promise.all([
    import("../protocol/secrets/redact.ts"),
    import("../config/known-secrets.ts"),
    import("../config/load.ts"),
  ]);
  const env = { ...process.env } as Record<string, string>;
  // A configuration with a mistake in it is reported where it is needed.
  const config = await loadConfig({ env }).catch(() => null);
  const settings = config === null ? {} : { settings: config.settings };
  return redactAll(value, knownSecrets({ variables: config?.environment ?? env, ...settings }));
}
