import { spawn, type ChildProcess } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { configure } from "../../../src/host/configure.ts";
import { chooseLocal, type LocalWish } from "../../../src/host/model/choose-local.ts";
import { refuseForeignServer } from "../../../src/host/model/foreign.ts";
import { findServer, portOf } from "../../../src/model/local/find-servers.ts";
import { listeningOwner, listeners } from "../../../src/model/local/listening-owner.ts";
import type { Config } from "../../../src/config/config.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import type { System } from "../../../src/system/ports.ts";
import { chatText } from "../../support/fake-chat.ts";
import { startLocalServer, type localFacts, type LocalModel } from "../../support/fake-local-servers.ts";
import type { FakeModel } from "../../support/fake-model.ts";
import { makeStage, type Stage } from "../../support/run.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const model = (name: string, more: Partial<LocalModel> = {}): LocalModel => ({ name, window: 40_000, ...more });

async function serve(
  kind: keyof typeof localFacts,
  models: readonly LocalModel[],
  script = [chatText("hi")],
): Promise<FakeModel> {
  const server = await startLocalServer(kind, models, script);
  closing.push(() => server.close());
  return server;
}

async function stageOf(config = ""): Promise<Stage> {
  const stage = await makeStage({ homeFiles: { "config.toml": config } });
  closing.push(() => stage.dispose());
  return stage;
}

/** This machine with the stage's variables. */
function machineOf({ env, home }: Stage, other: Partial<System> = {}): System {
  const machine = nodeSystem();
  return { ...machine, environment: { ...machine.environment, variables: env, home }, ...other };
}

/** Ports of this machine, at which nothing listens by then, stand in for the usual ones: whatever runs here is left alone. */
const nowhere = "http://127.0.0.1:9/v1";

/** Chooses among servers whose usual addresses are these: nobody vouches for them. */
async function choose(
  wish: Partial<LocalWish>,
  bases: Partial<Record<keyof typeof localFacts, string>>,
  { config = "", machine = {} }: { config?: string; machine?: Partial<System> } = {},
): Promise<string[]> {
  const stage = await stageOf(config);
  const reread = async (overrides: readonly string[]): Promise<Config> => {
    const read = await loadConfig({ env: stage.env, cwd: stage.workspace, overrides, systemDirectory: stage.root });
    const baseUrl = bases[read.provider.id as keyof typeof localFacts] ?? nowhere;
    return { ...read, provider: { ...read.provider, baseUrl } };
  };
  return chooseLocal({ provider: null, model: null, ...wish }, reread, machineOf(stage, machine));
}

/** A server that another user runs; resolves with its base URL. Needs root. */
async function foreignServer(): Promise<string> {
  const program = `const s=require("node:http").createServer((q,r)=>{process.stdout.write("ASKED\\n");r.end('{"models":[],"data":[]}')});s.listen(0,"127.0.0.1",()=>process.stdout.write(s.address().port+"\\n"))`;
  const child: ChildProcess = spawn(process.execPath, ["-e", program], {
    uid: 65_533,
    gid: 65_533,
    cwd: "/",
    stdio: ["ignore", "pipe", "inherit"],
  });
  closing.push(() => child.kill("SIGKILL"));
  let told = "";
  const port = await new Promise<string>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", () => reject(new Error("the server of another user did not start")));
    child.stdout!.on("data", (chunk: Buffer) => {
      told += String(chunk);
      if (told.includes("ASKED")) throw new Error("a server of another user was asked something");
      if (told.includes("\n")) resolve(told.trim());
    });
  });
  return `http://127.0.0.1:${port}/v1`;
}

const isRoot = process.getuid?.() === 0;

describe("whose server listens", () => {
  const line = (address: string, port: number, state: string, user: number): string =>
    `   0: ${address}:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000  ${user}        0 1 1 0 100 0 0 10 0`;
  const table = (...lines: string[]): string => ["  sl  local_address ...", ...lines, ""].join("\n");

  it("reads the users of all sockets that take what goes to 127.0.0.1", () => {
    const four = table(
      line("0100007F", 11_434, "0A", 1000),
      line("0100007F", 11_434, "01", 7),
      line("0200007F", 11_434, "0A", 8),
      line("0100007F", 11_435, "0A", 9),
    );
    const six = table(
      line("00000000000000000000000000000000", 11_434, "0A", 0),
      line("00000000000000000000000001000000", 11_434, "0A", 10),
    );
    expect(listeners([four, six], 11_434)).toEqual([1000, 0]);
  });

  it("knows a server of its own, and says where it cannot tell", async () => {
    const server = await serve("ollama", []);
    const system = nodeSystem();
    expect(listeningOwner(portOf(server.baseUrl), system).type).toMatch(/self|root/);
    expect(listeningOwner(9, system)).toEqual({ type: "unknown" });
    const blind = { ...system, files: { ...system.files, readText: () => "" } };
    expect(listeningOwner(portOf(server.baseUrl), blind)).toEqual({ type: "unknown" });
  });

  it.runIf(isRoot)("sends nothing to a server of another user, and says whose it is", async () => {
    const baseUrl = await foreignServer();
    expect(await findServer("ollama", baseUrl, false, nodeSystem())).toMatchObject({
      owner: { type: "other", userId: 65_533 },
      models: [],
    });
    for (const wish of [{ provider: "ollama" }, {}])
      await expect(choose(wish, { ollama: baseUrl })).rejects.toThrow(
        /belongs to user 65533, not to you or root.*\[codex_agent.providers.ollama\] base_url = "http/,
      );
    const stage = await stageOf('model_provider = "ollama"\nmodel = "m"\n');
    const { provider } = await configure({ cwd: stage.workspace }, machineOf(stage));
    expect(() => refuseForeignServer({ ...provider, baseUrl }, nodeSystem())).toThrow("belongs to user 65533");
  });
});

