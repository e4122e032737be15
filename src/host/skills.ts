import type { Config } from "../config/config.ts";
import {
  discoverSkills,
  findMentions,
  skillMessage,
  type Skill,
  type SkillProblem,
} from "../config/instructions/skills.ts";
import { linkLimit } from "../config/project.ts";
import type { TurnInput } from "../kernel/turn-setup.ts";
import { AgentError } from "../protocol/errors.ts";

/** The skills that a thread may use now, and those that are there and cannot be used. */
export const findSkills = ({
  homes,
  cwd,
  projectRoot,
  trust,
  disabledSkills,
}: Config): { skills: readonly Skill[]; problems: readonly SkillProblem[] } =>
  discoverSkills({
    codexHome: homes.codex,
    userHome: homes.user,
    cwd,
    projectRoot,
    linkLimit: linkLimit({ trust, projectRoot, cwd }),
    disabled: disabledSkills,
  });

/**
 * The messages that bring in the skills that a prompt names with `$name`, and those that were chosen by path; each once.
 * @throws AgentError `usage` for a chosen one that is not there or cannot be read.
 */
export function attachedSkills(config: Config, text: string, chosen: readonly string[]): TurnInput["attachments"] {
  if (chosen.length === 0 && !text.includes("$")) return [];
  const { skills } = findSkills(config);
  const picked = chosen.map((path) => {
    const skill = skills.find((each) => each.path === path);
    if (skill !== undefined) return skill;
    throw new AgentError("usage", `there is no skill at ${path}; it must be the SKILL.md of a skill that is in use`);
  });
  const wanted = new Set([...picked, ...findMentions(text, skills)]);
  return [...wanted].flatMap((skill) => {
    const body = skillMessage(skill);
    if (body !== null) return [{ kind: "skills.instructions", text: body }];
    if (chosen.includes(skill.path)) throw new AgentError("usage", `the skill ${skill.path} cannot be read any more`);
    return [];
  });
}

/** What the user is told of skills that cannot be used; each problem once in the life of `told`. */
export function skillWarnings(problems: readonly SkillProblem[], told: Set<string>): string[] {
  return problems.flatMap(({ path, reason }) => {
    const warning = `The skill ${path} is left out: ${reason}.`;
    if (told.has(warning)) return [];
    told.add(warning);
    return [warning];
  });
}
