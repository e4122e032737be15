/** Colours of what is shown, and text that may not have any. */
import type { Writable } from "node:stream";

/** `on` and `true` are vivid, `none` and `false` off. */
export type ColourChoice = "auto" | "off" | "soft" | "vivid" | "on" | "true" | "false" | "none" | boolean;
export type Palette = "off" | "soft" | "vivid";

/** What a line is. */
export type Tone = "assistant" | "thinking" | "tool" | "output" | "summary" | "error" | "warning" | "system";

const codes: Record<Exclude<Palette, "off">, Partial<Record<Tone, string>>> = {
  soft: { thinking: "2", tool: "36", output: "2", summary: "2", error: "31", warning: "33", system: "2" },
  vivid: {
    assistant: "1;32",
    thinking: "35",
    tool: "1;36",
    output: "2",
    summary: "1;34",
    error: "1;31",
    warning: "1;33",
    system: "34",
  },
};

export function paletteOf(
  choice: ColourChoice,
  stream: Writable | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Palette {
  if (choice === "soft" || choice === "vivid") return choice;
  if (choice === "on" || choice === "true" || choice === true) return "vivid";
  if (choice !== "auto") return "off";
  if (env["NO_COLOR"]) return "off";
  if (env["CLICOLOR_FORCE"] === "1") return "soft";
  try {
    return (stream as { isTTY?: boolean } | undefined)?.isTTY === true ? "soft" : "off";
  } catch {
    return "off";
  }
}

export function coloured(text: string, tone: Tone, palette: Palette): string {
  const code = palette === "off" ? undefined : codes[palette][tone];
  if (code === undefined || text === "") return text;
  // A colour ends with its line: what comes after a broken one is not coloured as well.
  return text
    .split("\n")
    .map((line) => (line === "" ? line : `\u001b[${code}m${line}\u001b[0m`))
    .join("\n");
}

const sequences =
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[PX^_][^\u001b]*(?:\u001b\\)?|[@-Z\\-_])/g;
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** What a model or a program wrote, without what would steer a terminal. */
export function neutral(text: string): string {
  return text.replaceAll(sequences, "").replaceAll("\r\n", "\n").replaceAll(controls, "");
}
