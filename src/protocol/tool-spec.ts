/** A tool as a model is shown it, in the Responses API's form and key order. */
export interface FunctionSpec {
  type: "function";
  name: string;
  description: string;
  strict: false;
  parameters: JsonSchema;
}
export interface CustomSpec {
  type: "custom";
  name: string;
  description: string;
  format: { type: "grammar"; syntax: "lark"; definition: string };
}
/** Executed by the provider; never called here. */
export interface HostedSpec {
  type: "web_search";
  [option: string]: unknown;
}
/** Asked by the model for tools that it has not been shown; answered here, with namespaces and functions. */
export interface ToolSearchSpec {
  type: "tool_search";
  execution: "client";
  description: string;
  parameters: JsonSchema;
}
/** A function that a search has brought up: it may be called from now on. */
export type FoundSpec = FunctionSpec & { defer_loading: true };
/** Functions that are called by two names. */
export interface NamespaceSpec {
  type: "namespace";
  name: string;
  description: string;
  tools: FunctionSpec[];
}
export type ToolSpec = FunctionSpec | CustomSpec | HostedSpec | NamespaceSpec | ToolSearchSpec;

export interface JsonSchema {
  type?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean;
  /** The provider encrypts the value: nobody but its models can read it. */
  encrypted?: boolean;
  items?: JsonSchema;
  minItems?: number;
  enum?: string[];
}
