import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { message, respond } from "../support/fake-model.ts";
import type { Played, Scenario, Turn } from "../support/scenario.ts";
import type { Stage } from "../support/run.ts";
import { commonRules } from "./rules.ts";

const answers =
  (count: number): Scenario["script"] =>
  () =>
    Array.from({ length: count }, (_, index) => respond([message(`msg_${index}`, "answer")]));

const json = (...rest: string[]): string[] => ["exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5", ...rest];
const first: Turn = { argv: json("first") };
const next = (prompt: string, before?: (stage: Stage) => Promise<void>, flags: string[] = []): Turn => ({
  argv: ({ threadId }) => [...json(...flags), "resume", threadId, prompt],
  ...(before !== undefined && { before: ({ stage }) => before(stage) }),
});

const put = async (stage: Stage, name: string, text: string): Promise<void> => {
  const path = join(stage.workspace, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
};

const skill = (name: string): string => `---\nname: ${name}\ndescription: does ${name}\n---\nBody of ${name}\n`;

/** The list of skills is part of these: both sides have one of the workspace's own. */
const withSkills = {
  ...commonRules,
  withoutBlocks: (commonRules.withoutBlocks ?? []).filter((block) => block !== "<skills_instructions>"),
};

/** A model that reads no images is not shown the tool that shows it one. */
function withoutViewImage(real: Played): Played {
  const requests = real.requests.map((request) => {
    const body = request.body as { tools: { name?: string }[] };
    return { ...request, body: { ...body, tools: body.tools.filter(({ name }) => name !== "view_image") } };
  });
  return { ...real, requests };
}

/** What the model is told of its surroundings, at first and when it changes between two turns. */
export const contextScenarios: Scenario[] = [
  {
    name: "context: nothing changed, nothing told",
    script: answers(2),
    stage: { git: true, files: { "AGENTS.md": "rules\n" } },
    turns: [first, next("second")],
  },
  {
    name: "context: another directory",
    script: answers(2),
    stage: { git: true, files: { "AGENTS.md": "rules\n", "sub/AGENTS.md": "sub rules\n" } },
    turns: [first, next("second", undefined, ["-C", "sub"])],
  },
  {
    name: "context: another sandbox",
    script: answers(3),
    stage: { git: true },
    turns: [
      first,
      next("second", undefined, ["-s", "workspace-write"]),
      next("third", undefined, ["-s", "danger-full-access"]),
    ],
  },
  {
    name: "context: AGENTS.md comes, changes and goes",
    script: answers(4),
    stage: { git: true },
    turns: [
      first,
      next("second", (stage) => put(stage, "AGENTS.md", "rules\n")),
      next("third", (stage) => put(stage, "AGENTS.md", "other rules\n")),
      next("fourth", (stage) => put(stage, "AGENTS.md", "")),
    ],
  },
  {
    name: "context: a skill comes between turns",
    script: answers(2),
    stage: { git: true, files: { ".agents/skills/one/SKILL.md": skill("one") } },
    rules: withSkills,
    turns: [first, next("second", (stage) => put(stage, ".agents/skills/two/SKILL.md", skill("two")))],
  },
  {
    name: "context: skills named by their front matter, with CRLF and a block scalar",
    script: answers(1),
    stage: {
      git: true,
      files: {
        ".agents/skills/crlf/SKILL.md": "---\r\nname: crlf\r\ndescription: lines of another system\r\n---\r\nBody\r\n",
        ".agents/skills/block/SKILL.md": "---\nname: block\ndescription: |\n  two\n  lines\n---\nBody\n",
      },
    },
    turns: [{ argv: json("use $crlf and $block") }],
  },
  {
    name: "context: blocks that the configuration leaves out",
    script: answers(1),
    stage: {
      git: true,
      config:
        "include_permissions_instructions = false\ninclude_environment_context = false\n[skills]\ninclude_instructions = false",
      files: { "AGENTS.md": "rules\n", ".agents/skills/one/SKILL.md": skill("one") },
    },
    rules: withSkills,
    turns: [{ argv: json("use $one") }],
  },
  {
    name: "context: developer instructions and a base prompt of one's own",
    script: answers(2),
    stage: {
      git: true,
      config: 'developer_instructions = "be brief"\nmodel_instructions_file = "base.md"',
      homeFiles: { "base.md": "my base prompt\n" },
    },
    turns: [first, next("second")],
  },
  {
    name: "context: a permission profile",
    script: answers(1),
    stage: { git: true, config: 'default_permissions = ":workspace"' },
    turns: [first],
  },
  {
    name: "context: a model named by the beginning of its name",
    script: answers(1),
    stage: { git: true },
    turns: [{ argv: ["exec", "--json", "-m", "gpt-5.5-2026-01-01", "first"] }],
  },
  {
    name: "context: a catalog of one's own",
    script: answers(1),
    setup: async (stage) => {
      const catalog = {
        models: [
          {
            slug: "mine",
            display_name: "Mine",
            supported_reasoning_levels: [{ effort: "high", description: "" }],
            default_reasoning_level: "high",
            shell_type: "unified_exec",
            visibility: "list",
            supported_in_api: true,
            priority: 1,
            support_verbosity: false,
            truncation_policy: { mode: "tokens", limit: 100 },
            experimental_supported_tools: [],
            base_instructions: "the base prompt of mine",
            context_window: 100_000,
            input_modalities: ["text"],
          },
        ],
      };
      await writeFile(join(stage.codexHome, "catalog.json"), JSON.stringify(catalog));
      const file = join(stage.codexHome, "config.toml");
      await writeFile(file, `model_catalog_json = "catalog.json"\nmodel = "mine"\n${await readFile(file, "utf8")}`);
    },
    turns: [{ argv: ["exec", "--json", "--skip-git-repo-check", "first"] }],
    wanted: { reason: "the tool could only fail", change: withoutViewImage },
  },
  {
    name: "context: a provider with headers of the environment and query parameters",
    script: answers(1),
    stage: {
      git: true,
      provider:
        'query_params = { "api-version" = "1" }\nhttp_headers = { "x-a" = "b" }\nenv_http_headers = { "x-c" = "MINE", "x-d" = "NOT_SET" }',
      env: { MINE: "value" },
    },
    turns: [first],
  },
];
