import { chmod, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { chatText } from "../support/fake-chat.ts";
import { ours, run } from "../support/run.ts";
import { scratchFolder } from "../support/scratch.ts";
import { clientOf, serve, staged } from "./served.ts";
import { untilPasses } from "../support/until.ts";

test("the command serves a model with the key of a variable, and ends politely", async () => {
  const { stage, model } = await staged();
  const served = await serve(stage, "--backend-url", model.baseUrl, "--api-key-env", "MODEL_KEY", "--log");
  const response = await clientOf(served.url).responses.create({ model: "m", input: "hi" });
  expect(response.output_text).toBe("Hi");
  expect(model.requests[0]!.headers["authorization"]).toBe("Bearer sk-of-the-model");
  served.child.kill("SIGTERM");
  expect(await served.ended).toBe(0);
  const line = served
    .said()
    .split("\n")
    .find((each) => each.startsWith("{"));
  expect(JSON.parse(line!)).toMatchObject({ outcome: "completed", model: "m" });
  expect(served.said()).not.toContain("sk-of-the-model");
});

test("a response that runs is let end before the command does", async () => {
  let go: () => void = () => undefined;
  const waits = new Promise<void>((resolve) => (go = resolve));
  const { stage, model } = await staged([{ parts: [{ gate: () => waits }, ...chatText("At last").parts] }]);
  const served = await serve(stage, "--backend-url", model.baseUrl);
  const response = clientOf(served.url).responses.create({ model: "m", input: "hi" });
  await model.seen(1);
  served.child.kill("SIGTERM");
  go();
  expect((await response).output_text).toBe("At last");
  expect(await served.ended).toBe(0);
});

/** On a connection of its own: they go to the processes in turn. */
function fresh(base: string, method: string, path: string, body?: object): Promise<{ id: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${base}${path}`, { method, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve(JSON.parse(text) as { id: string }));
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

test("several processes share the address, what is kept and what is counted", async () => {
  const { stage, model } = await staged();
  const served = await serve(stage, "--backend-url", model.baseUrl, "--workers", "2");
  expect(served.said()).toContain("with 2 workers");
  const asked = { model: "m", stream: false };
  const { id } = await fresh(served.url, "POST", "/responses", { ...asked, input: "one" });
  for (let count = 0; count < 4; count++)
    expect(await fresh(served.url, "GET", `/responses/${id}`)).toMatchObject({ id });
  await fresh(served.url, "POST", "/responses", { ...asked, input: "two", previous_response_id: id });
  expect(JSON.stringify(model.requests[1]!.body)).toContain("one");
  await untilPasses(async () => {
    const metrics = await (await fetch(`${new URL(served.url).origin}/metrics`)).text();
    expect(metrics).toContain('codex_agent_bridge_responses_total{outcome="completed"} 2');
  });
  served.child.kill("SIGTERM");
  expect(await served.ended).toBe(0);
});

/** The processes that a process has begun. */
const childrenOf = async (pid: number): Promise<number[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).split(" ").filter(Boolean).map(Number);

test("a process of several that ends is begun anew, and what it has counted stays counted", async () => {
  const { stage, model } = await staged();
  const served = await serve(stage, "--backend-url", model.baseUrl, "--workers", "2");
  const asked = { model: "m", stream: false, input: "hi" };
  for (let count = 0; count < 4; count++) await fresh(served.url, "POST", "/responses", asked);
  const counted = async (): Promise<string> => (await fetch(`${new URL(served.url).origin}/metrics`)).text();
  const completed = /^codex_agent_bridge_responses_total\{outcome="completed"\} (\d+)$/m;
  await untilPasses(async () => expect(completed.exec(await counted())?.[1]).toBe("4"));
  const before = await childrenOf(served.child.pid!);
  expect(before).toHaveLength(2);
  process.kill(before[0]!, "SIGKILL");
  await untilPasses(async () => {
    const now = await childrenOf(served.child.pid!);
    expect(now.filter((pid) => !before.includes(pid))).toHaveLength(1);
  });
  for (let count = 0; count < 4; count++) await fresh(served.url, "POST", "/responses", asked);
  await untilPasses(async () => expect(completed.exec(await counted())?.[1]).toBe("8"));
  served.child.kill("SIGTERM");
  expect(await served.ended).toBe(0);
});

test.each([[[]], [["--workers", "2"]]])("a reader of the log who leaves ends no process (%j)", async (flags) => {
  const { stage, model } = await staged();
  const served = await serve(stage, "--backend-url", model.baseUrl, "--log", ...flags);
  const before = await childrenOf(served.child.pid!);
  served.child.stderr!.destroy();
  const asked = { model: "m", stream: false, input: "hi" };
  for (let count = 0; count < 4; count++)
    expect(await fresh(served.url, "POST", "/responses", asked)).toMatchObject({ status: "completed" });
  await untilPasses(async () => {
    const metrics = await (await fetch(`${new URL(served.url).origin}/metrics`)).text();
    expect(metrics).toContain('codex_agent_bridge_responses_total{outcome="completed"} 4');
  });
  expect(await childrenOf(served.child.pid!)).toEqual(before);
  served.child.kill("SIGTERM");
  expect(await served.ended).toBe(0);
});

test("old spellings of the flags say the same", async () => {
  const { stage, model } = await staged();
  const flags = ["--outcomming-base-url", model.baseUrl, "--outcomming-api", "chat_completions"];
  const served = await serve(stage, ...flags, "--outcomming-api-key-env", "MODEL_KEY", "--model-provider", "vllm");
  await clientOf(served.url).responses.create({ model: "m", input: "hi" });
  expect(model.requests[0]!.headers["authorization"]).toBe("Bearer sk-of-the-model");
});

test("providers and routes of config.toml are served", async () => {
  const { stage, model } = await staged();
  const table = `[codex_agent.providers.mine]\nbase_url = "${model.baseUrl}"\nwire_api = "chat"\nenv_key = "MODEL_KEY"\ndeveloper_role = "developer"\n`;
  const routes = `[codex_agent.bridge.routes]\n"small-*" = ["mine"]\n`;
  await writeFile(join(stage.codexHome, "config.toml"), table + routes);
  for (const flags of [["--provider", "mine"], []]) {
    const served = await serve(stage, ...flags);
    const { responses } = clientOf(served.url);
    await responses.create({ model: "small-1", input: "hi", instructions: "Be short" });
    expect(model.requests.at(-1)!.body).toMatchObject({ messages: [{ role: "developer" }, { role: "user" }] });
    expect(model.requests.at(-1)!.headers["authorization"]).toBe("Bearer sk-of-the-model");
    if (flags.length === 0)
      await expect(responses.create({ model: "large", input: "hi" })).rejects.toMatchObject({ status: 404 });
  }
});

test("a token file that others may read is refused, one that is the user's own counts", async () => {
  const { stage, model } = await staged();
  const folder = await mkdtemp(`${scratchFolder}/token-`);
  const file = join(folder, "token");
  await writeFile(file, "abc123\n", { mode: 0o644 });
  await chmod(file, 0o644);
  const flags = ["--backend-url", model.baseUrl, "--token-file", file];
  const refused = await run(ours(), stage, ["serve", "responses", "--port", "0", ...flags]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/chmod 600/) });
  await chmod(file, 0o600);
  const served = await serve(stage, ...flags);
  await expect(clientOf(served.url).responses.create({ model: "m", input: "hi" })).rejects.toThrow(
    OpenAI.AuthenticationError,
  );
  expect((await clientOf(served.url, "abc123").responses.create({ model: "m", input: "hi" })).output_text).toBe("Hi");
});

test.each([
  [["--backend-url", "localhost"], 1, /no base URL/],
  [[], 1, /--backend-url/],
  [["--backend-url", "http://127.0.0.1:9", "--port", "many"], 2, /--port/],
  [["--backend-url", "http://127.0.0.1:9", "--host", "0.0.0.0"], 1, /--token-file/],
  [["--backend-url", "http://127.0.0.1:9", "--web-search", "maybe"], 2, /--web-search/],
])("%j is refused", async (flags, code, says) => {
  const { stage } = await staged();
  const outcome = await run(ours(), stage, ["serve", "responses", ...flags]);
  expect(outcome).toMatchObject({ code, stderr: expect.stringMatching(says) });
  expect(outcome.stderr).not.toMatch(/\n\s+at /);
});

test("a provider's key may come from a program, which is asked again when its time is over", async () => {
  const { stage, model } = await staged();
  const count = join(stage.root, "count");
  const program = `echo x >> ${count}; printf sk-printed-%s "$(wc -l < ${count} | tr -d ' ')"`;
  await writeFile(
    join(stage.codexHome, "config.toml"),
    `[model_providers.mine]
name = "Mine"
base_url = "${model.baseUrl}"
[model_providers.mine.auth]
command = "/bin/sh"
args = ["-c", ${JSON.stringify(program)}]
refresh_interval_ms = 1
[codex_agent.providers.mine]
wire_api = "messages"
key_header = "api-key"
`,
  );
  const served = await serve(stage, "--provider", "mine");
  const { responses } = clientOf(served.url);
  for (const nth of [1, 2]) {
    await responses.create({ model: "m", input: "hi" }).catch(() => null);
    expect(model.requests.at(-1)!.headers).toMatchObject({ "api-key": `sk-printed-${nth}` });
    expect(model.requests.at(-1)!.headers).not.toHaveProperty("x-api-key");
  }
});

test("a program that prints no key fails the request with its name, and no more", async () => {
  const { stage, model } = await staged();
  const tables = `[model_providers.mine]\nname = "Mine"\nbase_url = "${model.baseUrl}"\n[model_providers.mine.auth]\ncommand = "/bin/false"\n`;
  await writeFile(join(stage.codexHome, "config.toml"), `${tables}[codex_agent.providers.mine]\nwire_api = "chat"\n`);
  const served = await serve(stage, "--provider", "mine");
  const asked = clientOf(served.url).responses.create({ model: "m", input: "hi" });
  await expect(asked).rejects.toThrow(/auth command `\/bin\/false` ended with 1/);
  expect(model.requests).toHaveLength(0);
});
