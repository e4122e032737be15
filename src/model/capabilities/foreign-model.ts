import { guessed, type ModelInfo } from "../catalog.ts";
import { joinCapabilities, nothingKnown, type Capabilities } from "./capabilities.ts";

/** What is known of families of models before any server is asked: names that contain the pattern. */
const families: readonly { readonly name: RegExp; readonly can: Partial<Capabilities> }[] = [
  { name: /(?:^|[/.])claude-/, can: { contextWindow: 200_000, tools: true, images: true } },
  { name: /(?:^|[/.])gemini-/, can: { contextWindow: 1_048_576, tools: true, images: true } },
  { name: /(?:^|[/.])gpt-oss/, can: { contextWindow: 131_072, tools: true, images: false, reasoning: true } },
  { name: /(?:^|[/.])gpt-(?:4o|4\.1|5|6)/, can: { contextWindow: 128_000, tools: true, images: true } },
];

/** What is taken of a model that nobody knows: of a server on this machine little, of a vendor's what the smaller ones have. */
const unknown = {
  local: { contextWindow: 32_768, images: false },
  remote: { contextWindow: 128_000, images: true },
} as const;

export const familyCapabilities = (name: string): Capabilities => ({
  ...nothingKnown,
  ...families.find((family) => family.name.test(name))?.can,
});

/**
 * Plain functions with few and named arguments: what models use well that were not trained on Codex's tools. Reading and searching
 * have tools of their own, because small models quote badly in a shell.
 */
const tools = [
  "exec_command",
  "write_stdin",
  "update_plan",
  "apply_patch",
  "view_image",
  "read_file",
  "list_dir",
  "grep_files",
] as const;

/** Smaller windows have no room for the tools of sub-agents. */
const roomForAgents = 64_000;

/** A model behind an API that is not the Responses API: nothing is shown to it that only Responses models know. */
export function foreignModel(
  found: ModelInfo,
  told: Capabilities,
  { local, trainedWindow }: { local: boolean; trainedWindow: number | null },
): ModelInfo {
  const can = joinCapabilities(told, familyCapabilities(found.name));
  const fallback = local ? unknown.local : unknown.remote;
  const contextWindow =
    can.contextWindow ??
    (found.known ? found.contextWindow : Math.min(trainedWindow ?? Infinity, fallback.contextWindow));
  const images = can.images ?? (found.known ? found.imageDetail !== null : fallback.images);
  return {
    ...guessed,
    name: found.name,
    displayName: found.displayName,
    description: found.description,
    listed: found.listed,
    known: found.known || can.contextWindow !== null,
    contextWindow,
    windowLimit: told.contextWindow,
    imageDetail: images ? "high" : null,
    // An effort that the model does not take is a refusal with many servers: none is said unasked.
    defaultEffort: null,
    defaultSummary: null,
    efforts: can.efforts ?? (found.known ? found.efforts : []),
    hostedWebSearch: false,
    toolSearch: false,
    agentTools: contextWindow < roomForAgents ? null : "id",
    tools: tools.filter((name) => images || name !== "view_image"),
    instructions: found.instructions,
    personalities: found.personalities,
  };
}
