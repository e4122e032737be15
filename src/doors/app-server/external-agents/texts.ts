import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { writeAtomically } from "../../../config/atomic-write.ts";
import { formatValue } from "../../../config/edit/format-value.ts";
import type { Found } from "./found.ts";
import { namesIn, ownText, textIn } from "./read.ts";
import { leadsOut, type Scope } from "./scope.ts";
import { forUs, frontMatter } from "./words.ts";

/** Folders with instructions for a task. Those that are here already stay. */
export async function findSkills(scope: Scope): Promise<Found | null> {
  const source = join(scope.folder, "skills");
  const names = namesIn(source, "directory").filter(
    (name) => !existsSync(join(scope.skills, name)) && !leadsOut(scope, join(source, name, "SKILL.md")),
  );
  if (names.length === 0) return null;
  return {
    itemType: "SKILLS",
    description: `Migrate skills from ${source} to ${scope.skills}`,
    names,
    source,
    target: scope.skills,
    async take(wanted) {
      mkdirSync(scope.skills, { recursive: true });
      for (const name of names.filter((each) => wanted.has(each))) {
        const folder = join(scope.skills, name);
        cpSync(join(source, name), folder, {
          recursive: true,
          errorOnExist: true,
          force: false,
          verbatimSymlinks: true,
        });
        const text = textIn(scope, join(source, name, "SKILL.md"));
        if (text === null) continue;
        // A link would take the new text to what it leads to.
        rmSync(join(folder, "SKILL.md"));
        writeFileSync(join(folder, "SKILL.md"), forUs(text, scope.agent));
      }
    },
  };
}

interface Command {
  /** Of the skill that it becomes. */
  readonly name: string;
  readonly shown: string;
  readonly path: string;
}

/** Ours put no arguments, output or files into a text. */
const isFilledIn = (body: string): boolean => /\$ARGUMENTS|\$\d|!`|(?:^|\s)@[\w./~]/m.test(body);

function commandsIn(folder: string, above: readonly string[] = []): Command[] {
  const files = namesIn(folder, "file").filter((name) => name.endsWith(".md") && name !== "README.md");
  const own = files.map((file) => {
    const shown = [...above, basename(file, ".md")].join("-");
    const slug = shown.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
    return { name: `source-command-${slug.replaceAll(/^-|-$/g, "")}`, shown, path: join(folder, file) };
  });
  const inner = above.length > 8 ? [] : namesIn(folder, "directory");
  return [...own, ...inner.flatMap((name) => commandsIn(join(folder, name), [...above, name]))];
}

/** A command is a skill that is asked for by name. */
function skillOf({ name, shown }: Command, text: string, { agent }: Scope): string {
  const { fields, body } = frontMatter(text);
  const description = fields.get("description") || `The command \`${shown}\`, taken over from another agent`;
  return [
    "---",
    `name: ${JSON.stringify(name)}`,
    `description: ${JSON.stringify(forUs(description, agent))}`,
    "---",
    "",
    `# ${shown}`,
    "",
    `For whenever \`${shown}\` is asked for by name. What it says:`,
    "",
    forUs(body.trim(), agent) || "(It says nothing.)",
    "",
  ].join("\n");
}

export async function findCommands(scope: Scope): Promise<Found | null> {
  const source = join(scope.folder, "commands");
  const skills = new Map<string, string>();
  for (const command of commandsIn(source)) {
    const text = textIn(scope, command.path);
    const taken = skills.has(command.name) || existsSync(join(scope.skills, command.name));
    if (text === null || taken || isFilledIn(frontMatter(text).body)) continue;
    skills.set(command.name, skillOf(command, text, scope));
  }
  if (skills.size === 0) return null;
  return {
    itemType: "COMMANDS",
    description: `Migrate commands from ${source} to ${scope.skills}`,
    names: [...skills.keys()].toSorted(),
    source,
    target: scope.skills,
    async take(wanted) {
      for (const [name, skill] of skills)
        if (wanted.has(name)) writeAtomically(join(scope.skills, name, "SKILL.md"), skill);
    },
  };
}

interface Subagent {
  readonly file: string;
  readonly toml: string;
}

const efforts: Readonly<Record<string, string>> = { low: "low", medium: "medium", high: "high", max: "xhigh" };

/** Null for a file that has no name, description or text. */
function subagentOf(text: string, scope: Scope): { name: string; toml: string } | null {
  const { fields, body } = frontMatter(text);
  const [name, description] = [fields.get("name"), fields.get("description")];
  const instructions = forUs(body.trim(), scope.agent);
  if (!name || !description || instructions === "") return null;
  const effort = efforts[fields.get("effort") ?? ""];
  const lines = {
    name,
    description: forUs(description, scope.agent),
    ...(effort !== undefined && { model_reasoning_effort: effort }),
    ...(fields.get("permissionMode") === "acceptEdits" && { sandbox_mode: "workspace-write" }),
    developer_instructions: instructions,
  };
  const toml = Object.entries(lines).map(([key, value]) => `${key} = ${formatValue(value)}\n`);
  return { name, toml: toml.join("") };
}

export async function findSubagents(scope: Scope): Promise<Found | null> {
  const source = join(scope.folder, "agents");
  const target = join(scope.target, "agents");
  const found = new Map<string, Subagent>();
  for (const file of namesIn(source, "file").filter((name) => name.endsWith(".md"))) {
    const to = join(target, `${basename(file, ".md")}.toml`);
    const agent = existsSync(to) ? null : subagentOf(textIn(scope, join(source, file)) ?? "", scope);
    if (agent !== null) found.set(agent.name, { file: to, toml: agent.toml });
  }
  if (found.size === 0) return null;
  return {
    itemType: "SUBAGENTS",
    description: `Migrate subagents from ${source} to ${target}`,
    names: [...found.keys()],
    source,
    target,
    async take(wanted) {
      for (const [name, { file, toml }] of found) if (wanted.has(name)) writeAtomically(file, toml);
    },
  };
}

/** What the agent is told of the user or the repository, where we are told nothing yet. */
export async function findInstructions(scope: Scope): Promise<Found | null> {
  const { agent, cwd, root, folder, instructions: target } = scope;
  if (ownText(target).trim() !== "") return null;
  const repository =
    agent === "cursor" ? [join(root, ".cursorrules")] : [join(root, "CLAUDE.md"), join(folder, "CLAUDE.md")];
  const user = agent === "cursor" ? [] : [join(folder, "CLAUDE.md")];
  for (const source of cwd === null ? user : repository) {
    const text = textIn(scope, source);
    if (text === null || text.trim() === "") continue;
    return {
      itemType: "AGENTS_MD",
      description: `Migrate ${source} to ${target}`,
      names: null,
      source,
      target,
      take: async () => writeAtomically(target, forUs(text, agent)),
    };
  }
  return null;
}
