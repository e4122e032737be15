import type { Config } from "../../config/config.ts";
import { directoriesDown } from "../../config/project.ts";
import { AgentError, messageOf } from "../../protocol/errors.ts";
import { joinPath } from "../../system/paths.ts";
import type { FileSystem } from "../../system/ports.ts";
import type { CommandRules, RulePlace } from "./command-rules.ts";

/** The rules of a thread's files; null where there are none. @throws AgentError `config` for a file that is wrong. */
export async function openRules(place: RulePlace): Promise<CommandRules | null> {
  if (place.sources().length === 0) return null;
  const { CommandRules: Rules } = await import("./command-rules.ts");
  return new Rules(place);
}

/** The rule files that count: those of the Codex home, then those of a trusted project, outermost first. */
export function ruleFiles({ homes, cwd, projectRoot, trust, ignoreRules }: Config, files: FileSystem): string[] {
  if (ignoreRules) return [];
  const projects = trust === "trusted" ? directoriesDown(projectRoot, cwd).map((each) => joinPath(each, ".codex")) : [];
  return [...new Set([homes.codex, ...projects])].flatMap((folder) => filesIn(joinPath(folder, "rules"), files));
}

function filesIn(folder: string, files: FileSystem): string[] {
  try {
    if (files.stat(folder)?.kind !== "directory") return [];
    const names = files.list(folder).filter((name) => name.endsWith(".rules"));
    return names.sort().map((name) => joinPath(folder, name));
  } catch (error) {
    throw new AgentError("config", `The rules of ${folder} cannot be listed: ${messageOf(error)}`);
  }
}
