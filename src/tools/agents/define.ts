import type { FunctionSpec, JsonSchema } from "../../protocol/tool-spec.ts";
import { parseArguments } from "../arguments.ts";
import type { CallContext, PreparedCall, Tool, ToolNamespace } from "../tool.ts";

/** A tool for agents, before it knows how it is offered. */
export interface AgentTool<Arguments> {
  name: string;
  description: string;
  properties: Record<string, JsonSchema>;
  required?: string[];
  parallel?: boolean;
  prepare(given: Arguments, context: CallContext): PreparedCall;
}

export function agentTool<Arguments>(
  { name, description, properties, required, parallel = false, prepare }: AgentTool<Arguments>,
  offer: { namespace: ToolNamespace; deferred?: boolean },
): Tool {
  const parameters: JsonSchema = {
    type: "object",
    properties,
    ...(required !== undefined && { required }),
    additionalProperties: false,
  };
  const spec: FunctionSpec = { type: "function", name, description, strict: false, parameters };
  return {
    name,
    ...offer,
    spec,
    parallel,
    prepare: (input, context) => prepare(parseArguments<Arguments>(input, parameters), context),
  };
}
