import { loadConfig } from "../../config/load.ts";
import { nodeSystem } from "../../system/node.ts";
import { closeInheritedDescriptors } from "../../system/processes/inherited-descriptors.ts";
import type { ConfigFlags } from "./app-server.ts";
import { openServer } from "./open-server.ts";
import { authorizer, type AuthFlags } from "./transports/auth.ts";
import { serve, type Listen } from "./transports/listen.ts";

export interface AppServerRequest {
  readonly listen: Listen;
  readonly auth: AuthFlags;
  readonly flags: ConfigFlags;
}

/** Serves until its only client leaves, or a signal ends it; resolves to the exit code. */
export async function runAppServer({ listen, auth, flags }: AppServerRequest): Promise<number> {
  closeInheritedDescriptors();
  process.stderr.on("error", () => {});
  const authorize = authorizer(auth);
  const system = nodeSystem();
  const { variables } = system.environment;
  await checkFlags(variables, flags);

  // Whoever reads where it listens may end it at once.
  const stopped = stopSignal();
  const { server, codexHome, close } = openServer(system, process.cwd(), flags);
  let code: number;
  try {
    const serving = await serve(listen, (wire) => server.accept(wire), {
      authorize,
      codexHome,
      tell: (line) => void process.stderr.write(`${line}\n`),
    });
    code = await Promise.race([serving.ended, stopped]);
    await serving.close();
  } finally {
    await close();
  }
  // A client that does not read our last words would keep this process for ever.
  if (process.stdout.writableLength > 0) process.exit(code);
  return code;
}

/**
 * What the command line says must be right. A mistake in a file is told to clients instead, unless `--strict-config`
 * was given: they can have it repaired.
 */
async function checkFlags(env: Readonly<Record<string, string>>, flags: ConfigFlags): Promise<void> {
  const { overrides = [], enable = [], disable = [], strictConfig = false } = flags;
  const load = (ignoreUserConfig: boolean): Promise<unknown> =>
    loadConfig({ env, overrides, enable, disable, strict: strictConfig, ignoreUserConfig });
  if (strictConfig) await load(false);
  else if (overrides.length + enable.length + disable.length > 0) await load(true);
}

/** Resolves to the exit code at the first SIGTERM or SIGINT; the second one ends the process where it stands. */
function stopSignal(): Promise<number> {
  return new Promise((resolve) => {
    let isStopping = false;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (isStopping) process.exit(1);
        isStopping = true;
        resolve(0);
      });
    }
  });
}
