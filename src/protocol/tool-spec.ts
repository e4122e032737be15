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
/** Functions that are called by two names. */
export interface NamespaceSpec {
  type: "namespace";
  name: string;
  description: string;
  tools: FunctionSpec[];
}
export type ToolSpec = FunctionSpec | CustomSpec | HostedSpec | NamespaceSpec;

export interface JsonSchema {
  type?: string;
  description?: string;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean;
  items?: JsonSchema;
  enum?: string[];
}
