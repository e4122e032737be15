import type { Config } from "../config/config.ts";
import { isTable } from "../config/toml/toml-values.ts";
import type { ModelInfo } from "../model/catalog.ts";
import { codexVersion } from "../protocol/codex-0.169/version.ts";
import { AgentError } from "../protocol/errors.ts";
import type { HostedSpec } from "../protocol/tool-spec.ts";
import type { System } from "../system/ports.ts";
import { joinPath } from "../system/paths.ts";
import { interceptPatch } from "../tools/apply-patch/intercept.ts";
import { createRequestUserInput } from "../tools/asking/request-user-input.ts";
import { requestUserInputAsyncTool } from "../tools/asking/request-user-input-async.ts";
import { applyPatchTool, prepareIntercepted } from "../tools/apply-patch/tool.ts";
import type { EnvironmentPolicy } from "../tools/exec/environment.ts";
import { createExecTools, type ExecTools } from "../tools/exec/create-exec-tools.ts";
import { createGrepFilesTool } from "../tools/grep-files/grep-files.ts";
import { listDirTool } from "../tools/list-dir.ts";
import { readFileTool } from "../tools/read-file/read-file.ts";
import { ToolRegistry, visibleTools } from "../tools/registry.ts";
import type { Tool } from "../tools/tool.ts";
import { updatePlanTool } from "../tools/update-plan.ts";
import { viewImageTool } from "../tools/view-image.ts";
import { secretPlaces, untrustedFolders } from "./walls/command-walls.ts";
import type { ThreadPart } from "./parts/part.ts";
import { inShownOrder } from "./tool-order.ts";
import { userShell } from "./user-shell.ts";

export interface ThreadTools {
  readonly registry: ToolRegistry;
  readonly exec: ExecTools;
  /** What the model is shown, in order; read anew for every request. */
  visible(): (Tool | HostedSpec)[];
  /** Shows what this configuration and model ask for from now on. */
  choose(config: Config, model: ModelInfo): void;
}

/** The tools of one thread: the built-in ones, and those of its parts. */
export function createThreadTools(
  config: Config,
  model: ModelInfo,
  system: System,
  parts: () => readonly ThreadPart[],
): ThreadTools {
  const { variables } = system.environment;
  const exec = createExecTools({
    baseEnvironment: config.environment,
    environmentPolicy: environmentPolicy(config),
    foreignVariables: hasForeignVariables(config),
    secretNames: [...config.secretNames],
    codexVersion,
    codexHome: config.homes.codex,
    snapshotDirectory: joinPath(config.homes.runtime, "cache"),
    allowLogin: config.allowLoginShell,
    longestWaitMs: config.backgroundTerminalMaxMs,
    shell: userShell(system),
    onEnd(command) {
      for (const part of parts()) part.commandEnded?.(command);
    },
    intercept: (commandLine, context) => {
      const patch = interceptPatch(commandLine);
      return patch === null ? null : prepareIntercepted(patch, context.cwd, context);
    },
  });
  const registry = new ToolRegistry();
  const builtIn = [
    ...exec.tools,
    applyPatchTool,
    updatePlanTool,
    viewImageTool,
    readFileTool,
    listDirTool,
    createRequestUserInput({ inDefaultMode: config.features["default_mode_request_user_input"] === true }),
    requestUserInputAsyncTool,
    createGrepFilesTool({
      searchPath: variables["PATH"] ?? "",
      untrusted: untrustedFolders(config, system),
      except: secretPlaces(config),
    }),
  ];
  for (const tool of builtIn) registry.register(tool);
  const known = new Set(builtIn.map((tool) => tool.name));
  let names = toolNames(config, model, known);
  let search = webSearch(config, model);
  return {
    registry,
    exec,
    choose(nextConfig, nextModel) {
      names = toolNames(nextConfig, nextModel, known);
      search = webSearch(nextConfig, nextModel);
    },
    visible() {
      const offered = parts().flatMap((part) => part.tools?.() ?? []);
      const all = inShownOrder([...visibleTools(registry, names), ...offered, ...(search === null ? [] : [search])]);
      return parts().reduce((tools, part) => [...(part.arrange?.(tools) ?? tools)], all);
    },
  };
}

function hasForeignVariables({ origins }: Config): boolean {
  for (const [key, { kind }] of origins)
    if (kind === "project" && key.startsWith("shell_environment_policy.")) return true;
  return false;
}

/** In the modes that have walls, variables with names of secrets stay outside of them, unless the user says otherwise. */
export function environmentPolicy({ shellEnvironment, permissions }: Config): EnvironmentPolicy {
  const walled = permissions.mode !== undefined && permissions.mode !== "full";
  return { ...shellEnvironment, ignoreDefaultExcludes: shellEnvironment.ignoreDefaultExcludes ?? !walled };
}

/** The catalog's choice, then what the configuration adds and takes away. */
function toolNames(config: Config, model: ModelInfo, known: ReadonlySet<string>): string[] {
  const choice = isTable(config.codexAgent["tools"]) ? config.codexAgent["tools"] : {};
  const listed = (key: string): string[] => {
    const value = choice[key];
    if (value === undefined) return [];
    const names = Array.isArray(value) ? value.map(String) : [String(value)];
    const unknown = names.find((name) => !known.has(name));
    if (unknown === undefined) return names;
    const all = [...known].join(", ");
    throw new AgentError(
      "config",
      `codex_agent.tools.${key} names \`${unknown}\`, which is no tool; there are: ${all}`,
    );
  };
  const plan = config.updatePlanEnabled === true ? ["update_plan"] : [];
  const hidden = new Set([...listed("disable"), ...(config.updatePlanEnabled === false ? ["update_plan"] : [])]);
  const names = new Set([...model.tools, ...plan, ...listed("enable")]);
  return [...names].filter((name) => !hidden.has(name));
}

function webSearch(config: Config, model: ModelInfo): HostedSpec | null {
  if (config.webSearch === "disabled" || !model.hostedWebSearch) return null;
  return {
    type: "web_search",
    external_web_access: config.webSearch === "live",
    ...(model.webSearchContent !== null && { search_content_types: model.webSearchContent }),
  };
}
