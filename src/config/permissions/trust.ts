import { join } from "node:path";
import { AgentError } from "../../protocol/errors.ts";
import { changeFile } from "../edit/change-file.ts";
import type { Homes } from "../homes.ts";
import { findGitRoot, findMainRepository, realPathOf } from "../project.ts";
import { parseTomlFile } from "../toml/toml.ts";
import { isTable, valueAt, type TomlTable } from "../toml/toml-values.ts";

export type TrustLevel = "trusted" | "untrusted";

/** What the user has said about a directory: about itself, else its project root, else the main repository of its working tree. */
export function trustOf(directory: string, config: TomlTable, projectRoot: string | null): TrustLevel | null {
  for (const candidate of candidates(directory, projectRoot)) {
    const level = valueAt(config, ["projects", candidate, "trust_level"]);
    if (level === "trusted" || level === "untrusted") return level;
  }
  return null;
}

function* candidates(directory: string, projectRoot: string | null): Generator<string> {
  const gitRoot = findGitRoot(directory);
  const places = [directory, projectRoot, gitRoot, gitRoot === null ? null : findMainRepository(gitRoot)];
  for (const place of places) {
    if (place === null) continue;
    yield place;
    yield realPathOf(place);
  }
}

/** Says in `$CODEX_HOME/config.toml` that the project of `cwd` is trusted. Refuses a project that was marked untrusted. */
export async function saveTrust(homes: Homes, cwd: string, projectRoot: string | null): Promise<void> {
  const file = join(homes.codex, "config.toml");
  const gitRoot = findGitRoot(cwd);
  const project = realPathOf(gitRoot === null ? cwd : findMainRepository(gitRoot));
  await changeFile(homes, file, async (text) => {
    const config = text === "" ? {} : await parseTomlFile(file, text);
    const level = trustOf(cwd, config, projectRoot);
    if (level === "trusted") return text;
    if (level === "untrusted") {
      throw new AgentError(
        "config",
        `${project} is marked as untrusted in ${file}: change its trust_level there first`,
      );
    }
    const added = withTrust(text, project);
    await requireTrust(file, added, project);
    return added;
  });
}

/** The text with the table appended, all else untouched. */
function withTrust(text: string, project: string): string {
  const key = JSON.stringify(project);
  // A table that is there already takes no second header: the level goes right below the first.
  const lines = text.split("\n");
  const header = lines.findIndex((line) => line.replace(/#.*$/, "").trim() === `[projects.${key}]`);
  if (header !== -1)
    return [...lines.slice(0, header + 1), 'trust_level = "trusted"', ...lines.slice(header + 1)].join("\n");
  const gap = text === "" ? "" : text.endsWith("\n") ? "\n" : "\n\n";
  return `${text}${gap}[projects.${key}]\ntrust_level = "trusted"\n`;
}

/** A file may hold its projects in a form that cannot be added to line by line; better to say so than to break it. */
async function requireTrust(file: string, text: string, project: string): Promise<void> {
  try {
    const projects = (await parseTomlFile(file, text))["projects"];
    if (isTable(projects) && valueAt(projects, [project, "trust_level"]) === "trusted") return;
  } catch {
    // Said below.
  }
  throw new AgentError(
    "config",
    `Trust cannot be added to ${file} as it is written; set projects.${JSON.stringify(project)}.trust_level = "trusted" there yourself`,
  );
}
