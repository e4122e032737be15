/** A tool that whoever opens a thread brings: each call of it is a question to those who attend the thread. */
export interface ClientTool {
  name: string;
  description: string;
  /** JSON Schema of the arguments, shown to the model as it is. */
  inputSchema: unknown;
  /** The group that it is shown in. */
  namespace?: { name: string; description: string };
  /** Not shown until the model has searched for it. */
  deferred?: boolean;
}

/** A piece of what a client's tool brings; images and audio are addresses, data or other. */
export type ClientToolContent =
  | { type: "text"; text: string }
  | { type: "image"; url: string }
  | { type: "audio"; url: string };
