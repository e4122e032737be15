import type { Config } from "../../config/config.ts";
import type { Homes } from "../../config/homes.ts";
import { readSidecar } from "../../config/instructions/skill-sidecar.ts";
import { discoverSkills, skillRoots, type SkillScope } from "../../config/instructions/skills.ts";
import { linkLimit } from "../../config/project.ts";
import { setSkillEnabled } from "../../config/skill-switch.ts";
import type { SkillFacts, SkillList } from "../../protocol/settings.ts";

const scopes: readonly SkillScope[] = ["repo", "user", "system"];

/** Every skill that can be found from a folder, in use or not: the project's first. */
export function listSkills(config: Config, extraRoots: readonly string[]): SkillList {
  const { homes, cwd, projectRoot, trust, disabledSkills } = config;
  const { skills, problems } = discoverSkills({
    codexHome: homes.codex,
    userHome: homes.user,
    cwd,
    projectRoot,
    linkLimit: linkLimit({ trust, projectRoot, cwd }),
    disabled: new Set(),
    extraRoots,
  });
  const facts = skills.map(({ name, description, path, scope }): SkillFacts => {
    const enabled = !disabledSkills.has(name) && !disabledSkills.has(path);
    return { name, description, path, scope, enabled, ...readSidecar(path) };
  });
  facts.sort((one, other) => scopes.indexOf(one.scope) - scopes.indexOf(other.scope));
  return { cwd, skills: facts, problems: problems.map(({ path, reason }) => ({ path, message: reason })) };
}

export function rootsOf({ homes, cwd, projectRoot, disabledSkills: disabled }: Config): { roots: string[] } {
  const sources = { codexHome: homes.codex, userHome: homes.user, cwd, projectRoot, disabled };
  return { roots: skillRoots(sources).map(({ directory }) => directory) };
}

export async function switchSkill(
  homes: Homes,
  skill: { name: string } | { path: string },
  enabled: boolean,
): Promise<Record<string, never>> {
  await setSkillEnabled(homes, skill, enabled);
  return {};
}
