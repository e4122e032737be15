import { readFileSync } from "node:fs";
import { configError } from "../config/config-error.ts";
import { Catalog, guessed, type ModelInfo } from "./catalog.ts";

/**
 * Reads a catalog in the format of `codex debug models` (0.169): `{models: [...]}`; keys that nothing here uses are
 * passed over. @throws AgentError `config` with the file and the place in it.
 */
export function readCatalogFile(file: string): Catalog {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw fail(file, `cannot be read (${(error as NodeJS.ErrnoException).code ?? "unknown"})`);
  }
  const { models } = new Reader(file, "", parsed(file, text));
  const entries = models.map(({ entry, info }) => ({ info, priority: entry.number("priority") ?? 0 }));
  if (entries.length === 0) throw fail(file, "holds no model");
  return new Catalog(entries.sort((one, other) => one.priority - other.priority).map(({ info }) => info));
}

const fail = (file: string, reason: string): Error =>
  configError(`the file of \`model_catalog_json\`, ${file}, ${reason}`);

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    const at = /position (\d+)/.exec((error as Error).message)?.[1];
    const before = at === undefined ? null : text.slice(0, Number(at)).split("\n");
    const place = before === null ? "" : ` at line ${before.length}, column ${before.at(-1)!.length + 1}`;
    throw fail(file, `is not valid JSON${place}`);
  }
}

/** One object of the file; what is missing or null is null, what is of another type an error that names the place. */
class Reader {
  readonly #file: string;
  readonly #place: string;
  readonly #object: Record<string, unknown>;

  constructor(file: string, place: string, value: unknown) {
    this.#file = file;
    this.#place = place;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw fail(file, place === "" ? "is not a JSON object" : `has no object at \`${place}\``);
    this.#object = value as Record<string, unknown>;
  }

  text = (key: string): string | null => this.#read(key, "a string", (value) => typeof value === "string");
  flag = (key: string): boolean => this.#read(key, "true or false", (value) => typeof value === "boolean") ?? false;
  number = (key: string): number | null => this.#read(key, "a whole number", (value) => Number.isSafeInteger(value));
  list = (key: string): unknown[] | null => this.#read(key, "a list", Array.isArray);

