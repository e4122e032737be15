import type { CommandAction } from "../../../protocol/codex-0.169/app-server/items.ts";
import { shellJoin } from "../../../protocol/codex-0.169/shell-join.ts";

/** What a command is taken to do, for showing alone. */
export function commandActions(argv: readonly string[]): CommandAction[] {
  const [, flag, script] = argv;
  const isScript = argv.length === 3 && (flag === "-lc" || flag === "-c") && script !== undefined;
  return [{ type: "unknown", command: isScript ? script : shellJoin(argv) }];
}
