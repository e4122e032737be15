import { pathOfBytes, pathsOfList } from "../../system/byte-paths.ts";
import type { DiffFile, DiffReport } from "../../protocol/rewind.ts";
import { emptyFolder, type History, type State } from "./changes.ts";
import { loadForRevert } from "./revert-chat.ts";
import { type RewindPlace, turnsKept } from "./rewind-thread.ts";
import type { ShadowGit } from "./shadow-git.ts";
import { changesOfTurns } from "./turn-files.ts";

/** What a thread changed in files, or one turn of it: a number from 1 on, or an id. */
export async function diffThread(
  place: RewindPlace,
  { threadId, turn }: { threadId: string; turn: number | string | null },
): Promise<DiffReport> {
  const loaded = loadForRevert(place.system, place.codexHome, threadId);
  const all = loaded.thread.turns.map((each, at) => ({ turn: each, number: at + 1 }));
  const chosen = turn === null ? all : all.slice(turnsKept(loaded.thread.turns, turn) - 1).slice(0, 1);
  const { folders, gaps, notes } = await changesOfTurns(place.system, place.runtimeHome, threadId, chosen);
  const files: DiffFile[] = [];
  let diff = "";
  for (const { git, histories } of folders) {
    const told = await diffOf(git, histories);
    files.push(...told.files);
    diff += told.diff;
  }
  const turnId = turn === null ? null : (chosen[0]?.turn.id ?? null);
  const unsure = folders.some((each) => each.histories.some((history) => history.unsure));
  const cutOff = unsure
    ? [
        "a turn was cut off, or has only just ended: what was changed until the next look at its folder counts as its own",
      ]
    : [];
  return { threadId, turnId, files, diff, notes: [...gaps, ...notes, ...cutOff] };
}

async function diffOf(git: ShadowGit, histories: readonly History[]): Promise<{ files: DiffFile[]; diff: string }> {
  const tree = (state: (history: History) => State): Promise<string> =>
    git.writeTree(
      histories.flatMap((history) => {
        const held = state(history);
        if (held === null || held === emptyFolder) return [];
        return [{ path: history.path, mode: held.slice(0, 6), oid: held.slice(7) }];
      }),
    );
  const before = await tree((history) => history.before);
  const after = await tree((history) => history.after);
  if (before === after) return { files: [], diff: "" };
  const plain = ["--no-ext-diff", "--no-textconv", "--no-color", "--no-renames"];
  const counts = pathsOfList(await git.run(["diff-tree", "-r", "-z", "--numstat", ...plain, before, after]));
  const diff = await git.run(["diff-tree", "-r", "-p", "--src-prefix=a/", "--dst-prefix=b/", ...plain, before, after]);
  const states = new Map(histories.map((history) => [history.path, history]));
  const files = counts.map((line): DiffFile => {
    const [added, removed, ...path] = line.split("\t");
    const name = path.join("\t");
    const history = states.get(name);
    const status = history?.before === null ? "added" : history?.after === null ? "deleted" : "changed";
    return { folder: git.folder, path: name, status, added: number(added), removed: number(removed) };
  });
  return { files, diff: pathOfBytes(diff) };
}

const number = (text: string | undefined): number | null => (text === undefined || text === "-" ? null : Number(text));
