export interface SearchRequest {
  /** File or directory, absolute, without links. */
  root: string;
  /** Credentials are left out: what lies in these places (absolute, without links), and what policy knows of by itself. Null: they are not. */
  except: readonly string[] | null;
  /** Regular expression, held against each line. */
  pattern: string;
  /** Glob of the files to look at, well-formed; null for all. */
  include: string | null;
}

export type SearchReport =
  /** Files with a match, newest first. */
  | { type: "found"; paths: string[] }
  | { type: "failed"; message: string }
  | { type: "timeout" }
  | { type: "interrupted" };

export interface SearchLimits {
  timeLimitMs: number;
  /** Paths that are wanted at most. */
  limit: number;
  signal: AbortSignal;
}

/** Built, the worker is a file of its own beside the chunk that holds this module. */
const workerUrl = new URL(import.meta.url.endsWith(".ts") ? "./search-worker.ts" : "./grep-worker.js", import.meta.url);

/** The search without ripgrep. Ends its thread in time even in the middle of a regular expression. */
export async function searchInWorker(request: SearchRequest, limits: SearchLimits): Promise<SearchReport> {
  const { Worker } = await import("node:worker_threads");
  if (limits.signal.aborted) return { type: "interrupted" };
  return new Promise((resolve) => {
    const worker = new Worker(workerUrl, {
      workerData: request,
      // The thread needs nothing of the environment, and must not inherit flags meant for the main thread.
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 256 },
    });
    const finish = (report: SearchReport): void => {
      clearTimeout(timer);
      limits.signal.removeEventListener("abort", interrupted);
      resolve(report);
      void worker.terminate();
    };
    const interrupted = (): void => finish({ type: "interrupted" });
    const timer = setTimeout(() => finish({ type: "timeout" }), limits.timeLimitMs);
    limits.signal.addEventListener("abort", interrupted);
    worker.on("message", (report: SearchReport) =>
      finish(report.type === "found" ? { ...report, paths: report.paths.slice(0, limits.limit) } : report),
    );
    worker.on("error", (error) => finish({ type: "failed", message: (error as Error).message }));
    worker.on("exit", () => finish({ type: "failed", message: "the search ended without a result" }));
  });
}
