import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { demoModel, effectiveWindow, findModel, stockCatalog, type ModelInfo } from "../../src/model/catalog.ts";
import { readCatalogFile } from "../../src/model/catalog-file.ts";
import { makeStage, oracle, run, type Stage } from "../support/run.ts";

let stage: Stage;
let real: string;
beforeAll(async () => {
  stage = await makeStage();
  real = (await run(oracle(), stage, ["debug", "models"])).stdout;
});
afterAll(() => stage.dispose());

function catalogOf(text: string): ReturnType<typeof readCatalogFile> {
  const file = join(stage.root, "catalog.json");
  writeFileSync(file, text);
  return readCatalogFile(file);
}

const entry = {
  slug: "mine",
  display_name: "Mine",
  supported_reasoning_levels: [{ effort: "low", description: "" }],
  shell_type: "unified_exec",
  visibility: "list",
  supported_in_api: true,
  priority: 1,
  support_verbosity: false,
  truncation_policy: { mode: "bytes", limit: 4000 },
  experimental_supported_tools: [],
};
const withEntry = (change: Record<string, unknown>): string => JSON.stringify({ models: [{ ...entry, ...change }] });

/** Without the texts, which are our own in the built-in catalog. */
function facts({ instructions: _i, description: _d, collaboration, ...info }: ModelInfo): Record<string, unknown> {
  return { ...info, tellsDefaultMode: collaboration.default !== null, outputTokens: null, displayName: null };
}

describe("the built-in catalog", () => {
  it("knows of each stock model what the real Codex knows, in its order", () => {
    expect(stockCatalog.models.map(facts)).toEqual(catalogOf(real).models.map(facts));
  });

  it.each([
    ["gpt-5.5", "gpt-5.5"],
    ["gpt-5.5-2026-01-01", "gpt-5.5"],
    ["gpt-6.1-sol-x", "gpt-6.1-sol"],
    ["custom/gpt-5.5", "gpt-5.5"],
    ["a/b/gpt-5.5", null],
    ["gpt-5.4", null],
    ["my-gpt-5.5", null],
    ["__proto__", null],
  ])("finds %s by the longest name that it begins with, as Codex does", (asked, meant) => {
    const { name, known, ...found } = findModel(asked);
    expect([name, known]).toEqual([asked, meant !== null]);
    if (meant !== null) expect({ ...found, name: meant, known }).toEqual(findModel(meant));
    else expect(found.contextWindow).toBe(272_000);
  });

  it("fills 95 percent of a window unless the catalog says otherwise", () => {
    expect(effectiveWindow(272_000)).toBe(258_400);
    expect(effectiveWindow(1000, 50)).toBe(500);
  });
});

describe("a catalog of one's own", () => {
  it("takes the place of the built-in one, whatever it leaves out guessed", () => {
    const catalog = catalogOf(withEntry({ context_window: 1000, apply_patch_tool_type: "freeform" }));
    expect(catalog.find("gpt-5.5").known).toBe(false);
    expect(catalog.find(demoModel).known).toBe(true);
    expect(catalog.find("mine-2")).toMatchObject({
      known: true,
      contextWindow: 1000,
      efforts: ["low"],
      tools: ["exec_command", "write_stdin", "request_user_input", "apply_patch", "view_image"],
      outputTokens: 1000,
      instructions: null,
    });
    expect(catalogOf(withEntry({ shell_type: "shell_command" })).find("mine").tools[0]).toBe("shell_command");
    expect(catalogOf(withEntry({ input_modalities: ["text"] })).find("mine")).toMatchObject({ imageDetail: null });
  });

  it("brings its own base prompt and words about modes", () => {
    const model_messages = {
      instructions_template: "T {{ personality }}",
      instructions_variables: { personality_default: "D", personality_friendly: "F" },
      collaboration_modes: { default: "go", plan: "think" },
    };
    expect(catalogOf(withEntry({ base_instructions: "B", model_messages })).find("mine")).toMatchObject({
      instructions: "T {{ personality }}",
      personalities: { default: "D", friendly: "F" },
      collaboration: { default: { text: "go" }, plan: "think" },
    });
    expect(catalogOf(withEntry({ base_instructions: "B" })).find("mine").instructions).toBe("B");
  });

  it.each([
    ["", "is not valid JSON"],
    ['{\n  "models": [{"a":1 "b":2}]\n}', "is not valid JSON at line 2, column 21"],
    ["[]", "is not a JSON object"],
    ["{}", "lacks `models`"],
    ['{"models":[]}', "holds no model"],
    ['{"models":[3]}', "has no object at `models[0]`"],
    [withEntry({ slug: undefined }), "lacks `models[0].slug`"],
    [withEntry({ context_window: "big" }), "needs a whole number at `models[0].context_window`"],
    [withEntry({ context_window: 0 }), "`models[0].context_window`"],
    [withEntry({ shell_type: "magic" }), "`models[0].shell_type`"],
    [withEntry({ supported_reasoning_levels: [1] }), "`models[0].supported_reasoning_levels[0]`"],
    [withEntry({ model_messages: { instructions_template: 1 } }), "`models[0].model_messages.instructions_template`"],
  ])("says where %j is wrong", (text, said) => {
    expect(() => catalogOf(text)).toThrow(said);
  });

  it("says that a file is missing", () => {
    expect(() => readCatalogFile("/no/such.json")).toThrow("/no/such.json, cannot be read (ENOENT)");
  });
});
