import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { chat, chatText, finish, messagesOf, text, toolCall, usage } from "../../support/fake-chat.ts";
import type { Reply } from "../../support/fake-model.ts";
import { startLiveThread, type LiveThread } from "../../support/live-thread.ts";

const weakModel = (...replies: Reply[]): Promise<LiveThread> =>
  startLiveThread([...replies, chatText("Done.")], {
    stage: { files: { "a.txt": "one\n" } },
    thread: {
      model: "gpt-5.5",
      sandbox: "danger-full-access",
      overrides: ["codex_agent.providers.fake.wire_api=chat"],
    },
  });

/** In pieces of three characters. */
const written = (whole: string): Reply =>
  chat([...whole.match(/.{1,3}/gs)!.map((piece) => text(piece)), finish(), usage(100, 10)]);

const patch = "*** Begin Patch\n*** Update File: a.txt\n@@\n-one\n+two\n*** End Patch";

test("calls that a model writes as text run, and whoever looks is told of it: the user, the journal, the model", async () => {
  const thread = await weakModel(
    written(
      'I look.\n<tool_call>\n{"name": "functions.exec_command", "arguments": {"cmd": "cat a.txt",}}\n</tool_call>',
    ),
    written(
      `<tool_call>\n<function=apply_patch>\n<parameter=input>\n${patch}\n</parameter>\n</function>\n</tool_call>`,
    ),
  );
  try {
    expect((await thread.say("go")).type).toBe("turn.completed");
    const kinds = thread.events.flatMap((event) => (event.type === "call.repaired" ? [[event.tool, event.kind]] : []));
    expect(kinds).toEqual([
      ["exec_command", "text"],
      ["exec_command", "name"],
      ["apply_patch", "text"],
    ]);
    expect(await readFile(join(thread.stage.workspace, "a.txt"), "utf8")).toBe("two\n");
    const said = thread.events.flatMap((event) =>
      event.type === "item.completed" && event.item.type === "agentMessage" ? [event.item.text] : [],
    );
    expect(said).toEqual(["I look.\n", "Done."]);

    const [, second, third] = thread.model.requests.map(messagesOf);
    const [assistant, output] = second!.slice(-2);
    expect(assistant).toMatchObject({ content: "I look.\n", tool_calls: [{ function: { name: "exec_command" } }] });
    expect(output).toMatchObject({ role: "tool", tool_call_id: assistant!.tool_calls![0]!.id });
    expect(output!.content).toMatch(/one\n[^]*\[This call was repaired before it ran: it was written as text/);
    expect(third!.slice(0, second!.length)).toEqual(second);

    const journal = await readFile(thread.info.path!, "utf8");
    expect(journal.match(/call_repaired/g)).toHaveLength(3);
  } finally {
    await thread.close();
  }
});

test("arguments that are no JSON are mended, or said to the model", async () => {
  const broken = (args: string): Reply =>
    chat([toolCall(0, "c", "exec_command", args), finish("tool_calls"), usage(1, 1)]);
  const thread = await weakModel(broken("{'cmd': 'echo mended', 'tty': 'False',}"), broken('{"cmd": "echo "half"'));
  try {
    expect((await thread.say("go")).type).toBe("turn.completed");
    const [, second, third] = thread.model.requests.map(messagesOf);
    expect(second!.at(-1)!.content).toMatch(
      /mended\n[^]*its arguments were no valid JSON; its arguments had another form/,
    );
    expect(third!.at(-1)!.content).toContain("failed to parse function arguments");
    const ran = thread.events.filter(
      (event) => event.type === "item.completed" && event.item.type === "commandExecution",
    );
    expect(ran).toHaveLength(1);
  } finally {
    await thread.close();
  }
});
