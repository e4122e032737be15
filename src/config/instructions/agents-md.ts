import { realpathSync } from "node:fs";
import { join } from "node:path";
import { directoriesDown, leadsOutOf } from "../project.ts";
import { errorCode, readHead } from "../read-text.ts";

export interface InstructionSources {
  readonly codexHome: string;
  /** Shown to the model as it is. */
  readonly cwd: string;
  readonly projectRoot: string | null;
  /** Budget of all project files together (`project_doc_max_bytes`); 0 leaves them out. */
  readonly maxBytes: number;
  /** What links of the project's files may not lead out of; null, the default: they may lead anywhere. */
  readonly linkLimit?: string | null;
  /** Names tried after `AGENTS.override.md` and `AGENTS.md`. */
  readonly fallbackNames: readonly string[];
}

export interface Instructions {
  /** The whole block as a model is shown it (CX-2); null when there are no instructions. */
  readonly text: string | null;
  /** What stands inside the block; null when there are no instructions. */
  readonly body: string | null;
  /** The directory that the block names; null when no project file went in. */
  readonly directory: string | null;
  /** The files that went in, in order. */
  readonly files: readonly string[];
  readonly warnings: readonly string[];
}

/** The user's own file is no project file and has no budget; this bounds memory only. */
const maxGlobalBytes = 1 << 20;
const fileNames = ["AGENTS.override.md", "AGENTS.md"];
const projectHeading = "--- project-doc ---";

/** Reads the chain anew: edits count from the next turn on. Whatever is unreadable is left out, with a warning where it helps. */
export function readInstructions(sources: InstructionSources): Instructions {
  const state: State = { files: [], realPaths: new Set(), warnings: [] };
  const global = readGlobal(sources.codexHome, state);
  const project = sources.maxBytes > 0 ? readProject(sources, state) : [];
  const parts =
    project.length > 0 && global !== null
      ? [global, projectHeading, ...project]
      : [...(global === null ? [] : [global]), ...project];
  if (parts.length === 0) return { text: null, body: null, directory: null, files: [], warnings: state.warnings };
  const body = parts.join("\n\n");
  const bytes = Buffer.byteLength(body);
  if (sources.maxBytes > 0 && bytes > sources.maxBytes) {
    state.warnings.push(
      `All instructions together take ${bytes} bytes, more than \`project_doc_max_bytes\` (${sources.maxBytes}), which holds for the project's files only.`,
    );
  }
  const place = project.length > 0 ? ` for ${sources.cwd}` : "";
  return {
    text: `# AGENTS.md instructions${place}\n\n<INSTRUCTIONS>\n${body}\n</INSTRUCTIONS>`,
    body,
    directory: project.length > 0 ? sources.cwd : null,
    files: state.files,
    warnings: state.warnings,
  };
}

interface State {
  readonly files: string[];
  /** Files that went in already: a link to one of them adds nothing. */
  readonly realPaths: Set<string>;
  readonly warnings: string[];
}

/** The first of the two that is not blank, trimmed. */
function readGlobal(codexHome: string, state: State): string | null {
  for (const name of fileNames) {
    const found = readNew(join(codexHome, name), maxGlobalBytes, state);
    const text = found?.bytes.toString("utf8").trim();
    if (!text) continue;
    state.files.push(found!.path);
    return text;
  }
  return null;
}

/** One file a directory. The first name that exists counts even when it is blank, so that an empty override hides the rest. */
function readProject(sources: InstructionSources, state: State): string[] {
  const names = [...fileNames, ...sources.fallbackNames];
  const texts: string[] = [];
  let left = sources.maxBytes;
  for (const directory of directoriesDown(sources.projectRoot, sources.cwd)) {
    for (const name of names) {
      const path = join(directory, name);
      if (leadsOutOf(sources.linkLimit, path)) {
        state.warnings.push(
          `Left out \`${path}\`: it is a link that leads out of the project, which is followed in trusted projects only.`,
        );
        continue;
      }
      const found = readNew(path, left, state);
      if (found === null) continue;
      if (left === 0 && found.size > 0) {
        state.warnings.push(
          `Left out \`${found.path}\` and what follows it: the ${sources.maxBytes} bytes for project instructions (\`project_doc_max_bytes\`) are used up.`,
        );
        return texts;
      }
      const text = cutText(found.bytes, found.size);
      left -= found.bytes.length;
      if (text.trim() === "") break;
      if (found.size > found.bytes.length) {
        state.warnings.push(
          `Read ${found.bytes.length} of the ${found.size} bytes of \`${found.path}\`: project instructions may take ${sources.maxBytes} bytes (\`project_doc_max_bytes\`).`,
        );
      }
      state.files.push(found.path);
      texts.push(text);
      break;
    }
  }
  return texts;
}

/** Decoded, invalid bytes replaced; a character that the cut went through is left out. */
function cutText(bytes: Buffer, size: number): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes, { stream: bytes.length < size });
}

interface Found {
  readonly path: string;
  readonly bytes: Buffer;
  readonly size: number;
}

function readNew(path: string, maxBytes: number, state: State): Found | null {
  try {
    const head = readHead(path, maxBytes);
    if (head === null) return null;
    const real = realpathSync(path);
    if (state.realPaths.has(real)) return null;
    state.realPaths.add(real);
    return { path, ...head };
  } catch (error) {
    state.warnings.push(`\`${path}\` cannot be read (${errorCode(error)}) and is left out.`);
    return null;
  }
}
