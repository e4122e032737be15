import { AgentError } from "../protocol/errors.ts";
import { readUserSchema, SchemaError, type Parsed, type UserSchema } from "../protocol/schemas/user-schema.ts";
import type { Agent } from "./agent.ts";

/** What a call does to the world, for permissions. What is left out is taken to be so. */
export interface ToolAnnotations {
  /** It changes nothing. Default: false. */
  readOnly?: boolean;
  /** What it changes cannot be had back. Default: false. */
  destructive?: boolean;
  /** It uses the network. Default: false. */
  network?: boolean;
  /** The same call twice does what it does once: one that was cut off may be made again. Default: false. */
  idempotent?: boolean;
  /** What it deals with lies beyond this machine and belongs to others. Default: false. */
  openWorld?: boolean;
  /**
   * Whether it is asked about: `never`, `always`, or `auto`: where it is destructive, or changes something by the network or in an open
   * world. Default: `auto`. The mode may ask for more.
   */
  approval?: "never" | "auto" | "always";
}

/** What a call of a tool knows of where it runs. */
export interface ToolContext {
  readonly agent: Agent;
  readonly sessionId: string;
  readonly turnId: string;
  readonly callId: string;
  /** The working directory of the session, absolute. */
  readonly cwd: string;
  /** Aborts when the turn is interrupted, or the tool's time is up. */
  readonly signal: AbortSignal;
  /** Tells whoever listens to the agent how far it is: a `command.output` event with the call's id. */
  emit(progress: string): void;
  /** Asks the user about this call, in every mode; false where the answer is no, or nobody is there to answer. */
  requestApproval(reason?: string): Promise<boolean>;
}

export type ToolPart = { type: "text"; text: string } | { type: "image"; url: string };

export interface ToolOptions<Schema> {
  /** A letter, then at most 63 letters, digits or underscores. */
  name: string;
  description: string;
  /** A JSON Schema of an object, or an object of a schema library (zod, valibot, ...) that exports one. Default: no input. */
  input?: Schema;
  annotations?: ToolAnnotations;
  /** Milliseconds that a call may take. Default: as long as the turn. */
  timeoutMs?: number;
  /**
   * Does the work. A text is the model's as it is, parts too; `undefined` is "ok", `{ content, isError }` says whether it went
   * wrong, and anything else is shown as JSON. What it throws the model reads as a failure, and the turn goes on.
   */
  run(input: Parsed<Schema>, context: ToolContext): unknown;
}

/** A tool that an agent can be given. */
export interface AgentTool {
  readonly name: string;
  readonly description: string;
  readonly annotations: ToolAnnotations;
  readonly timeoutMs: number | null;
  readonly input: UserSchema;
  readonly run: (input: unknown, context: ToolContext) => unknown;
}

const annotationNames = ["readOnly", "destructive", "network", "idempotent", "openWorld"];
const approvals = ["never", "auto", "always"];

/** A word that is not known would be a safeguard that is not there. */
function checkAnnotations(name: string, given: object): void {
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (key === "approval" && !approvals.includes(value as string))
      throw new AgentError("usage", `tool ${name}: annotations.approval is one of ${approvals.join(", ")}`);
    if (key !== "approval" && !annotationNames.includes(key)) {
      const all = [...annotationNames, "approval"].join(", ");
      throw new AgentError("usage", `tool ${name}: there is no annotation ${key}; there are: ${all}`);
    }
    if (key !== "approval" && typeof value !== "boolean")
      throw new AgentError("usage", `tool ${name}: annotations.${key} is true or false`);
  }
}

const namePattern = /^[a-zA-Z][a-zA-Z0-9_]{0,63}$/;
const noInput = { type: "object", properties: {}, additionalProperties: false };

/** Makes a tool of a function. @throws AgentError `usage` for a name or schema that no model could be shown. */
export function tool<const Schema = Record<string, never>>(options: ToolOptions<Schema>): AgentTool {
  const { name, description, annotations = {}, timeoutMs = null } = options;
  if (!namePattern.test(name)) {
    throw new AgentError("usage", `tool name ${JSON.stringify(name)}: a letter, then at most 63 letters, digits or _`);
  }
  if (typeof description !== "string" || description.trim() === "") {
    throw new AgentError("usage", `tool ${name}: its description, by which the model chooses it, is missing`);
  }
  if (timeoutMs !== null && !(timeoutMs > 0)) {
    throw new AgentError("usage", `tool ${name}: timeoutMs is a number of milliseconds above 0`);
  }
  checkAnnotations(name, annotations);
  const input = inputOf(name, options.input ?? noInput);
  const run = options.run as AgentTool["run"];
  return Object.freeze({ name, description, annotations: Object.freeze({ ...annotations }), timeoutMs, input, run });
}

function inputOf(name: string, given: unknown): UserSchema {
  try {
    const schema = readUserSchema(given, "input");
    const { type } = JSON.parse(schema.json) as { type?: unknown };
    if (type !== "object") throw new SchemaError("must describe an object, whose members are the tool's arguments");
    return schema;
  } catch (error) {
    if (!(error instanceof SchemaError)) throw error;
    throw new AgentError("usage", `tool ${name}: its input ${error.message}`, { cause: error });
  }
}
