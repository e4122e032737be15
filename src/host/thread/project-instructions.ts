import type { Config } from "../../config/config.ts";
import { readInstructions, type Instructions } from "../../config/instructions/agents-md.ts";
import { linkLimit } from "../../config/project.ts";

/** The AGENTS.md files that count for a configuration, as they are now. */
export const projectInstructions = (config: Config): Instructions =>
  readInstructions({
    linkLimit: linkLimit(config),
    codexHome: config.homes.codex,
    cwd: config.cwd,
    projectRoot: config.projectRoot,
    maxBytes: config.projectDocs.maxBytes,
    fallbackNames: config.projectDocs.fallbackNames,
  });
