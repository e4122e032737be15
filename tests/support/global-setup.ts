import { existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");
const parts = ["node_modules/@openai/codex/package.json", "node_modules/@openai/codex-sdk/package.json"];

/** A test that finds no real Codex to compare with would prove nothing: the run stops here instead. */
export default function setup(): void {
  const missing = parts.filter((part) => !existsSync(join(root, "tests", "oracle", part)));
  if (missing.length === 0) return;
  throw new Error(`The real Codex is not installed (tests/oracle: ${missing.join(", ")}); \`npm test\` installs it.`);
}
