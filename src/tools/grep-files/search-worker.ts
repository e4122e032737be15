import { parentPort, workerData } from "node:worker_threads";
import { includeFilter } from "./glob.ts";
import type { SearchRequest, SearchReport } from "./search.ts";
import { isSearched, relativeTo } from "./search-paths.ts";
import { filesBelow, lineExpression, matchFile, type FoundFile } from "./walk.ts";

/** Runs in a thread of its own, so that neither a big tree nor a slow expression holds up anything else; the parent ends it. */
function search({ root, except, pattern, include }: SearchRequest): SearchReport {
  const expression = lineExpression(pattern);
  const wanted = include === null ? () => true : includeFilter(include)!;
  const mayRead = (real: string): boolean => isSearched(real, { root, except });
  const found: FoundFile[] = [];
  for (const path of filesBelow(root)) {
    if (!wanted(relativeTo(root, path))) continue;
    const file = matchFile(path, expression, mayRead);
    if (file !== null) found.push(file);
  }
  found.sort((a, b) => b.modifiedMs - a.modifiedMs || (a.path < b.path ? -1 : 1));
  return { type: "found", paths: found.map(({ path }) => path) };
}

try {
  parentPort!.postMessage(search(workerData as SearchRequest));
} catch (error) {
  const message = error instanceof SyntaxError ? `invalid \`pattern\`: ${error.message}` : (error as Error).message;
  parentPort!.postMessage({ type: "failed", message } satisfies SearchReport);
}
