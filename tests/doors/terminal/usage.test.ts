import { expect, test } from "vitest";
import { message, respond } from "../../support/fake-model.ts";
import { visits } from "./visit.ts";

const start = visits();

test("/usage says what the thread used and why, and a budget that ends a turn leaves the conversation open", async () => {
  const hello = respond([message("m1", "hello")], { usage: [9000, 4000, 100, 0] });
  const me = await start([hello], { columns: 300, stage: { config: "[codex_agent.budget]\nthread_tokens = 10000" } });
  me.say("/usage");
  await me.see("Nothing was used yet.");
  me.say("hi");
  await me.see("assistant> hello");
  me.say("/usage");
  await me.see("Tokens: 9,100 (9,000 in, 4,000 of them cached, 100 out)");
  await me.see("answers");
  me.say("again");
  await me.see("budget thread_tokens (10,000 tokens)");
  await me.prompt("agent(100%)>");
  me.type("\u0004");
  expect(await me.end()).toBe(0);
  expect(me.model.requests).toHaveLength(1);
});
