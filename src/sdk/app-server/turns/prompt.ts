/** What is said to the model, in the words of `turn/start`. */
import { resolve } from "node:path";
import { ValidationError } from "../../errors.ts";

export type PromptPart =
  | { type: "text"; text: string; text_elements?: unknown[] }
  | { type: "image"; url: string; detail?: string | null }
  | { type: "localImage"; path: string; detail?: string | null }
  | { type: "skill"; name: string; path: string }
  | { type: "mention"; name: string; path: string };

/** A text, or parts in their order. */
export type Prompt = string | readonly PromptPart[];

const fields: Record<PromptPart["type"], readonly string[]> = {
  text: ["text"],
  image: ["url"],
  localImage: ["path"],
  skill: ["name", "path"],
  mention: ["name", "path"],
};

/** Throws {@link ValidationError} for what the server would refuse, or pass over. */
export function readPrompt(prompt: unknown): object[] {
  if (typeof prompt === "string") return [textPart({ text: nonEmpty(prompt, "prompt") })];
  if (!Array.isArray(prompt) || prompt.length === 0)
    throw new ValidationError("prompt", "must be a string, or an array of parts that is not empty");
  return prompt.map((part: unknown, index) => readPart(part, `prompt[${index}]`));
}

function readPart(part: unknown, path: string): object {
  const { type, ...rest } = (typeof part === "object" && part !== null ? part : {}) as Record<string, unknown>;
  if (typeof type !== "string" || !Object.hasOwn(fields, type))
    throw new ValidationError(`${path}.type`, `must be one of ${Object.keys(fields).join(", ")}`);
  const kind = type as PromptPart["type"];
  for (const field of fields[kind]) nonEmpty(rest[field], `${path}.${field}`);
  if (kind === "localImage") return { ...rest, type, path: resolve(rest["path"] as string) };
  return kind === "text" ? textPart(rest) : { ...rest, type };
}

const textPart = (part: Record<string, unknown>): object => ({ text_elements: [], ...part, type: "text" });

function nonEmpty(value: unknown, path: string): string {
  if (typeof value !== "string" || value.trim() === "")
    throw new ValidationError(path, "must be a string that is not empty");
  return value;
}
