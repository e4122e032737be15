import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { userInfo } from "node:os";

/**
 * Holds the two ports of this machine that a browser may come back to, against all other tests and runs of the suite, for which
 * it waits. Resolves with what gives them back.
 */
export async function holdLoginPorts(): Promise<() => Promise<void>> {
  const descriptor = openSync(`/tmp/codex-agent-tests-login-ports-${userInfo().uid}`, "a", 0o600);
  // The lock is the descriptor's, and so ours.
  const [code] = await once(spawn("flock", ["3"], { stdio: ["ignore", "ignore", "inherit", descriptor] }), "close");
  if (code !== 0) throw new Error(`flock ended with ${String(code)}`);
  return async () => closeSync(descriptor);
}
