import type { CustomSpec, FunctionSpec } from "../../protocol/tool-spec.ts";
import type { NestedTool } from "./nested-tools.ts";

/** Codex's grammar: an optional first line of options, then anything. */
const grammar = `
start: pragma_source | plain_source
pragma_source: PRAGMA_LINE NEWLINE SOURCE
plain_source: SOURCE

PRAGMA_LINE: /[ \\t]*\\/\\/ @exec:[^\\r\\n]*/
NEWLINE: /\\r?\\n/
SOURCE: /[\\s\\S]+/
`;

const manual = `Runs a JavaScript module that calls tools: several in a row, side by side, or depending on what others gave.
- The input is the source text itself: no JSON, no quotes, no code fence. \`await\` works at the top level.
- The language alone is there: no Node, no modules, no files, no network, no console. What reaches outside goes through \`tools\`.
- \`await tools.NAME(input)\` calls a tool with an object, or a string where its declaration says so. It resolves to what is declared, or to a text; a call that fails rejects with a text that says why. \`Promise.all\` runs calls side by side.
- The first line may be \`// @exec: {"yield_time_ms": 10000, "max_output_tokens": 1000}\`: how long to wait before this call returns while the script goes on (default 30000), and how much of its output to return (default 10000).
- Nothing that the script defines outlives it, calls that it does not await are cancelled with it, and timers do not keep it going.

Also there:
- \`text(value)\`: adds to the output; what is no string becomes JSON. Only what is added this way is returned.
- \`image(value)\`: adds an image: a \`data:\` URL, \`{image_url}\`, or an image block of an MCP result. \`content(value)\` adds a block of an MCP result, or several.
- \`store(key, value)\`, \`load(key)\`: keeps a JSON value for later scripts of this session.
- \`notify(value)\`: tells you something at once, while the script goes on.
- \`yield_control()\`: returns the output so far at once; \`wait\` brings the rest.
- \`exit()\`: ends the script here, as a success.
- \`setTimeout\`, \`clearTimeout\`; \`as_settled(promises)\`: iterates over results in the order in which they come, as \`{index, status, value | reason}\`; \`stream_settled(promises, callback)\` hands each to a function.
- \`ALL_TOOLS\`: \`[{name, description}]\` of every tool, those that are not listed here included.`;

/** `exec` as the model is shown it: how scripts are written, and what they can call. */
export function execSpec(tools: readonly NestedTool[]): CustomSpec {
  const listed = tools.filter((each) => each.listed).map(({ name, description }) => `### \`${name}\`\n${description}`);
  return {
    type: "custom",
    name: "exec",
    description: [manual, ...listed].join("\n\n"),
    format: { type: "grammar", syntax: "lark", definition: grammar },
  };
}

export const waitSpec = {
  type: "function",
  name: "wait",
  description:
    "Waits for a script that `exec` left running (`Script running with cell ID ...`) and returns what it has said since, or its end. It may be called again until the script has ended.",
  strict: false,
  parameters: {
    type: "object",
    properties: {
      cell_id: { type: "string", description: "The cell ID that exec gave." },
      max_tokens: { type: "number", description: "How much of the new output to return. Default 10000." },
      terminate: { type: "boolean", description: "Stop the script instead of waiting for it." },
      yield_time_ms: { type: "number", description: "How long to wait, in milliseconds. Default 10000." },
    },
    required: ["cell_id"],
    additionalProperties: false,
  },
} as const satisfies FunctionSpec;
