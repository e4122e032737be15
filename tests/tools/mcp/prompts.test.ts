import { afterEach, expect, it } from "vitest";
import { mcpPromptRequest, mcpText } from "../../../src/doors/terminal/mcp-lines.ts";
import { message, respond } from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";
import { everything, handmade } from "../../support/mcp/servers.ts";

let open: LiveThread | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

it("the servers of a thread and their prompts can be listed, and a prompt be filled in", async () => {
  const gone = `[mcp_servers.gone]\ncommand = "/nonexistent/server"\n`;
  open = await startLiveThread([respond([message("m", "answer")])], {
    stage: { config: `${everything()}${handmade()}${gone}` },
    thread: { model: "mystery-1" },
  });
  await open.say("go");
  const { threadId } = open.info;
  const { servers } = await open.client.call("mcp/servers", { threadId });
  expect(servers).toMatchObject([
    { name: "demo", state: "ready", failure: null, prompts: [] },
    { name: "everything", state: "ready", failure: null },
    { name: "gone", state: "failed", failure: "No such file or directory (os error 2)", tools: [], prompts: [] },
  ]);
  const prompts = servers[1]!.prompts.map(({ name }) => name);
  expect(prompts).toContain("args-prompt");
  const lines = mcpText(servers).split("\n");
  expect(lines).toContainEqual(expect.stringMatching(/^demo: ready, \d+ tools$/));
  expect(lines).toContainEqual(
    expect.stringMatching(/^ {2}\/mcp everything args-prompt city=\.\.\. \[state=\.\.\.\] /),
  );
  expect(lines.at(-1)).toBe("gone: failed: No such file or directory (os error 2)");

  const asked = mcpPromptRequest('everything args-prompt city="New York" state=NY');
  expect(asked.arguments).toEqual({ city: "New York", state: "NY" });
  const { text } = await open.client.call("mcp/prompt", { threadId, ...asked });
  expect(text).toContain("New York");
  const missing = open.client.call("mcp/prompt", { threadId, server: "everything", name: "nothing" });
  await expect(missing).rejects.toMatchObject({ code: "mcp_failed" });
  const nobody = open.client.call("mcp/prompt", { threadId, server: "nobody", name: "x" });
  await expect(nobody).rejects.toMatchObject({ code: "usage" });
});

it.each(["everything", "everything prompt text"])("/mcp %s is no prompt", (line) => {
  expect(() => mcpPromptRequest(line)).toThrow(/write/);
});
