/** The user's words and images, and the paths that a caller names. */
import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { ValidationError } from "../errors.ts";

export interface Prompt {
  text: string;
  /** As given, in order. */
  images: readonly string[];
}

/** Throws {@link ValidationError}. */
export function readInput(input: unknown): Prompt {
  const prompt = typeof input === "string" ? { text: input, images: [] } : readParts(input);
  if (prompt.text.trim() === "") throw new ValidationError("input", "has no text");
  return prompt;
}

function readParts(input: unknown): Prompt {
  if (!Array.isArray(input)) throw new ValidationError("input", "must be a string or an array of parts");
  const texts: string[] = [];
  const images: string[] = [];
  for (const [index, part] of (input as unknown[]).entries()) {
    const path = `input[${index}]`;
    if (typeof part !== "object" || part === null) throw new ValidationError(path, "must be an object");
    const { type, text, path: image } = part as Record<string, unknown>;
    if (type === "text") texts.push(stringAt(text, `${path}.text`));
    else if (type === "local_image") images.push(stringAt(image, `${path}.path`));
    else throw new ValidationError(`${path}.type`, "must be text or local_image");
  }
  return { text: texts.join("\n\n"), images };
}

function stringAt(value: unknown, path: string): string {
  if (typeof value !== "string") throw new ValidationError(path, "must be a string");
  return value;
}

/**
 * The absolute path of a file that can be read. With `base`, the file has to lie in that directory, links resolved. Throws
 * {@link ValidationError}; `name` is what the message calls the value.
 */
export async function checkFilePath(path: string, options: { base?: string; name?: string } = {}): Promise<string> {
  const { base, name = "path" } = options;
  checkText(path, name);
  const absolute = resolve(base ?? ".", path);
  const facts = await existing(absolute, name);
  if (!facts.isFile()) throw new ValidationError(name, `is not a file: ${absolute}`);
  if (base !== undefined && !isInside(await realpath(base), await realpath(absolute)))
    throw new ValidationError(name, `leads out of ${base}: ${path}`);
  try {
    await access(absolute, constants.R_OK);
  } catch (error) {
    throw new ValidationError(name, `cannot be read: ${absolute}`, { cause: error });
  }
  return absolute;
}

/** Throws {@link ValidationError} where there is no such directory. */
export async function checkDirectory(path: string, name: string): Promise<void> {
  checkText(path, name);
  const facts = await existing(resolve(path), name);
  if (!facts.isDirectory()) throw new ValidationError(name, `is not a directory: ${path}`);
}

function checkText(path: string, name: string): void {
  if (path === "") throw new ValidationError(name, "is empty");
  if (path.includes("\0")) throw new ValidationError(name, "has a null byte");
}

async function existing(path: string, name: string): Promise<Awaited<ReturnType<typeof stat>>> {
  try {
    return await stat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ValidationError(
      name,
      code === "ENOENT" ? `does not exist: ${path}` : `cannot be read (${code}): ${path}`,
      {
        cause: error,
      },
    );
  }
}

function isInside(base: string, path: string): boolean {
  const way = relative(base, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
