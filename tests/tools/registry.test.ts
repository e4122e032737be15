import { expect, test } from "vitest";
import { listDirTool } from "../../src/tools/list-dir.ts";
import { ToolRegistry, visibleTools } from "../../src/tools/registry.ts";
import { updatePlanTool } from "../../src/tools/update-plan.ts";
import { viewImageTool } from "../../src/tools/view-image.ts";

test("a tool of the same name takes the place of the first", () => {
  const registry = new ToolRegistry();
  registry.register(listDirTool);
  registry.register(updatePlanTool);
  const other = { ...listDirTool, parallel: false };
  registry.register(other);
  expect(registry.get("list_dir")).toBe(other);
  expect(registry.list()).toEqual([other, updatePlanTool]);
  expect(registry.get("none")).toBeUndefined();
});

test("the model is shown what is named, in the order of the names", () => {
  const registry = new ToolRegistry();
  for (const tool of [listDirTool, updatePlanTool, viewImageTool]) registry.register(tool);
  expect(visibleTools(registry, ["view_image", "none", "list_dir", "view_image"])).toEqual([
    viewImageTool,
    listDirTool,
  ]);
});
