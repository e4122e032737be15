import { asRecord } from "../../protocol/fields.ts";
import { namedUuid } from "../../system/hash.ts";
import type { ResponseItem } from "../../protocol/response-items.ts";
import { UntranslatableError } from "./untranslatable.ts";

/** What a call of the tool is in the Responses API. */
export type ToolKind = "function" | "custom" | "tool_search" | "web_search";

/** A tool as every dialect can offer it: a function with a name that all servers take. */
export interface TableTool {
  readonly wireName: string;
  readonly kind: ToolKind;
  readonly name: string;
  readonly namespace: string | null;
  readonly description: string;
  /** JSON Schema of the arguments, an object. */
  readonly parameters: Record<string, unknown>;
  readonly strict: boolean | null;
}

const longestName = 64;
/** Namespaces whose members are called without it. */
const plainNamespaces = new Set(["functions", ""]);

/** The name that a tool has on the wire; the same for the same tool, whichever others there are. */
export function wireNameOf(name: string, namespace: string | null | undefined): string {
  const plain = namespace === null || namespace === undefined || plainNamespaces.has(namespace);
  const whole = plain ? name : `${namespace}__${name}`;
  const allowed = whole.replaceAll(/[^a-zA-Z0-9_-]/g, "_");
  if (allowed === whole && whole.length <= longestName && whole !== "") return whole;
  return shortened(allowed, whole);
}

function shortened(wireName: string, meant: string): string {
  const suffix = `_${namedUuid(`tool ${meant}`).slice(-8)}`;
  return `${wireName.slice(0, longestName - suffix.length)}${suffix}`;
}

const webSearchParameters = {
  type: "object",
  properties: {
    query: { type: "string", description: "What to search for." },
    queries: {
      type: "array",
      items: { type: "string" },
      description: "Further searches, made together with the first.",
    },
  },
  required: ["query"],
  additionalProperties: false,
};

/** The tools of a request, and those that a search of the conversation has brought up since. */
export class ToolTable {
  readonly tools: readonly TableTool[];
  readonly #byWireName: ReadonlyMap<string, TableTool>;

  /** @param webSearch whether a search of the web is offered as a function; without it the provider's own one is left out.
   * @throws UntranslatableError for a tool of a kind that no function can stand for */
  constructor(tools: readonly unknown[], input: readonly ResponseItem[], options: { webSearch?: boolean } = {}) {
    const found = input.flatMap((item) => broughtBy(item, "tool_search_output"));
    const additional = input.flatMap((item) => broughtBy(item, "additional_tools"));
    const byName = new Map<string, TableTool>();
    for (const tool of [...additional, ...tools, ...found])
      for (const entry of entriesOf(tool, options.webSearch === true)) addDistinct(byName, entry);
    this.tools = [...byName.values()];
    this.#byWireName = byName;
  }

  find(wireName: string): TableTool | undefined {
    return this.#byWireName.get(wireName);
  }
}

/** The first of equal tools stays. Another whose name only looks the same on the wire gets one of its own. */
function addDistinct(byName: Map<string, TableTool>, entry: TableTool): void {
  const there = byName.get(entry.wireName);
  if (there === undefined) byName.set(entry.wireName, entry);
  else if (there.name !== entry.name || there.namespace !== entry.namespace) {
    const wireName = shortened(entry.wireName, JSON.stringify([entry.namespace, entry.name]));
    if (!byName.has(wireName)) byName.set(wireName, { ...entry, wireName });
  }
}

function broughtBy(item: ResponseItem, type: string): unknown[] {
  const tools: unknown = item.type === type ? (item as { tools?: unknown }).tools : undefined;
  return Array.isArray(tools) ? tools : [];
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function entriesOf(tool: unknown, webSearch: boolean): TableTool[] {
  const fields = asRecord(tool);
  const type = fields?.["type"];
  if (fields === null || typeof type !== "string")
    throw new UntranslatableError("a tool of `tools` is no object with a `type`");
  switch (type) {
    case "function":
    case "custom":
      return [entryOf(fields, null)];
    case "namespace": {
      const name = text(fields["name"]);
      const namespace = plainNamespaces.has(name) ? null : name;
      const members = Array.isArray(fields["tools"]) ? fields["tools"] : [];
      return members.map((member) => entryOf(asRecord(member) ?? {}, namespace));
    }
    case "tool_search":
      return [
        {
          wireName: "tool_search",
          kind: "tool_search",
          name: "tool_search",
          namespace: null,
          description: text(fields["description"]),
          parameters: asRecord(fields["parameters"]) ?? { type: "object" },
          strict: null,
        },
      ];
    case "web_search":
    case "web_search_preview":
      return webSearch
        ? [
            {
              wireName: "web_search",
              kind: "web_search",
              name: "web_search",
              namespace: null,
              description: "Searches the web and gives what was found.",
              parameters: webSearchParameters,
              strict: null,
            },
          ]
        : [];
    default:
      throw new UntranslatableError(`tools of the type \`${type}\` cannot be offered to this model`);
  }
}

function entryOf(fields: Record<string, unknown>, namespace: string | null): TableTool {
  const name = text(fields["name"]);
  if (name === "") throw new UntranslatableError("a tool of `tools` has no `name`");
  const custom = fields["type"] === "custom";
  return {
    wireName: wireNameOf(name, namespace),
    kind: custom ? "custom" : "function",
    name,
    namespace,
    description: custom ? customDescription(fields) : text(fields["description"]),
    parameters: custom ? rawInput : withoutOwnWords(asRecord(fields["parameters"]) ?? { type: "object" }),
    strict: custom ? false : typeof fields["strict"] === "boolean" ? fields["strict"] : null,
  };
}

/** A schema without the marks that only Responses models know. */
function withoutOwnWords(schema: Record<string, unknown>): Record<string, unknown> {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    const fields = asRecord(value);
    if (fields === null) return value;
    return Object.fromEntries(
      Object.entries(fields).flatMap(([key, inner]) =>
        key === "encrypted" && inner === true ? [] : [[key, walk(inner)]],
      ),
    );
  };
  const clean = walk(schema) as Record<string, unknown>;
  return clean["type"] === undefined ? { type: "object", ...clean } : clean;
}

const rawInput = {
  type: "object",
  properties: { input: { type: "string", description: "The whole input of the tool, as plain text." } },
  required: ["input"],
  additionalProperties: false,
};

const patchForm = `The input is a patch in this form, from its first line to its last:
*** Begin Patch
*** Update File: path/of/a/file
@@ a line that stands above the change, such as the head of its function
 an unchanged line
-a line that goes
+a line that comes
*** End Patch
Each file has a header: "*** Add File: PATH" (every line after it begins with +), "*** Delete File: PATH" (nothing follows), or "*** Update File: PATH", which "*** Move to: PATH" may follow. In an update each line begins with a blank (unchanged), - (removed) or + (added); about three unchanged lines around a change show where it belongs, and further changes of the file begin with @@ again. Paths are relative. A file may be changed in several places and a patch may hold several files.`;

function customDescription(fields: Record<string, unknown>): string {
  const format = asRecord(fields["format"]);
  const own = text(fields["description"]);
  const how = "Put the raw text that the tool takes into `input`, without quoting it a second time.";
  if (fields["name"] === "apply_patch") return [own, how, patchForm].filter((part) => part !== "").join("\n\n");
  const definition = text(format?.["definition"]);
  const grammar =
    definition === ""
      ? ""
      : `It has to follow this ${text(format?.["syntax"]) || text(format?.["type"])} grammar:\n${definition}`;
  return [own, how, grammar].filter((part) => part !== "").join("\n\n");
}
