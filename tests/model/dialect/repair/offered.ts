import { ToolTable } from "../../../../src/model/dialect/tool-table.ts";

export const command = {
  type: "function",
  name: "exec_command",
  parameters: {
    type: "object",
    properties: {
      cmd: { type: "string" },
      timeout_ms: { type: "integer" },
      tty: { type: "boolean" },
      args: { type: "array", items: { type: "string" } },
      env: { type: "object", additionalProperties: { type: "string" } },
    },
    required: ["cmd"],
  },
};
export const patch = { type: "custom", name: "apply_patch", description: "Patches files.", format: { type: "text" } };
export const files = {
  type: "namespace",
  name: "mcp__files",
  tools: [{ type: "function", name: "readText", parameters: { type: "object", properties: {} } }],
};

export const offered = new ToolTable([command, patch, files], []);
export const nothing = new ToolTable([], []);
