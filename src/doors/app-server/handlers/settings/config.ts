import { dirname } from "node:path";
import {
  ConfigRequirements,
  type ConfigReadResponse,
  type ConfigRequirementsReadResponse,
} from "../../../../protocol/codex-0.169/app-server/config.ts";
import type { ConfigWriteResponse } from "../../../../protocol/codex-0.169/app-server/settings.ts";
import { keyPathOf } from "../../../../config/write.ts";
import { AgentError } from "../../../../protocol/errors.ts";
import type {
  ConfigEdit,
  ConfigLayer,
  RequirementFacts,
  Settings,
  WriteRefusal,
} from "../../../../protocol/settings.ts";
import { refused } from "../../request-error.ts";
import { wireConfig, wireSource } from "../../words/config-form.ts";
import { configOf } from "../../words/which-config.ts";
import type { Asked, Handlers } from "../handlers.ts";

type Methods =
  | "config/read"
  | "config/value/write"
  | "config/batchWrite"
  | "config/mcpServer/reload"
  | "configRequirements/read";

const codes: Record<WriteRefusal, string> = {
  version_conflict: "configVersionConflict",
  invalid: "configValidationError",
  read_only: "configLayerReadonly",
  not_found: "configPathNotFound",
};

/** A refusal to write, as clients tell it by. */
export function writeError(error: unknown): unknown {
  if (!(error instanceof AgentError) || error.code !== "config") return error;
  const reason = error.details["reason"] as WriteRefusal | undefined;
  if (reason === undefined) return error;
  return refused(error.message, { config_write_error_code: codes[reason] });
}

interface Wish {
  edits: readonly { keyPath: string; value: unknown; mergeStrategy: "replace" | "upsert" }[];
  expectedVersion: string | null;
  file: string | null;
}

async function write({ server }: Asked, { edits, expectedVersion, file }: Wish): Promise<ConfigWriteResponse> {
  try {
    const places = edits.map(({ keyPath, value, mergeStrategy }): ConfigEdit => ({
      path: keyPathOf(keyPath),
      value,
      merge: mergeStrategy,
    }));
    const written = await server.client.call("config/write", {
      ...configOf(server),
      edits: places,
      expectedVersion,
      file,
    });
    const { overridden } = written;
    return {
      status: overridden === null ? "ok" : "okOverridden",
      version: written.version,
      filePath: written.file,
      overriddenMetadata:
        overridden === null
          ? null
          : {
              message: `Overridden by ${placeText(overridden.layer)}`,
              overridingLayer: { name: wireSource(overridden.layer.source), version: overridden.layer.version },
              effectiveValue: overridden.value,
            },
    };
  } catch (error) {
    throw writeError(error);
  }
}

function placeText({ source }: ConfigLayer): string {
  if (source.type === "flags") return "session flags";
  return source.type === "project" ? `the project's ${source.folder}` : source.file;
}

export const config: Handlers<Methods> = {
  async "config/read"({ cwd, includeLayers }, { server }): Promise<ConfigReadResponse> {
    const view = await server.client.call("config/read", configOf(server, cwd));
    const metadata = view.layers.map(({ source, version }) => ({ name: wireSource(source), version }));
    return {
      config: wireConfig(view, server.switchedFeatures),
      origins: Object.fromEntries(Object.entries(view.origins).map(([key, place]) => [key, metadata[place]!])),
      ...((includeLayers === true && {
        layers: view.layers.map(({ settings, untrusted, source }, place) => ({
          ...metadata[place]!,
          config: settings,
          ...((untrusted && {
            disabledReason: untrustedReason(
              source.type === "project" ? source.folder : "",
              server.surroundings.codexHome,
            ),
          }) as { disabledReason: string }),
        })),
      }) as { layers: ConfigReadResponse["layers"] }),
    };
  },

  "config/value/write": ({ expectedVersion, filePath, ...edit }, asked) =>
    write(asked, { edits: [edit], expectedVersion: expectedVersion ?? null, file: filePath ?? null }),

  "config/batchWrite": ({ edits, expectedVersion, filePath }, asked) =>
    write(asked, { edits, expectedVersion: expectedVersion ?? null, file: filePath ?? null }),

  async "config/mcpServer/reload"(_params, { server }) {
    await server.client.call("mcp/reload", {});
    return {};
  },

  async "configRequirements/read"(_params, { server }): Promise<ConfigRequirementsReadResponse> {
    const { requirements } = await server.client.call("requirements/read", {});
    return {
      requirements: requirements === null ? null : wireRequirements(requirements),
      supportsIndependentSpeedModes: true,
    };
  },
};

const untrustedReason = (folder: string, codexHome: string): string =>
  `To load project-local config, hooks, and exec policies, add ${dirname(folder)} as a trusted project in ${codexHome}/config.toml.`;

type WireRequirements = NonNullable<ConfigRequirementsReadResponse["requirements"]>;

function wireRequirements(facts: RequirementFacts): WireRequirements {
  const profiles = facts.permissionProfiles;
  // Every key is there; those that this server enforces may be more than null.
  const none = ConfigRequirements.kind === "object" ? Object.keys(ConfigRequirements.fields) : [];
  const shown: Settings = {
    ...Object.fromEntries(none.map((key) => [key, null])),
    allowedSandboxModes: facts.sandboxModes,
    allowedApprovalPolicies: facts.approvalPolicies,
    allowedApprovalsReviewers: facts.approvalsReviewers,
    allowedWebSearchModes: facts.webSearchModes,
    allowedPermissionProfiles: profiles === null ? null : Object.fromEntries(profiles.map((id) => [id, true])),
    defaultPermissions: facts.defaultProfile,
    featureRequirements: Object.keys(facts.features).length === 0 ? null : facts.features,
    allowManagedHooksOnly: facts.managedHooksOnly ? true : null,
  };
  return shown as WireRequirements;
}
