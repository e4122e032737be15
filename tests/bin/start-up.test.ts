import { spawn, spawnSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeBundle } from "../../scripts/bundle.ts";
import { takeBuiltins } from "../../scripts/builtin-imports.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "codex-agent-start-up-"));
/** The product as it is packed, of the sources as they are now. */
const product = join(folder, "product");

beforeAll(async () => {
  mkdirSync(join(product, "dist"), { recursive: true });
  cpSync(join(root, "bin"), join(product, "bin"), { recursive: true });
  cpSync(join(root, "package.json"), join(product, "package.json"));
  symlinkSync(join(root, "node_modules"), join(product, "node_modules"));
  await writeBundle(join(product, "dist"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command line of the product and returns which of Node's own modules it loaded. */
function modulesOf(...args: string[]): string[] {
  const list = join(folder, "modules.json");
  const hook = join(folder, "hook.cjs");
  const write = `require("node:fs").writeFileSync(${JSON.stringify(list)}, JSON.stringify(process.moduleLoadList))`;
  writeFileSync(hook, `process.on("exit", () => ${write});\n`);
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--require", hook, join(product, "bin", "entry.mjs"), ...args],
    {
      cwd: folder,
      env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: folder },
      encoding: "utf8",
      input: "",
    },
  );
  expect(status, stderr).toBe(0);
  return JSON.parse(readFileSync(list, "utf8")) as string[];
}

test("no file of the product imports a module of Node as one that it has to export", () => {
  const files = globSync(["dist/*.js", "bin/entry.mjs"], { cwd: product });
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) {
    const text = readFileSync(join(product, file), "utf8");
    expect(text.match(/(?:\bfrom|\bimport)\s*\(?\s*["']node:[^"']*["']/), file).toBeNull();
  }
});

test("a turn loads nothing that waits behind the modules it uses", () => {
  const loaded = modulesOf("exec", "--demo", "--skip-git-repo-check", "hello");
  expect(loaded).toContain("NativeModule child_process");
  const waiting = ["internal/deps/undici/undici", "internal/webstreams/readablestream", "internal/crypto/webcrypto"];
  for (const name of [...waiting, "fs/promises", "perf_hooks", "sqlite", "tls", "worker_threads", "zlib"])
    expect(loaded).not.toContain(`NativeModule ${name}`);
});

test("the version is told without the program", () => {
  const loaded = modulesOf("--version");
  expect(loaded.filter((name) => /child_process|crypto|http/.test(name))).toEqual([]);
});

test("imports of every form are rewritten, calls before them included", () => {
  const source = [
    'import { a, b as c } from "node:fs";',
    'import whole from "node:path";',
    'import * as all from "node:fs/promises";',
    'import one, { two as three } from "node:util";',
    'const later = await import("node:http");',
    'import { other } from "./other.js";',
    "",
  ].join("\n");
  expect(takeBuiltins(source)).toBe(
    [
      'const { a, b: c } = process.getBuiltinModule("node:fs");',
      'const whole = process.getBuiltinModule("node:path");',
      'const all = process.getBuiltinModule("node:fs/promises");',
      'const one = process.getBuiltinModule("node:util");',
      'const { two: three } = process.getBuiltinModule("node:util");',
      'const later = await Promise.resolve(process.getBuiltinModule("node:http"));',
      'import { other } from "./other.js";',
      "",
    ].join("\n"),
  );
});

test("what a library in the old form requires of Node is taken the same way, and nothing else", () => {
  const source = 'var a = __require("events"), b = __require2("node:stream"), c = __require("bufferutil");\n';
  expect(takeBuiltins(source)).toBe(
    'var a = process.getBuiltinModule("node:events"), b = process.getBuiltinModule("node:stream"), c = __require("bufferutil");\n',
  );
});

test("the product has the WebSocket library in it", async () => {
  const entry = join(product, "bin", "entry.mjs");
  const server = spawn(process.execPath, [entry, "app-server", "--listen", "ws://127.0.0.1:0"], {
    cwd: folder,
    env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: folder },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  for await (const chunk of server.stderr) {
    said += String(chunk);
    if (said.includes("note:")) server.kill("SIGTERM");
  }
  expect(said).toContain("listening on: ws://127.0.0.1:");
});

test("the licences of what is bundled come along", () => {
  const text = readFileSync(join(product, "dist", "bundled.js.LEGAL.txt"), "utf8");
  for (const name of ["ws", "commander", "smol-toml", "zod", "@modelcontextprotocol/client"]) {
    expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, "m"));
  }
  expect(text).toContain("Permission is hereby granted");
});

test("a form that is not known stops the build", () => {
  expect(() => takeBuiltins('export { join } from "node:path";\n')).toThrow("cannot rewrite");
  expect(() => takeBuiltins('import "node:path";\n')).toThrow("cannot rewrite");
});
