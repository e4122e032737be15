import { AgentError } from "../protocol/errors.ts";

/** A stretch of a text, in UTF-16 units. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** Codex's first words of every failure to read a configuration; what starts so is shown without a further `Error:`. */
const heading = "Error loading config.toml:";

/** A configuration that cannot be used; `reason` is a sentence without a final stop. */
export function configError(reason: string): AgentError {
  return new AgentError("config", `${heading} ${reason}`);
}

/** The same with file, line, column and the line itself with carets under `span`. Lines and columns count from 1. */
export function configErrorAt(file: string, text: string, span: Span, reason: string): AgentError {
  const lineStart = span.offset === 0 ? 0 : text.lastIndexOf("\n", span.offset - 1) + 1;
  const lineBreak = text.indexOf("\n", lineStart);
  const line = text.slice(lineStart, lineBreak === -1 ? text.length : lineBreak).replace(/\r$/, "");
  const before = text.slice(lineStart, span.offset);
  const row = text.slice(0, lineStart).split("\n").length;
  const column = [...before].length + 1;
  const carets = "^".repeat(Math.max(1, Math.min(span.length, line.length - before.length)));
  const gutter = " ".repeat(String(row).length);
  const excerpt = `${gutter} |\n${row} | ${line}\n${gutter} | ${" ".repeat(column - 1)}${carets}`;
  return new AgentError("config", `${heading}\n${file}:${row}:${column}: ${reason}\n${excerpt}`, {
    details: { file, line: row, column },
  });
}

/** How a failure before the first turn is shown on stderr. */
export function startupErrorText(error: AgentError): string {
  return error.message.startsWith("Error ") ? error.message : `Error: ${error.message}`;
}
