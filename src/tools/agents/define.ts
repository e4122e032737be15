import type { FunctionSpec, JsonSchema } from "../../protocol/tool-spec.ts";
import { parseArguments } from "../arguments.ts";
import type { CallContext, PreparedCall, Tool, ToolNamespace } from "../tool.ts";

/** What agents may be asked to be, by name, with what that is for. */
export type OfferedRoles = ReadonlyMap<string, { readonly description: string }>;

/** The parameter that asks for a role; none where none is configured. */
export function roleParameter(roles: OfferedRoles): Record<string, JsonSchema> {
  if (roles.size === 0) return {};
  const listed = [...roles].map(([name, { description }]) => `${name}: ${description}`).join("\n");
  return { agent_type: { type: "string", description: `What the agent is to be. Roles:\n${listed}` } };
}

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
