import type { Ids } from "../system/ids.ts";
import type { FileSystem } from "../system/ports.ts";
import { joinPath } from "../system/paths.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The id of this installation, shared with Codex: made once per `$CODEX_HOME`; one for the moment where that cannot be
 * written. What a power cut spoils is made again.
 */
export function installationId(codexHome: string, files: FileSystem, ids: Ids): string {
  const path = joinPath(codexHome, "installation_id");
  try {
    const stored = files.readText(path).trim();
    if (uuid.test(stored)) return stored;
  } catch {
    // Not there yet.
  }
  const made = ids.uuid();
  try {
    files.makeDirectory(codexHome, 0o700);
    files.writeReplacing(path, made, 0o644);
  } catch {
    // A home that cannot be written has no id to keep.
  }
  return made;
}
