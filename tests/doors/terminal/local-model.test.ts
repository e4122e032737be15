import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { chatText } from "../../support/fake-chat.ts";
import { startLocalServer } from "../../support/fake-local-servers.ts";
import { untilPasses } from "../../support/until.ts";
import { startPerson, type Person, type PersonOptions } from "./person.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const open = async (options: PersonOptions): Promise<Person> => {
  const person = await startPerson([], options);
  closing.push(() => person.close());
  return person;
};

/** Opens it up to a prompt. Servers are in this process: where that stood still, they were asked in vain, and are asked anew. */
const opened = (prompt: string, line: string, options: PersonOptions): Promise<Person> =>
  untilPasses(async () => {
    const me = await open(options);
    await me.prompt(/^[^>]+> *$/);
    expect([me.screen.line.trimEnd(), me.screen.text]).toEqual([prompt, expect.stringContaining(line)]);
    return me;
  });

const configOf = (person: Person): string => readFileSync(join(person.stage.codexHome, "config.toml"), "utf8");

test("a server of this machine is offered where nothing is configured, asked nothing until it is chosen, and kept", async () => {
  const server = await startLocalServer(
    "ollama",
    [{ name: "qwen3:8b", window: 40_960 }],
    [chatText("Hello from here.")],
  );
  closing.push(() => server.close());
  const env = { CODEX_OSS_PORT: new URL(server.baseUrl).port };
  const offer = `1  Ollama at ${server.baseUrl}: qwen3:8b`;
  const me = await opened("number, demo or leave>", offer, { bare: true, argv: [], stage: { env } });
  await me.see("No model is configured.");
  expect(server.requests).toEqual([]);
  me.say("1");
  await me.prompt("trust>");
  expect(configOf(me)).toContain('model_provider = "ollama"');
  me.say("n");
  await me.prompt("codex-agent>");
  me.say("hello");
  await me.see("Hello from here.");
  expect(server.requests.map(({ url }) => url)).toEqual(["/v1/chat/completions"]);
  me.say("/exit");
  expect(await me.end()).toBe(0);
});

test("--oss asks which of several servers is meant, once", async () => {
  const ollama = await startLocalServer("ollama", [{ name: "a", window: 40_960 }]);
  const vllm = await startLocalServer("vllm", [{ name: "b", window: 40_960 }]);
  closing.push(
    () => ollama.close(),
    () => vllm.close(),
  );
  const table = (id: string, baseUrl: string): string => `[codex_agent.providers.${id}]\nbase_url = "${baseUrl}"\n`;
  const config = table("ollama", ollama.baseUrl) + table("vllm", vllm.baseUrl);
  const stage = { homeFiles: { "config.toml": config } };
  const offer = `2  vLLM at ${vllm.baseUrl}: b`;
  const me = await opened("number>", offer, { bare: true, argv: ["--oss"], stage });
  me.say("7");
  await me.see("A number from 1 to 2");
  me.say("2");
  await me.prompt("trust>");
  expect(configOf(me)).toContain('oss_provider = "vllm"');
  me.say("n");
  await me.see("b (vllm)");
  me.say("/exit");
  expect(await me.end()).toBe(0);
  const kept = { homeFiles: { "config.toml": configOf(me) } };
  const again = await opened("trust>", "", { bare: true, argv: ["--oss"], stage: kept });
  expect(again.screen.text).not.toContain("number>");
});
