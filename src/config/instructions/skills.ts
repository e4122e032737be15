import { readdirSync, statSync, type Dirent } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseFrontMatter } from "./front-matter.ts";
import { directoriesDown, leadsOutOf, realPathOf } from "../project.ts";
import { errorCode, readHead } from "../read-text.ts";

export interface Skill {
  readonly name: string;
  /** One line. */
  readonly description: string;
  /** Absolute path of its SKILL.md. */
  readonly path: string;
  readonly scope: SkillScope;
  /** False: the model is not told of it; it must be mentioned. */
  readonly listed: boolean;
}
export type SkillScope = "system" | "repo" | "user";

/** A SKILL.md that is there and cannot be used. */
export interface SkillProblem {
  readonly path: string;
  readonly reason: string;
}

export interface SkillSources {
  readonly codexHome: string;
  readonly userHome: string | null;
  readonly cwd: string;
  readonly projectRoot: string | null;
  /** What links of the project's skills may not lead out of; null, the default: they may lead anywhere. */
  readonly linkLimit?: string | null;
  /** Names and paths switched off by `[[skills.config]]`. */
  readonly disabled: ReadonlySet<string>;
  /** Further folders with skills of the user. */
  readonly extraRoots?: readonly string[];
}

const maxSkillBytes = 1 << 20;
const maxSidecarBytes = 1 << 18;
const maxDepth = 6;
const maxDirectories = 2000;
const maxNameLength = 64;
const scopes: readonly SkillScope[] = ["system", "repo", "user"];

/** All skills in the order in which Codex lists them: scope, name, path; each real file once. */
export function discoverSkills(sources: SkillSources): { skills: readonly Skill[]; problems: readonly SkillProblem[] } {
  const skills: Skill[] = [];
  const problems: SkillProblem[] = [];
  const seen = new Set<string>();
  for (const { scope, directory } of skillRoots(sources)) {
    const limit = scope === "repo" ? sources.linkLimit : null;
    for (const path of findSkillFiles(directory, limit)) {
      const real = realPathOf(path);
      if (seen.has(real)) continue;
      seen.add(real);
      const skill = readSkill(path, scope);
      if ("reason" in skill) problems.push(skill);
      else if (!sources.disabled.has(skill.name) && !sources.disabled.has(path)) skills.push(skill);
    }
  }
  return { skills: skills.sort(byListOrder), problems };
}

/** Where skills are looked for, whether it is there or not. */
export function skillRoots(sources: SkillSources): { scope: SkillScope; directory: string }[] {
  const repository = directoriesDown(sources.projectRoot, sources.cwd).flatMap((directory) => [
    join(directory, ".codex", "skills"),
    join(directory, ".agents", "skills"),
  ]);
  const user = [
    join(sources.codexHome, "skills"),
    ...(sources.userHome === null ? [] : [join(sources.userHome, ".agents", "skills")]),
    ...(sources.extraRoots ?? []),
  ];
  return [
    { scope: "system", directory: join(sources.codexHome, "skills", ".system") },
    // A home inside the project, or being it, keeps its skills the user's.
    ...user.map((directory) => ({ scope: "user" as const, directory })),
    ...repository
      .filter((directory) => !user.includes(directory))
      .map((directory) => ({ scope: "repo" as const, directory })),
  ];
}

/** Breadth first, hidden folders left out, linked folders followed, nothing visited twice. */
function findSkillFiles(root: string, limit: string | null | undefined): string[] {
  const files: string[] = [];
  const visited = new Set<string>();
  let level = [root];
  for (let depth = 0; depth <= maxDepth && level.length > 0; depth++) {
    const next: string[] = [];
    for (const directory of level) {
      if (leadsOutOf(limit, directory)) continue;
      for (const entry of listNew(directory, visited)) {
        const path = join(directory, entry.name);
        if (entry.name === "SKILL.md" && entry.isFile()) files.push(path);
        else if (!entry.name.startsWith(".") && isDirectory(path, entry)) next.push(path);
      }
    }
    level = next;
  }
  return files;
}

function listNew(directory: string, visited: Set<string>): Dirent[] {
  try {
    const real = realPathOf(directory);
    if (visited.has(real) || visited.size >= maxDirectories) return [];
    visited.add(real);
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function isDirectory(path: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function readSkill(path: string, scope: SkillScope): Skill | SkillProblem {
  let text: string;
  try {
    const head = readHead(path, maxSkillBytes);
    if (head === null) return { path, reason: "it is not a regular file" };
    if (head.size > maxSkillBytes) return { path, reason: `it is larger than ${maxSkillBytes} bytes` };
    text = head.bytes.toString("utf8");
  } catch (error) {
    return { path, reason: `it cannot be read (${errorCode(error)})` };
  }
  const front = parseFrontMatter(text);
  if (front === null) return { path, reason: "it does not start with a front matter between two lines of ---" };
  const name = oneLine(front.get("name") ?? "") || basename(dirname(path));
  const description = oneLine(front.get("description") ?? "");
  if (description === "") return { path, reason: "its front matter has no description" };
  if ([...name].length > maxNameLength) return { path, reason: `its name is longer than ${maxNameLength} characters` };
  return { name, description, path, scope, listed: isListed(path) };
}

const oneLine = (text: string): string => text.trim().replace(/\s+/g, " ");

/** Codex's sidecar file; this is the only setting in it that matters without its app. */
function isListed(skillPath: string): boolean {
  try {
    const head = readHead(join(dirname(skillPath), "agents", "openai.yaml"), maxSidecarBytes);
    return !/^[ \t]+allow_implicit_invocation:[ \t]*false\b/m.test(head?.bytes.toString("utf8") ?? "");
  } catch {
    return true;
  }
}

function byListOrder(a: Skill, b: Skill): number {
  return (
    scopes.indexOf(a.scope) - scopes.indexOf(b.scope) || compareText(a.name, b.name) || compareText(a.path, b.path)
  );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** `$PATH` and the like are talk about variables. */
const variableNames = new Set("PATH HOME USER SHELL PWD TMPDIR TEMP TMP LANG TERM XDG_CONFIG_HOME".split(" "));

/**
 * The skills that a prompt names, in list order: `$name`, or `[$name](path/SKILL.md)` for one of several of the same
 * name. A bare name that several skills have names none of them.
 */
export function findMentions(text: string, skills: readonly Skill[]): Skill[] {
  const paths = new Set<string>();
  const rest = text.replace(/\[\$[A-Za-z0-9_:-]+\]\(([^)]*)\)/g, (_link, target: string) => {
    paths.add(target.trim().replace(/^skill:\/\//, ""));
    return " ";
  });
  const names = new Set<string>();
  for (const [, name] of rest.matchAll(/\$([A-Za-z0-9_:-]+)/g)) {
    if (!variableNames.has(name!.toUpperCase())) names.add(name!);
  }
  return skills.filter((skill) => paths.has(skill.path) || (names.has(skill.name) && isOnlyOne(skill, skills)));
}

const isOnlyOne = (skill: Skill, skills: readonly Skill[]): boolean =>
  skills.every((other) => other === skill || other.name !== skill.name);

/** The user message that brings a skill's body to the model (RQ-16); null when the file is gone or unreadable by now. */
export function skillMessage(skill: Skill): string | null {
  try {
    const content = readHead(skill.path, maxSkillBytes)?.bytes.toString("utf8");
    return content === undefined
      ? null
      : `<skill>\n<name>${skill.name}</name>\n<path>${skill.path}</path>\n${content}\n</skill>`;
  } catch {
    return null;
  }
}
