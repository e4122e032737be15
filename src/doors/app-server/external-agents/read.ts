import { readdirSync } from "node:fs";
import { join } from "node:path";
import { readHead } from "../../../config/read-text.ts";
import { messageOf } from "../../../protocol/errors.ts";
import { internalError, RequestError } from "../request-error.ts";
import { leadsOut, type Scope } from "./scope.ts";

export type Json = Record<string, unknown>;

/** What nobody wrote by hand is no setting. */
const mostBytes = 8 * 2 ** 20;

export const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const recordOf = (value: unknown): Json => (isRecord(value) ? value : {});

/** Null where no file is, or none that can be read as text. */
export function textOf(path: string): string | null {
  try {
    const head = readHead(path, mostBytes);
    return head === null || head.size > mostBytes ? null : head.bytes.toString("utf8");
  } catch {
    return null;
  }
}

/** The same of what the other agent has; null, too, where a link leads out of the repository. */
export const textIn = (scope: Scope, path: string): string | null => (leadsOut(scope, path) ? null : textOf(path));

/** Of a file of ours, empty where none is. @throws where it cannot be read: what is taken over would replace it. */
export function ownText(path: string): string {
  const head = readHead(path, mostBytes);
  if (head === null) return "";
  const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  if (head.size > mostBytes)
    throw new Error(
      `${path} has ${mebibytes(head.size)}; nothing is taken over into more than ${mebibytes(mostBytes)}`,
    );
  return head.bytes.toString("utf8");
}

/** Null where no file is. @throws RequestError for one that is no JSON object. */
export function jsonOf(path: string): Json | null {
  const text = textOf(path);
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RequestError(internalError, `${path} is not JSON: ${messageOf(error)}`);
  }
  if (!isRecord(value)) throw new RequestError(internalError, "external agent settings root must be an object");
  return value;
}

/** The same of what the other agent has; null, too, where a link leads out of the repository. */
export const jsonIn = (scope: Scope, path: string): Json | null => (leadsOut(scope, path) ? null : jsonOf(path));

/** `settings.json`, and `settings.local.json` over it. */
export function settingsOf(scope: Scope): Json {
  const shared = jsonIn(scope, join(scope.folder, "settings.json"));
  const local = jsonIn(scope, join(scope.folder, "settings.local.json"));
  return merged(shared ?? {}, local ?? {});
}

function merged(below: Json, above: Json): Json {
  const all: Json = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const before = Object.hasOwn(below, key) ? below[key] : undefined;
    all[key] = isRecord(before) && isRecord(value) ? merged(before, value) : value;
  }
  return all;
}

/** Names in a folder, sorted; links are left out. */
export function namesIn(path: string, kind: "file" | "directory"): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => (kind === "file" ? entry.isFile() : entry.isDirectory()))
      .map(({ name }) => name)
      .toSorted();
  } catch {
    return [];
  }
}
