import type { Skill } from "./skills.ts";

/** What a model is told of the skills that it may use; null when there are none to tell of. */
export function skillsText(skills: readonly Skill[]): string | null {
  const listed = skills.filter((skill) => skill.listed);
  if (listed.length === 0) return null;
  return [
    "Skills are instructions kept in files. Before work that one of them covers, or when the user names one with `$name`, read its file whole and follow it; paths in it are relative to its folder. Leave the others unread.",
    ...listed.map(({ name, description, path }) => `- ${name}: ${description} (file: ${path})`),
  ].join("\n");
}
