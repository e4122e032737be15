import type { RequestRules } from "../support/normalise.ts";

/**
 * What the requests of codex-agent do not have yet, each with the part of the product that brings it.
 * Taken out on both sides, so that everything else is compared exactly.
 */
export const laterTools: Record<string, string> = {
  request_user_input: "questions to the user come with the app-server",
  multi_agent_v1: "sub-agents",
  tool_search: "the search over deferred tools comes with MCP and sub-agents",
  get_goal: "goals",
  create_goal: "goals",
  update_goal: "goals",
};

/** The real one unpacks skills of its own into CODEX_HOME; ours has none, so a stage without skills has no such block. */
export const systemSkills = "<skills_instructions>";

/** Lists the namespaces behind tool_search. */
export const deferredTools = "<tools>";

/** Outputs whose first words are fixed and whose explanation is ours. */
export const freeWordings = [
  // The rest is the wording of a JSON library; which argument is wrong is checked with the tools.
  { pattern: /^(failed to parse function arguments: )(?!missing field).*$/s, becomes: "$1<text>" },
  // Says the same in our words: the file is missing, or is no image.
  { pattern: /^(unable to (locate|process) image|Error: (cannot read )?`\S+\.(png|txt)`).*$/s, becomes: "<no image>" },
];

export const commonRules: RequestRules = {
  withoutTools: new Set(Object.keys(laterTools)),
  withoutBlocks: [systemSkills, deferredTools],
  freeWordings,
};
