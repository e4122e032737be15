import type { Permissions } from "../../protocol/permissions.ts";
import { collaborationMode, type ModeFacts } from "./collaboration-mode.ts";
import { mergePatch, type ContextBlock } from "./context.ts";
import { permissionsBlock, type RightsFacts } from "./permissions.ts";

/** The facts that the context of a turn is made of. */
export interface ContextFacts extends RightsFacts {
  /** Base name of the user's shell. */
  shell: string;
  /** `YYYY-MM-DD`, local. */
  date: string;
  /** IANA name. */
  timeZone: string;
  model: string;
  /** The base prompt of the model, for a thread that another model has worked on. */
  baseInstructions: string;
  developerInstructions: string | null;
  /** Contents of the AGENTS.md files in force, and the project directory they are for; null when there are none. */
  agentsMd: { directory: string | null; text: string } | null;
  /** The list of skills that the model may use; null when there are none. */
  skills: string | null;
  /** False: skills are not listed, whatever there is. */
  includeSkills: boolean;
  includeEnvironment: boolean;
  includePermissions: boolean;
  /** Null: nothing is said of modes. */
  mode: Omit<ModeFacts, "model"> | null;
}

/** Of some models Codex writes down more than the name. */
const toldModel = (told: unknown): unknown =>
  typeof told === "object" && told !== null ? (told as { model?: unknown }).model : told;

const escape = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

/** Folders of a writable root that stay read-only. */
const protectedFolders = [".git", ".agents", ".codex", ".aws"] as const;

/** The `<filesystem>` element of the environment block. */
export function filesystemElement(cwd: string, permissions: Permissions): string {
  const roots = [cwd, ...permissions.writableRoots];
  const rootElements = roots.map((root) => `<root>${escape(root)}</root>`).join("");
  const shown = `<workspace_roots>${rootElements}</workspace_roots>`;
  if (permissions.sandbox === "danger-full-access") {
    return `<filesystem>${shown}<permission_profile type="disabled"><file_system type="unrestricted" /></permission_profile></filesystem>`;
  }
  const path = (access: string, value: string): string =>
    `<entry access="${access}"><path>${escape(value)}</path></entry>`;
  const special = (access: string, value: string): string =>
    `<entry access="${access}"><special>${value}</special></entry>`;
  const entries = [special("read", ":root")];
  if (permissions.sandbox === "workspace-write") {
    entries.push(...roots.map((root) => path("write", root)));
    if (!permissions.excludeSlashTmp) entries.push(special("write", ":slash_tmp"));
    if (!permissions.excludeTmpdir) entries.push(special("write", ":tmpdir"));
    for (const folder of protectedFolders) entries.push(...roots.map((root) => path("read", `${root}/${folder}`)));
  }
  const list = `<file_system type="restricted">${entries.join("")}</file_system>`;
  return `<filesystem>${shown}<permission_profile type="managed">${list}</permission_profile></filesystem>`;
}

interface EnvironmentState {
  environments: { local: { cwd: string; status: string; shell: string } };
  current_date: string;
  timezone: string;
  filesystem: string;
}

function environmentText(state: EnvironmentState, told: Partial<EnvironmentState> | undefined): string {
  const { cwd, shell } = state.environments.local;
  const before = told?.environments?.local;
  const placed = before !== undefined && before.cwd === cwd && before.shell === shell;
  return [
    "<environment_context>",
    ...(placed ? [] : [`  <cwd>${escape(cwd)}</cwd>`, `  <shell>${escape(shell)}</shell>`]),
    `  <current_date>${state.current_date}</current_date>`,
    `  <timezone>${escape(state.timezone)}</timezone>`,
    `  ${state.filesystem}`,
    "</environment_context>",
  ].join("\n");
}

function agentsText(state: { directory?: string; text?: string }, told: { text?: string } | undefined): string | null {
  const wrap = (heading: string, body: string): string => `${heading}\n\n<INSTRUCTIONS>\n${body}\n</INSTRUCTIONS>`;
  if (state.text === undefined) {
    if (told?.text === undefined) return null;
    return wrap(
      "# AGENTS.md instructions",
      "There are no AGENTS.md files here any more; what they said before no longer holds.",
    );
  }
  const heading = `# AGENTS.md instructions${state.directory === undefined ? "" : ` for ${state.directory}`}`;
  const replaced = told?.text !== undefined && told.text !== state.text;
  return wrap(heading, replaced ? `This replaces what AGENTS.md files said before.\n\n${state.text}` : state.text);
}

function skillsBlock(skills: string | null, told: { body?: string } | undefined): string | null {
  const gone = skills === null && told?.body !== undefined && told.body !== "";
  const text = gone ? "There are no skills here any more; the list before no longer holds." : skills;
  return text === null ? null : `<skills_instructions>\n${text}\n</skills_instructions>`;
}

/**
 * The context of a turn as blocks, in Codex's order: developer instructions, skills, permissions; AGENTS.md,
 * environment. Their states are keyed as Codex's `world_state` is, so that either resumes the other's threads.
 */
export function contextBlocks(facts: ContextFacts): ContextBlock[] {
  const environment: EnvironmentState = {
    environments: { local: { cwd: facts.cwd, status: "available", shell: facts.shell } },
    current_date: facts.date,
    timezone: facts.timeZone,
    filesystem: filesystemElement(facts.cwd, facts.permissions),
  };
  const { agentsMd } = facts;
  const agents =
    agentsMd === null
      ? {}
      : { ...(agentsMd.directory !== null && { directory: agentsMd.directory }), text: agentsMd.text };
  const blocks: ContextBlock[] = [
    {
      key: "model",
      role: "developer",
      kind: "model_switch.instructions",
      separate: true,
      state: facts.model,
      render: (told) =>
        told === undefined || toldModel(told) === facts.model
          ? null
          : `<model_switch>\nAnother model worked on this thread until now. Go on with these instructions:\n\n${facts.baseInstructions}\n</model_switch>`,
    },
    {
      key: null,
      role: "developer",
      kind: "generic.developer_instructions",
      state: null,
      render: () => facts.developerInstructions,
    },
    {
      key: "host_skills",
      role: "developer",
      kind: "host_skills.instructions",
      state: { body: facts.skills ?? "", includeInstructions: facts.includeSkills },
      render: (told) => skillsBlock(facts.skills, told as { body?: string } | undefined),
    },
    ...(facts.includePermissions ? [permissionsBlock(facts)] : []),
    ...(facts.mode === null ? [] : [collaborationMode({ ...facts.mode, model: facts.model })]),
    {
      key: "agents_md",
      role: "user",
      kind: "agents_md.instructions",
      state: agents,
      render: (told) => agentsText(agents, told as { text?: string } | undefined),
    },
  ];
  if (facts.includeEnvironment) {
    blocks.push({
      key: "environments",
      role: "user",
      kind: "environments.environment_context",
      state: environment,
      render: (told) => {
        const before = told as (Partial<EnvironmentState> & { subagents?: unknown }) | undefined;
        // Codex notes here which sub-agents were there; that they are not any more is nothing to tell.
        const { subagents, ...rest } = before ?? {};
        if (subagents !== undefined && mergePatch(rest, environment) === undefined) return null;
        return environmentText(environment, before);
      },
    });
  }
  return blocks;
}
