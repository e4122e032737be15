/** Runs the real Codex against a scripted Responses server and gives back what its tools told the model. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const binary = resolve(
  import.meta.dirname,
  "../../oracle/node_modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex",
);

export interface Call {
  name: string;
  arguments: Record<string, unknown> | string;
}
/** One response of the model: the calls that it makes, given the outputs of all calls so far. */
export type Step = (outputs: string[]) => Call[];

export interface RealRun {
  /** One text per call, in call order. */
  outputs: string[];
  /** The lines of `--json`. */
  events: { type: string; item?: Record<string, unknown> }[];
  stderr: string;
}

interface InputItem {
  type: string;
  output?: unknown;
}

function response(calls: Call[], round: number): string {
  const items = calls.map((call, index) => ({
    type: "function_call",
    id: `fc_${round}_${index}`,
    call_id: `call_${round}_${index}`,
    name: call.name,
    arguments: typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments),
  }));
  const message = {
    type: "message",
    role: "assistant",
    id: `msg_${round}`,
    content: [{ type: "output_text", text: "done" }],
  };
  const usage = {
    input_tokens: 1,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 1,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 2,
  };
  return [
    { type: "response.created", response: { id: `resp_${round}` } },
    ...(items.length === 0 ? [message] : items).map((item) => ({ type: "response.output_item.done", item })),
    { type: "response.completed", response: { id: `resp_${round}`, usage } },
  ]
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join("");
}

export async function runRealCodex(
  steps: Step[],
  options: {
    config?: string;
    sandbox?: string;
    env?: Record<string, string>;
    prepareHome?: (home: string) => void;
  } = {},
): Promise<RealRun> {
  if (!existsSync(binary)) throw new Error(`the real codex is missing at ${binary}: run npm ci in tests/oracle`);
  const root = mkdtempSync(join(tmpdir(), "exec-oracle-"));
  const [codexHome, home, work, temporary] = ["codex", "home", "work", "tmp"].map((name) => join(root, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const path of [codexHome, home, work, temporary]) mkdirSync(path);
  options.prepareHome?.(home);
  let outputs: string[] = [];
  let round = 0;
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method !== "POST") return void reply.writeHead(404).end();
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { input: InputItem[] };
      outputs = body.input.filter((item) => item.type === "function_call_output").map((item) => String(item.output));
      const step = steps[round];
      reply.writeHead(200, { "content-type": "text/event-stream" });
      reply.end(response(step === undefined ? [] : step(outputs), round++));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  writeFileSync(
    join(codexHome, "config.toml"),
    `model_provider = "fake"\n${options.config ?? ""}\n[model_providers.fake]\nname = "fake"\nbase_url = "http://127.0.0.1:${port}/v1"\nwire_api = "responses"\nenv_key = "FAKE_KEY"\n`,
  );
  const child = spawn(
    binary,
    [
      "exec",
      "--json",
      "--skip-git-repo-check",
      "-m",
      "gpt-5.5",
      "-s",
      options.sandbox ?? "danger-full-access",
      "-C",
      work,
      "go",
    ],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: "/usr/local/bin:/usr/bin:/bin",
        SHELL: "/bin/bash",
        HOME: home,
        CODEX_HOME: codexHome,
        TMPDIR: temporary,
        FAKE_KEY: "k",
        ...options.env,
      },
    },
  );
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  await new Promise((done) => child.on("close", done));
  server.closeAllConnections();
  server.close();
  rmSync(root, { recursive: true, force: true });
  const events = stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as RealRun["events"][number]);
  return { outputs, events, stderr };
}
