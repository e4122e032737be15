import { spawn } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { call, message, respond, startFakeModel, type Reply } from "../support/fake-model.ts";
import { makeStage, type Stage, type StageOptions } from "../support/run.ts";

const root = join(import.meta.dirname, "..", "..");
const files = ["README.md", ...globSync("docs/*.md", { cwd: root }).sort()];

/** What a reader's program imports, as it lies here. */
const packages: Record<string, string> = {
  "codex-agent": join(root, "src", "agent", "index.ts"),
  "codex-agent/app-server": join(root, "src", "doors", "app-server", "index.ts"),
  "codex-agent/proxy": join(root, "src", "proxy", "index.ts"),
  "codex-agent/sdk": join(root, "src", "sdk", "index.ts"),
  "@openai/codex-sdk": join(root, "tests", "oracle", "node_modules", "@openai", "codex-sdk", "dist", "index.js"),
  zod: fileURLToPath(import.meta.resolve("zod")),
};

interface Shown {
  where: string;
  /** The file, and how many programs stand before it there. */
  name: string;
  program: string;
}

/** `<!-- test -->`: nothing is configured, and the program says itself that it wants the demo model; `: model`: see {@link played}. */
const marked = (kind: string): RegExp => new RegExp(`<!-- test${kind} -->\\s*\\n\`\`\`ts\\n([\\s\\S]*?)\\n\`\`\``, "g");

const programs = (pattern: RegExp): Shown[] =>
  files.flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8");
    return [...text.matchAll(pattern)].map((match, index) => ({
      where: `${file}:${text.slice(0, match.index).split("\n").length}`,
      name: `${file} ${index + 1}`,
      program: match[1] ?? "",
    }));
  });

const onDemo = programs(marked(""));
const onModel = programs(marked(": model"));

async function stageWith(options: StageOptions = {}): Promise<Stage> {
  const stage = await makeStage({ ...options, env: { NODE_NO_WARNINGS: "1", ...options.env } });
  onTestFinished(() => stage.dispose());
  return stage;
}

/** What the program prints; it must end well and complain of nothing. */
async function run(program: string, stage: Stage): Promise<string> {
  const file = join(stage.root, "program.ts");
  await writeFile(
    file,
    program.replace(/ from "([^"]+)"/g, (said, name: string) => {
      const path = packages[name];
      return path === undefined ? said : ` from ${JSON.stringify(path)}`;
    }),
  );
  const child = spawn(process.execPath, [file], { cwd: stage.workspace, env: stage.env });
  onTestFinished(() => void child.kill("SIGKILL"));
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const status = await new Promise((resolve) => child.on("close", resolve));
  expect(err).toBe("");
  expect(status).toBe(0);
  return out;
}

test("every program in the documents is tested", () => {
  const blocks = programs(/^```ts\n([\s\S]*?)\n```/gm);
  expect(blocks.length).toBeGreaterThan(14);
  expect(onDemo.length + onModel.length).toBe(blocks.length);
  expect(onModel.map(({ name }) => name).sort()).toEqual(Object.keys(played).sort());
});

describe("on the demo model", () => {
  test.each(onDemo)("the program at $where works as shown", async ({ program }) => {
    const stage = await stageWith();
    expect(await run(program, stage)).toMatch(/\S/);
  });
});

/** What the model of a program says, and what is to come of it. */
interface Play {
  files?: Record<string, string>;
  replies: Reply[];
  prints: string;
  /** What the calls of the first reply gave to the model, in order. */
  outputs?: RegExp[];
}

const said = (text: string): Reply => respond([message("msg_1", text)]);

const played: Record<string, Play> = {
  "README.md 1": { replies: [said("It is empty.")], prints: "It is empty.\n" },
  "README.md 2": {
    replies: [respond([call("c1", "now", {})]), said("It is late.")],
    prints: "It is late.\n",
    outputs: [/^"20\d\d-\d\d-\d\dT[\d:.]+Z"$/],
  },
  "docs/agent.md 1": { replies: [said("Nothing yet.")], prints: "Nothing yet.\n" },
  "docs/agent.md 2": {
    replies: [respond([call("c1", "weather", { city: "Bonn" })]), said("Yes.")],
    prints: "Yes.\n",
    outputs: [/"rain": true/],
  },
  "docs/agent.md 3": {
    files: { "package.json": '{ "scripts": { "test": "echo tested > tested.txt && cat tested.txt" } }\n' },
    replies: [
      respond([
        call("c1", "exec_command", { cmd: "npm test" }),
        call("c2", "exec_command", { cmd: "rm package.json" }),
      ]),
      said("They pass."),
    ],
    prints: "They pass. 1\n",
    outputs: [/^tested$/m, /denied|rejected|refused|declined/],
  },
  "docs/app-server.md 1": { replies: [said("Nothing yet.")], prints: "Nothing yet.\n" },
};

/** A site that a program asks: it rains everywhere. */
async function weatherSite(): Promise<string> {
  const server = createServer((_request, response) => response.end('{"rain":true}'));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("on a model that is configured", () => {
  test.each(onModel)("the program at $where works as shown", async ({ name, program }) => {
    const { files: given, replies, prints, outputs = [] } = played[name]!;
    const model = await startFakeModel(replies);
    onTestFinished(() => model.close());
    const stage = await stageWith({ baseUrl: model.baseUrl, git: true, ...(given && { files: given }) });
    const runtime = join(stage.root, "runtime");
    await mkdir(runtime);
    stage.env["AGENT_RUNTIME_DIR"] = runtime;
    const placed = program
      .replaceAll("/path/to/codex-agent", root)
      .replaceAll("/path/to/project", stage.workspace)
      .replaceAll("https://weather.example", await weatherSite());
    expect(await run(placed, stage)).toBe(prints);
    expect(model.requests).toHaveLength(replies.length);
    const { input } = model.requests.at(-1)!.body as { input: { type: string; output?: string }[] };
    const heard = input.filter(({ type }) => type === "function_call_output").map(({ output }) => output);
    expect(heard).toEqual(outputs.map((pattern) => expect.stringMatching(pattern)));
  });
});
