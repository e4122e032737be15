import { dirname, join, resolve, sep } from "node:path";
import type { SkillAppearance, SkillNeed } from "../../protocol/settings.ts";
import { readHead } from "../read-text.ts";
import { parseSimpleYaml, type YamlValue } from "./simple-yaml.ts";

const maxSidecarBytes = 1 << 18;

export interface SkillSidecar {
  readonly shown: SkillAppearance | null;
  readonly needs: SkillNeed[];
  /** Of `metadata` in the front matter of its SKILL.md. */
  readonly shortDescription: string | null;
}

/** How a skill is to be shown and what it needs: its `agents/openai.yaml`, where it has one. Never throws. */
export function readSidecar(skillPath: string): SkillSidecar {
  const folder = dirname(skillPath);
  const sidecar = parseSimpleYaml(textOf(join(folder, "agents", "openai.yaml")));
  const shown = mapAt(sidecar, "interface");
  const tools = mapAt(sidecar, "dependencies")?.["tools"];
  const [, front = ""] = /^\ufeff?---[^\n]*\n(.*?)\n---/s.exec(textOf(skillPath)) ?? [];
  return {
    shown: shown === null ? null : appearanceOf(shown, folder),
    needs: Array.isArray(tools) ? tools.flatMap(needOf) : [],
    shortDescription: scalarAt(mapAt(parseSimpleYaml(front), "metadata"), "short-description"),
  };
}

function appearanceOf(shown: { [key: string]: YamlValue }, folder: string): SkillAppearance {
  const color = scalarAt(shown, "brand_color");
  return {
    displayName: scalarAt(shown, "display_name"),
    shortDescription: scalarAt(shown, "short_description"),
    iconSmall: iconAt(shown, "icon_small", folder),
    iconLarge: iconAt(shown, "icon_large", folder),
    brandColor: color !== null && /^#[0-9a-f]{6}$/i.test(color) ? color : null,
    defaultPrompt: scalarAt(shown, "default_prompt"),
  };
}

/** A skill brings its icons along: what lies elsewhere is none of its own. */
function iconAt(shown: { [key: string]: YamlValue }, key: string, folder: string): string | null {
  const icon = scalarAt(shown, key);
  if (icon === null) return null;
  const path = resolve(folder, icon);
  return path.startsWith(`${folder}${sep}`) ? path : null;
}

function needOf(tool: YamlValue): SkillNeed[] {
  if (typeof tool === "string" || Array.isArray(tool)) return [];
  const [type, value] = [scalarAt(tool, "type"), scalarAt(tool, "value")];
  if (type === null || value === null) return [];
  const [description, transport] = [scalarAt(tool, "description"), scalarAt(tool, "transport")];
  return [{ type, value, description, transport, command: scalarAt(tool, "command"), url: scalarAt(tool, "url") }];
}

function mapAt(map: { [key: string]: YamlValue }, key: string): { [key: string]: YamlValue } | null {
  const value = map[key];
  return typeof value === "object" && !Array.isArray(value) ? value : null;
}

function scalarAt(map: { [key: string]: YamlValue } | null, key: string): string | null {
  const value = map?.[key];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}

function textOf(file: string): string {
  try {
    return readHead(file, maxSidecarBytes)?.bytes.toString("utf8") ?? "";
  } catch {
    return "";
  }
}
