import type { Tool } from "./tool.ts";

/** The tools of one host, by name. */
export class ToolRegistry {
  readonly #tools = new Map<string, Tool>();

  /** A tool of the same name is replaced and keeps its place. */
  register(tool: Tool): void {
    this.#tools.set(tool.name, tool);
  }

  get(name: string): Tool | undefined {
    return this.#tools.get(name);
  }

  list(): Tool[] {
    return [...this.#tools.values()];
  }
}

/** The tools that a model is shown, in the order of the names; names that nobody registered are passed over. */
export function visibleTools(registry: ToolRegistry, names: readonly string[]): Tool[] {
  const tools: Tool[] = [];
  for (const name of new Set(names)) {
    const tool = registry.get(name);
    if (tool !== undefined) tools.push(tool);
  }
  return tools;
}