  inner(key: string): Reader | null {
    const value = this.#object[key];
    return value === undefined || value === null ? null : new Reader(this.#file, this.#at(key), value);
  }

  need<Value>(key: string, value: Value | null): Value {
    if (value === null) throw fail(this.#file, `lacks \`${this.#at(key)}\``);
    return value;
  }

  get models(): { entry: Reader; info: ModelInfo }[] {
    return this.need("models", this.list("models")).map((value, index) => {
      const entry = new Reader(this.#file, `models[${index}]`, value);
      return { entry, info: modelInfo(entry) };
    });
  }

  refuse(key: string, reason: string): Error {
    return fail(this.#file, `has a \`${this.#at(key)}\` that ${reason}`);
  }

  #read<Value>(key: string, wanted: string, fits: (value: unknown) => boolean): Value | null {
    const value = this.#object[key];
    if (value === undefined || value === null) return null;
    if (!fits(value)) throw fail(this.#file, `needs ${wanted} at \`${this.#at(key)}\``);
    return value as Value;
  }

  #at(key: string): string {
    return this.#place === "" ? key : `${this.#place}.${key}`;
  }
}

const shellTools: Readonly<Record<string, readonly string[]>> = {
  unified_exec: ["exec_command", "write_stdin"],
  shell_command: ["shell_command"],
  default: ["shell"],
  local: ["shell"],
  disabled: [],
};

function modelInfo(entry: Reader): ModelInfo {
  const name = entry.need("slug", entry.text("slug"));
  if (name.trim() === "") throw entry.refuse("slug", "is empty");
  const contextWindow = entry.number("context_window") ?? entry.number("max_context_window") ?? guessed.contextWindow;
  if (contextWindow < 1) throw entry.refuse("context_window", "is less than 1");
  const percent = entry.number("effective_context_window_percent") ?? guessed.effectivePercent;
  if (percent < 1 || percent > 100) throw entry.refuse("effective_context_window_percent", "is no percentage");
  const lite = entry.flag("use_responses_lite");
  const extraTools = entry.list("experimental_supported_tools") ?? [];
  const readsImages = entry.list("input_modalities")?.includes("image") ?? true;
  const summary = entry.text("default_reasoning_summary") ?? guessed.defaultSummary;
  const messages = entry.inner("model_messages");
  const variables = messages?.inner("instructions_variables");
  const personality = (key: string): string | null => variables?.text(`personality_${key}`) ?? null;
  const modes = messages?.inner("collaboration_modes");
  const defaultMode = modes?.text("default") ?? null;
  return {
    ...guessed,
    name,
    known: true,
    displayName: entry.text("display_name"),
    description: entry.text("description"),
    listed: (entry.text("visibility") ?? "list") === "list",
    contextWindow,
    effectivePercent: percent,
    autoCompactTokenLimit: entry.number("auto_compact_token_limit"),
    defaultEffort: entry.text("default_reasoning_level"),
    efforts: effortsOf(entry),
    serviceTiers: tiersOf(entry),
    defaultSummary: summary === "none" ? null : summary,
    defaultVerbosity: entry.flag("support_verbosity") ? entry.text("default_verbosity") : null,
    reasoningContext: lite ? "all_turns" : null,
    parallelToolCalls: !lite,
    lite,
    imageDetail: readsImages ? (entry.flag("supports_image_detail_original") ? "original" : "high") : null,
    webSearchContent: entry.text("web_search_tool_type") === "text_and_image" ? ["text", "image"] : null,
    toolSearch: entry.flag("supports_search_tool"),
    agentTools: entry.text("multi_agent_version") === "v2" ? "path" : "id",
    toolMode: toolMode(entry),
    clock: extraTools.includes("clock"),
    autoReviewRequired: entry.flag("node_repl_auto_review_required"),
    tools: toolsOf(entry, readsImages, extraTools),
    outputTokens: outputTokens(entry),
    compactionHash: entry.text("comp_hash"),
    instructions: messages?.text("instructions_template") ?? entry.text("base_instructions"),
    personalities: Object.fromEntries(
      ["default", "friendly", "pragmatic"].flatMap((key) => {
        const text = personality(key);
        return text === null ? [] : [[key, text]];
      }),
    ),
    collaboration: { default: defaultMode === null ? null : { text: defaultMode }, plan: modes?.text("plan") ?? null },
  };
}

/** Entries that name no tier are none. */
const tiersOf = (entry: Reader): string[] =>
  (entry.list("service_tiers") ?? []).flatMap((tier) =>
    typeof tier === "object" && tier !== null && "id" in tier && typeof tier.id === "string" ? [tier.id] : [],
  );

function effortsOf(entry: Reader): string[] {
  return (entry.list("supported_reasoning_levels") ?? []).map((level, index) => {
    const effort: unknown =
      typeof level === "object" && level !== null ? (level as { effort?: unknown }).effort : level;
    if (typeof effort === "string") return effort;
    throw entry.refuse(`supported_reasoning_levels[${index}]`, "names no effort");
  });
}

function toolMode(entry: Reader): ModelInfo["toolMode"] {
  const mode = entry.text("tool_mode");
  return mode === "code_mode_only" ? "code" : mode === "code_mode" ? "mixed" : "classic";
}

function toolsOf(entry: Reader, readsImages: boolean, extraTools: readonly unknown[]): string[] {
  const shell = entry.text("shell_type") ?? "unified_exec";
  const shells = Object.hasOwn(shellTools, shell) ? shellTools[shell] : undefined;
  if (shells === undefined)
    throw entry.refuse("shell_type", `is "${shell}"; there are: ${Object.keys(shellTools).join(", ")}`);
  return [
    ...shells,
    "request_user_input",
    ...(entry.text("apply_patch_tool_type") === null ? [] : ["apply_patch"]),
    ...(readsImages ? ["view_image"] : []),
    ...(extraTools.includes("send_user_message_async") ? ["request_user_input_async"] : []),
  ];
}

/** About four bytes make a token. */
function outputTokens(entry: Reader): number | null {
  const policy = entry.inner("truncation_policy");
  const limit = policy?.number("limit") ?? null;
  return limit === null || policy?.text("mode") !== "bytes" ? limit : Math.ceil(limit / 4);
}
