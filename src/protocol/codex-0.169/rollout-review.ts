import type { EnteredReview, ExitedReview } from "../items.ts";
import type { ReviewFinding, ReviewReport, ReviewTarget } from "../review.ts";
import { arrayOf, isObject, type JsonObject, numberOr, objectOr, stringOr } from "./rollout.ts";

/** What rollouts and reviewers say of reviews; a reviewer's last message is the same JSON as a rollout's `review_output`. */

export const enteredOut = (item: EnteredReview): JsonObject => ({
  type: "EnteredReviewMode",
  id: item.id,
  target: item.target,
  user_facing_hint: item.label,
});

export function enteredIn(id: string, item: JsonObject): EnteredReview {
  return {
    type: "enteredReviewMode",
    id,
    label: stringOr(item["user_facing_hint"]) ?? "",
    target: targetIn(objectOr(item["target"])),
  };
}

function targetIn(target: JsonObject | null): ReviewTarget {
  switch (target?.["type"]) {
    case "baseBranch":
      return { type: "baseBranch", branch: stringOr(target["branch"]) ?? "" };
    case "commit":
      return { type: "commit", sha: stringOr(target["sha"]) ?? "", title: stringOr(target["title"]) };
    case "custom":
      return { type: "custom", instructions: stringOr(target["instructions"]) ?? "" };
    default:
      return { type: "uncommittedChanges" };
  }
}

export const exitedOut = (item: ExitedReview): JsonObject => ({
  type: "ExitedReviewMode",
  id: item.id,
  review_output: item.report && reportOut(item.report),
});

export function exitedIn(id: string, item: JsonObject): ExitedReview {
  const output = objectOr(item["review_output"]);
  const report = output && reportIn(output);
  return { type: "exitedReviewMode", id, report, text: report === null ? "" : reviewText(report) };
}

const reportOut = (report: ReviewReport): JsonObject => ({
  findings: report.findings.map((finding) => ({
    title: finding.title,
    body: finding.body,
    confidence_score: finding.confidence ?? 0,
    priority: finding.priority ?? 0,
    code_location: {
      absolute_file_path: finding.path,
      line_range: { start: finding.startLine, end: finding.endLine },
    },
  })),
  overall_correctness: report.correctness,
  overall_explanation: report.explanation,
  overall_confidence_score: report.confidence ?? 0,
});

export function reportIn(output: JsonObject): ReviewReport {
  return {
    findings: arrayOf(output["findings"]).flatMap(findingIn),
    correctness: stringOr(output["overall_correctness"]) ?? "",
    explanation: stringOr(output["overall_explanation"]) ?? "",
    confidence: numberOr(output["overall_confidence_score"]),
  };
}

function findingIn(value: unknown): ReviewFinding[] {
  if (!isObject(value)) return [];
  const place = objectOr(value["code_location"]);
  const range = objectOr(place?.["line_range"]);
  return [
    {
      title: stringOr(value["title"]) ?? "",
      body: stringOr(value["body"]) ?? "",
      confidence: numberOr(value["confidence_score"]),
      priority: numberOr(value["priority"]),
      path: stringOr(place?.["absolute_file_path"]) ?? "",
      startLine: numberOr(range?.["start"]) ?? 0,
      endLine: numberOr(range?.["end"]) ?? 0,
    },
  ];
}

/**
 * What a reviewer said: its JSON, also with other words around it. What is none stands as it is, for an explanation
 * without findings.
 */
export function reportOf(reply: string): ReviewReport {
  const from = reply.indexOf("{");
  const to = reply.lastIndexOf("}");
  for (const text of [reply, from < to ? reply.slice(from, to + 1) : ""]) {
    try {
      const parsed: unknown = JSON.parse(text);
      if (isObject(parsed) && ("findings" in parsed || "overall_explanation" in parsed)) return reportIn(parsed);
    } catch {
      // Not this one.
    }
  }
  return { findings: [], correctness: "", explanation: reply, confidence: null };
}

/** A report as people read it, in Codex's form. */
export function reviewText({ explanation, findings }: ReviewReport): string {
  const head = explanation.trim();
  if (findings.length === 0) return head;
  const list = findings.map(({ title, body, path, startLine, endLine }) => {
    const lines = body.split("\n").map((line) => `  ${line}`);
    return [`- ${title} — ${path}:${startLine}-${endLine}`, ...lines].join("\n");
  });
  const heading = findings.length === 1 ? "Review comment:" : "Full review comments:";
  return [head, heading, ...list].filter((part) => part !== "").join("\n\n");
}
