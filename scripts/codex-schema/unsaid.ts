import { whyNot } from "../../src/doors/app-server/not-supported.ts";

/** What Codex's server may say to its clients, and ours has no occasion to. */
const unsaid = [
  /^notification thread\/(project|environment)\//,
  /^notification model\/safetyBuffering\//,
  /^notification windows\//,
  /^server request attestation\/generate$/,
  // Only with experimental methods, which no variant of a union can say of itself.
  /^(server request mcpServer\/elicitation\/request|type McpServerElicitationRequestParams): no variant "openai\/userVerification"/,
];

/** Whether a line of a comparison is of something that is left out on purpose. */
export const isOnPurpose = (line: string): boolean =>
  unsaid.some((pattern) => pattern.test(line)) || whyNot(line.replace(/^(request|notification) /, "")) !== null;
