import type { FileChange } from "../../protocol/items.ts";
import type { TrialHost, TrialReport } from "../../protocol/trial.ts";
import { joinPath } from "../../system/paths.ts";
import type { Content, RootedFolder } from "../../system/ports.ts";
import { unifiedDiff } from "../../tools/apply-patch/unified-diff.ts";
import type { Carrying } from "./carry-over.ts";
import type { Step, Steps } from "./steps.ts";
import { byPath } from "./written.ts";

/** Of a file, before it is read to be shown. */
const mostShownBytes = 2 ** 20;
/** Of all together: they are held in memory while they are carried over. */
const mostBytes = 2 ** 28;

const why: Readonly<Record<string, (paths: string) => string>> = {
  special: (paths) => `sockets, pipes and devices are left out: ${paths}`,
  "hard link": (paths) => `files with several names become files of their own: ${paths}`,
  attributes: (paths) => `extended attributes are left out: ${paths}`,
  unreadable: (paths) => `what cannot be read stays as it is: ${paths}`,
  rights: (paths) => `the rights of folders stay as they are: ${paths}`,
  "special rights": (paths) => `setuid, setgid and sticky bits are left out: ${paths}`,
};

/** What carrying it over would change, in words and diffs. */
export function reportOf(
  all: readonly (Carrying & Steps)[],
  hosts: readonly TrialHost[],
  notes: readonly string[],
): TrialReport {
  const changes = all.flatMap(({ from, real, steps }) => steps.flatMap((step) => changeOf(step, from, real, steps)));
  const bytes = all
    .flatMap(({ steps }) => steps)
    .reduce((sum, step) => sum + (step.type === "put" ? step.bytes : 0), 0);
  return {
    changes: changes.sort(byPath),
    folders: all
      .flatMap(({ real, steps }) =>
        steps.flatMap((step): TrialReport["folders"] => {
          const path = joinPath(real.root, step.path);
          if (step.type === "removeFolder") return [{ path, action: "remove" }];
          const filled = steps.some((other) => other.path.startsWith(`${step.path}/`));
          return step.type === "makeFolder" && !filled ? [{ path, action: "make" }] : [];
        }),
      )
      .sort(byPath),
    hosts: [...hosts],
    conflicts: all.flatMap(({ real, touched }) =>
      touched.map((path) => ({
        path: joinPath(real.root, path),
        why: "somebody else changed it while the command ran",
      })),
    ),
    notes: [
      ...all.flatMap(({ real, left }) => [...left].map(([kind, paths]) => why[kind]!(listed(real.root, paths)))),
      ...notes,
    ],
    refusal:
      bytes > mostBytes
        ? `it wrote ${Math.round(bytes / 2 ** 20)} MiB, and a trial carries over at most ${mostBytes / 2 ** 20} MiB`
        : null,
  };
}

function listed(root: string, paths: readonly string[]): string {
  const shown = paths.slice(0, 5).map((path) => joinPath(root, path));
  return paths.length > shown.length ? `${shown.join(", ")} and ${paths.length - shown.length} more` : shown.join(", ");
}

function changeOf(step: Step, from: RootedFolder, real: RootedFolder, steps: readonly Step[]): FileChange[] {
  const path = joinPath(real.root, step.path);
  if (step.type === "remove") {
    // What comes in its place says it.
    if (steps.some((other) => other.type === "put" && other.path === step.path)) return [];
    return [{ path, kind: "delete", diff: textOf(real, step.path) }];
  }
  if (step.type !== "put") return [];
  if (step.expected === null) return [{ path, kind: "add", diff: textOf(from, step.path) }];
  const [before, after] = [plainText(real, step.path), plainText(from, step.path)];
  const was = real.look(step.path)?.mode ?? 0;
  const link = from.look(step.path)?.kind === "link" || real.look(step.path)?.kind === "link";
  const rights =
    link || (was & 0o777) === step.mode ? "" : `rights: ${octal(was & 0o777)} before, ${octal(step.mode)} after\n`;
  const diff =
    before !== null && after !== null && !link
      ? unifiedDiff(before, after)
      : real.fingerprint(step.path)?.split(" ")[1] === from.fingerprint(step.path)?.split(" ")[1]
        ? ""
        : `before: ${textOf(real, step.path)}after: ${textOf(from, step.path)}`;
  return [{ path, kind: "update", diff: rights + diff }];
}

const octal = (mode: number): string => mode.toString(8).padStart(3, "0");

/** The text of a file; of everything else a line about it. */
function textOf(folder: RootedFolder, path: string): string {
  const entry = folder.look(path);
  if (entry?.kind === "link") {
    const content = folder.read(path);
    return `a link to ${content?.type === "link" ? Buffer.from(content.target).toString("utf8") : "?"}\n`;
  }
  return plainText(folder, path) ?? `${entry?.size ?? 0} bytes that are no text, or too many to be shown\n`;
}

function plainText(folder: RootedFolder, path: string): string | null {
  const entry = folder.look(path);
  if (entry?.kind !== "file" || entry.size > mostShownBytes) return null;
  const content: Content | null = folder.read(path);
  if (content?.type !== "file") return null;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(content.bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null;
  }
}
