import {
  anything,
  boolean,
  defaulted,
  list,
  map,
  nullable,
  object,
  optional,
  string,
  type Infer,
} from "../../shapes/shape.ts";
import { AbsolutePathBuf } from "./values.ts";

export const ClientInfo = object({ name: string, title: nullable(string), version: string });
export type ClientInfo = Infer<typeof ClientInfo>;

export const InitializeCapabilities = object({
  experimentalApi: defaulted(boolean, false),
  explicitGatewayOauth: optional(boolean),
  extensions: optional(nullable(map(anything))),
  mcpServerOpenaiFormElicitation: optional(boolean),
  optOutNotificationMethods: optional(nullable(list(string))),
  requestAttestation: defaulted(boolean, false),
  requiredHumanApproval: optional(boolean),
});
export type InitializeCapabilities = Infer<typeof InitializeCapabilities>;

export const InitializeParams = object({ capabilities: nullable(InitializeCapabilities), clientInfo: ClientInfo });
export type InitializeParams = Infer<typeof InitializeParams>;

export const InitializeResponse = object({
  codexHome: AbsolutePathBuf,
  platformFamily: string,
  platformOs: string,
  userAgent: string,
});
export type InitializeResponse = Infer<typeof InitializeResponse>;
