import { delimiter, join, relative, resolve } from "node:path";
import { realRoots } from "../../policy/sandbox/walls.ts";
import type { JsonSchema } from "../../protocol/tool-spec.ts";
import { findProgram } from "../../system/find-program.ts";
import { nodeFiles } from "../../system/node-files.ts";
import { parseArguments } from "../arguments.ts";
import { judged, leadsTo, PlaceChanged, placeOf, placeProblem, type Place } from "../place.ts";
import { mistakenCall, notPositive, refusal, softError } from "../results.ts";
import type { Tool, ToolResult } from "../tool.ts";
import { includeFilter } from "./glob.ts";
import { searchWithRipgrep } from "./ripgrep.ts";
import { searchInWorker, type SearchReport } from "./search.ts";

interface GrepArguments {
  pattern: string;
  include?: string;
  path?: string;
  limit?: number;
}

const maxLimit = 2000;

const parameters: JsonSchema = {
  type: "object",
  properties: {
    include: { type: "string", description: "Glob of the files to look at, such as `*.ts` or `src/**/*.{js,ts}`." },
    limit: { type: "number", description: "How many paths to give at most; 100 when absent, 2000 at most." },
    path: {
      type: "string",
      description: "File or directory to search, absolute or from the working directory, which is taken when absent.",
    },
    pattern: { type: "string", description: "Regular expression, held against each line." },
  },
  required: ["pattern"],
  additionalProperties: false,
};

export interface GrepFilesOptions {
  /** Value of PATH in which `rg` is looked for; empty for the built-in search. */
  searchPath: string;
  /** Folders whose `rg` is not run: it runs outside of the walls. */
  untrusted?: readonly string[];
  /** Where credentials are: no search in a sandbox looks into them, although one above them may be searched. Default: it may. */
  except?: readonly string[];
  timeLimitMs?: number;
}

/** Finds the files in which a pattern occurs. */
export function createGrepFilesTool({
  searchPath,
  untrusted = [],
  except,
  timeLimitMs = 30_000,
}: GrepFilesOptions): Tool {
  return {
    name: "grep_files",
    spec: {
      type: "function",
      name: "grep_files",
      description:
        "List the files in which a line matches a pattern, newest first. Hidden, binary, ignored and very big files are left out.",
      strict: false,
      parameters,
    },
    parallel: true,
    prepare(input, context) {
      const { pattern, include, path = ".", limit = 100 } = parseArguments<GrepArguments>(input, parameters);
      if (pattern === "") return mistakenCall("`pattern` is empty.");
      if (pattern.includes("\0") || path.includes("\0"))
        return mistakenCall("`pattern` and `path` cannot hold a NUL character.");
      const mistake = notPositive({ limit });
      if (mistake !== null) return mistakenCall(mistake);
      if (include !== undefined && includeFilter(include) === null)
        return mistakenCall(`\`include\` is not a valid glob: ${include}`);
      const place = placeOf(resolve(context.cwd, path));
      const limits = { timeLimitMs, limit: Math.min(limit, maxLimit), signal: context.signal };
      return {
        effect: "none",
        action: { kind: "read", paths: [judged(place)] },
        refusal: refusal(place.path, "searched"),
        async run() {
          let root: string;
          try {
            root = leadsTo(place);
            if (nodeFiles.realPath(root) !== root) throw new PlaceChanged();
          } catch (error) {
            return softError(`cannot search \`${place.path}\`: ${placeProblem(error, place)}.`);
          }
          if (context.signal.aborted) return result({ type: "interrupted" }, timeLimitMs);
          const free = context.permissions.sandbox === "danger-full-access";
          const secrets = free || except === undefined ? null : realRoots(except, nodeFiles);
          const request = { root, except: secrets, pattern, include: include ?? null };
          const ripgrep = findProgram("rg", searchPath.split(delimiter), untrusted, nodeFiles);
          const report = await (ripgrep === null
            ? searchInWorker(request, limits)
            : searchWithRipgrep(ripgrep, request, limits));
          return result(asAskedFor(report, place), timeLimitMs);
        },
      };
    },
  };
}

/** Below the path that was asked for, whatever links lie on it. */
function asAskedFor(report: SearchReport, { path, real }: Place): SearchReport {
  if (report.type !== "found" || real === null || real === path) return report;
  return { ...report, paths: report.paths.map((found) => join(path, relative(real, found))) };
}

function result(report: SearchReport, timeLimitMs: number): ToolResult {
  switch (report.type) {
    case "found":
      return { output: report.paths.length === 0 ? "No matches found." : report.paths.join("\n"), ok: true };
    case "failed":
      return softError(`the search failed: ${report.message}`);
    case "timeout":
      return softError(
        `the search took longer than ${timeLimitMs / 1000} seconds and was ended; narrow \`path\` or \`include\`, or use a simpler \`pattern\`.`,
      );
    case "interrupted":
      return softError("the search was interrupted.");
  }
}