describe("which server is taken", () => {
  it.each(["ollama", "lmstudio", "vllm", "llamacpp"] as const)("the only one that runs: %s", async (kind) => {
    const server = await serve(kind, [model("qwen3")]);
    expect(await choose({}, { [kind]: server.baseUrl })).toEqual([`model_provider="${kind}"`, 'model="qwen3"']);
    // Nothing is loaded into a server, or asked of a model.
    expect(server.requests).toEqual([]);
    expect(server.asked.every(({ method }) => method === "GET")).toBe(true);
  });

  it("the one that is named, though others run", async () => {
    const one = await serve("ollama", [model("a")]);
    const other = await serve("vllm", [model("b")]);
    const bases = { ollama: one.baseUrl, vllm: other.baseUrl };
    expect(await choose({ provider: "vllm" }, bases)).toEqual(['model_provider="vllm"', 'model="b"']);
    expect(one.asked).toEqual([]);
    await expect(choose({}, bases)).rejects.toThrow(
      /Several model servers run here: ollama .*vllm .*--local-provider ollama/,
    );
  });

  it("none that is another program at a usual port", async () => {
    const other = await serve("llamacpp", [model("x")]);
    await expect(choose({}, { vllm: other.baseUrl })).rejects.toThrow("No model server runs on this machine");
  });

  it("none, where none runs: what was looked for is said, and how one is started", async () => {
    await expect(choose({}, {})).rejects.toThrow(
      /Ollama \(11434\), LM Studio \(1234\), vLLM \(8000\), llama.cpp \(8080\)/,
    );
    await expect(choose({ provider: "ollama" }, {})).rejects.toThrow(
      `No running Ollama server was found at ${nowhere}; start it with \`ollama serve\``,
    );
    await expect(choose({ provider: "nemo" }, {})).rejects.toThrow("there are: ollama, lmstudio, vllm, llamacpp");
    await expect(choose({ provider: "ollama-chat" }, {})).rejects.toThrow("name `ollama`");
  });

  it("none by itself whose owner cannot be seen, but the one that is named", async () => {
    const server = await serve("ollama", [model("a")]);
    const system = nodeSystem();
    const files = {
      ...system.files,
      readText: (path: string) => (path.startsWith("/proc/net") ? "" : system.files.readText(path)),
    };
    const machine = { machine: { files } };
    await expect(choose({}, { ollama: server.baseUrl }, machine)).rejects.toThrow(
      /does not tell whose.*--local-provider ollama/,
    );
    expect(await choose({ provider: "ollama" }, { ollama: server.baseUrl }, machine)).toContain('model="a"');
  });
});

describe("which of its models is used", () => {
  const three = [model("a", { window: null }), model("b", { window: null }), model("gpt-oss:20b", { window: null })];

  it("the one that was asked for, then the configured one, then what is loaded, then the usual", async () => {
    const server = await serve("ollama", three);
    const bases = { ollama: server.baseUrl };
    expect(await choose({ model: "zz" }, bases)).toEqual(['model_provider="ollama"']);
    expect(await choose({}, bases, { config: 'model = "b"\n' })).toContain('model="b"');
    // A model of another vendor that is configured is not asked of this server.
    expect(await choose({}, bases, { config: 'model = "gpt-6.1-sol"\n' })).toContain('model="gpt-oss:20b"');
    const loaded = await serve("ollama", [...three, model("c")]);
    expect(await choose({}, { ollama: loaded.baseUrl })).toContain('model="c"');
  });

  it("none by chance, and none is downloaded", async () => {
    const two = await serve("ollama", three.slice(0, 2));
    await expect(choose({}, { ollama: two.baseUrl })).rejects.toThrow(
      "Ollama has several models: a, b. Name one with -m",
    );
    const none = await serve("ollama", []);
    await expect(choose({}, { ollama: none.baseUrl })).rejects.toThrow("Ollama has no model yet");
    expect([...two.requests, ...none.requests]).toEqual([]);
  });
});

it("has the configuration's own address of a server looked at, and vouched for", async () => {
  const server = await serve("ollama", [model("a")]);
  const stage = await stageOf(
    `oss_provider = "ollama"\n[codex_agent.providers.ollama]\nbase_url = "${server.baseUrl}"\n`,
  );
  const config = await configure({ cwd: stage.workspace, oss: true }, machineOf(stage));
  expect(config).toMatchObject({ model: "a", provider: { id: "ollama", baseUrl: server.baseUrl, unvouched: null } });
  const plain = await configure({ cwd: stage.workspace }, machineOf(stage));
  expect(plain).toMatchObject({ model: null, provider: { id: "openai" } });
});
