import { knownSecrets } from "../../config/secrets/known-secrets.ts";
import { redactAll } from "../../protocol/secrets/redact.ts";

export type Cleaner = <Value>(value: Value) => Value;

/** For what people read where it is kept: the logs of a build, for example. */
export function logCleaner(): Cleaner {
  const known = knownSecrets({ variables: { ...process.env } as Record<string, string> });
  return (value) => redactAll(value, known);
}
