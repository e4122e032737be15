import {
  added,
  call,
  completed,
  created,
  customCall,
  done,
  itemParts,
  message,
  reasoning,
  respond,
  textDelta,
  webSearch,
  type RecordedRequest,
} from "../../support/fake-model.ts";
import { patch, pixel, plan } from "../exec-turns.ts";
import type { Dialogue } from "./dialogue.ts";
import { begin, oneTurn, thread } from "./steps.ts";

const end = respond([message("msg_end", "end")]);
const sessionOf = (request: RecordedRequest): number => Number(/session ID (\d+)/.exec(request.rawBody)?.[1]);

const dialogues: Dialogue[] = [
  {
    name: "commands one after the other",
    script: () => [
      respond([
        reasoning("rs_1", "**Plan**", "second part"),
        message("msg_a", "before", { phase: "commentary" }),
        call("1", "exec_command", { cmd: "cat a.txt" }),
      ]),
      respond([call("2", "exec_command", { cmd: "echo two; exit 3" })]),
      respond([call("3", "exec_command", { cmd: "no-such-program-here" })]),
      respond([message("msg_end", "end", { phase: "final_answer" })]),
    ],
    stage: { files: { "a.txt": "one\n" } },
    play: oneTurn(),
  },
  {
    name: "a command that writes while it runs",
    script: () => [respond([call("1", "exec_command", { cmd: "echo first; sleep 1; echo second" })]), end],
    play: oneTurn(),
  },
  {
    name: "a command that takes input",
    script: () => [
      respond([
        call("1", "exec_command", { cmd: "echo ready; read line; echo got $line", yield_time_ms: 500, tty: true }),
      ]),
      (request) =>
        respond([call("2", "write_stdin", { session_id: sessionOf(request), chars: "hello\n", yield_time_ms: 2000 })]),
      end,
    ],
    play: oneTurn(),
  },
  {
    name: "waiting for a command in the background",
    script: () => [
      respond([call("1", "exec_command", { cmd: "echo a; sleep 1; echo b", yield_time_ms: 250 })]),
      (request) => respond([call("2", "write_stdin", { session_id: sessionOf(request), chars: "" })]),
      end,
    ],
    play: oneTurn(),
  },
  {
    name: "a command that outlives its turn",
    script: () => [
      respond([call("1", "exec_command", { cmd: "echo ready; sleep 1.5; echo late", yield_time_ms: 250 })]),
      end,
    ],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, { sandbox: "danger-full-access" });
      await begin(client, threadId);
      await client.next("turn/completed");
      await client.next("item/completed", ({ item }) => (item as { type: string }).type === "commandExecution");
    },
  },
  {
    name: "a patch of all kinds, then a command",
    script: () => [
      respond([
        customCall(
          "1",
          "apply_patch",
          patch(
            "*** Add File: new.txt",
            "+fresh",
            "*** Update File: a.txt",
            "@@",
            "-one",
            "+two",
            "*** Delete File: d.txt",
            "*** Update File: m.txt",
            "*** Move to: moved/n.txt",
            "@@",
            "-x",
            "+y",
          ),
        ),
      ]),
      respond([call("2", "exec_command", { cmd: "cat new.txt" })]),
      respond([customCall("3", "apply_patch", patch("*** Update File: new.txt", "@@", "-fresh", "+again"))]),
      end,
    ],
    stage: { files: { "a.txt": "one\n", "d.txt": "gone\n", "m.txt": "x\n" } },
    play: oneTurn(),
  },
  {
    name: "a patch that does not match",
    script: () => [
      respond([
        customCall(
          "1",
          "apply_patch",
          patch("*** Add File: first.txt", "+x", "*** Update File: a.txt", "@@", "-no", "+x"),
        ),
      ]),
      end,
    ],
    stage: { files: { "a.txt": "one\n" } },
    play: oneTurn(),
  },
  {
    name: "a patch that comes in pieces",
    script: () => {
      const text = patch("*** Add File: b.txt", "+x", "+y", "*** Update File: a.txt", "@@", "-one", "+two");
      const pieces = text.match(/[^]{1,24}/g)!;
      const item = customCall("1", "apply_patch", "");
      return [
        {
          parts: [
            created(),
            added(item),
            ...pieces.map((delta) => ({
              event: { type: "response.custom_tool_call_input.delta", item_id: item["id"], call_id: "1", delta },
            })),
            done(customCall("1", "apply_patch", text)),
            completed(),
          ],
        },
        end,
      ];
    },
    stage: { files: { "a.txt": "one\n" } },
    play: oneTurn(),
  },
  {
    name: "a plan of steps",
    script: () => [
      respond([call("1", "update_plan", plan(["a", "in_progress"], ["b", "pending"]))]),
      respond([
        call("2", "update_plan", { explanation: "on", ...(plan(["a", "completed"], ["b", "in_progress"]) as object) }),
      ]),
      end,
    ],
    stage: { config: "tools.update_plan.enabled = true" },
    play: oneTurn(),
  },
  {
    name: "searches of the web",
    script: () => [
      {
        parts: [
          created(),
          added(webSearch("ws_1", { type: "search", query: "q" })),
          done(webSearch("ws_1", { type: "search", query: "q", queries: ["q", "r"] })),
          done(webSearch("ws_2", { type: "open_page", url: "http://x.invalid" })),
          done(webSearch("ws_3", { type: "find_in_page", url: "http://x.invalid", pattern: "p" })),
          done({ type: "web_search_call", id: "ws_4", status: "completed" }),
          ...itemParts(message("msg_1", "found")),
          completed(),
        ],
      },
    ],
    play: oneTurn(),
  },
  {
    name: "an image for the model",
    script: () => [respond([call("1", "view_image", { path: "dot.png" })]), end],
    stage: { files: { "dot.png": pixel } },
    play: oneTurn(),
  },
  {
    name: "tools that are not there, and bad arguments",
    script: () => [
      respond([
        call("1", "nope", { a: 1 }),
        customCall("2", "what", "x"),
        call("3", "exec_command", "{bad"),
        call("4", "write_stdin", { session_id: 77 }),
      ]),
      end,
    ],
    play: oneTurn(),
  },
  {
    name: "everything that a user can say",
    script: () => [end],
    stage: { files: { "dot.png": pixel, "note.md": "n\n" } },
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client);
      await client.call("turn/start", {
        threadId,
        clientUserMessageId: "mine-1",
        input: [
          {
            type: "text",
            text: "look at [x] now",
            text_elements: [{ byteRange: { start: 8, end: 11 }, placeholder: "[x]" }],
          },
          { type: "localImage", path: `${desk.stage.workspace}/dot.png` },
          { type: "image", url: `data:image/png;base64,${pixel.toString("base64")}` },
          { type: "mention", name: "note.md", path: `${desk.stage.workspace}/note.md` },
          { type: "text", text: "and go" },
        ],
      });
      await client.next("turn/completed");
      await client.call("thread/turns/list", { threadId, itemsView: "full" });
    },
  },
  {
    name: "a plan in plan mode",
    // What the mode's words are is the model's affair.
    without: ["thread/settings/updated"],
    script: () => [
      {
        parts: [
          created(),
          added(message("msg_1", "")),
          textDelta("msg_1", "Intro\n"),
          textDelta("msg_1", "<proposed_plan>\n"),
          textDelta("msg_1", "- Step 1\n- Step 2\n"),
          textDelta("msg_1", "</proposed_plan>\nOutro"),
          done(message("msg_1", "Intro\n<proposed_plan>\n- Step 1\n- Step 2\n</proposed_plan>\nOutro")),
          completed(),
        ],
      },
    ],
    play: oneTurn(
      { sandbox: "read-only" },
      {
        collaborationMode: {
          mode: "plan",
          settings: { model: "gpt-5.5", reasoning_effort: null, developer_instructions: null },
        },
      },
    ),
  },
  {
    name: "a turn after a resume has the same items",
    script: () => [
      respond([message("msg_a", "hi"), call("1", "exec_command", { cmd: "cat a.txt" })]),
      respond([customCall("2", "apply_patch", patch("*** Update File: a.txt", "@@", "-one", "+two"))]),
      end,
    ],
    stage: { files: { "a.txt": "one\n" } },
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, { sandbox: "danger-full-access" });
      await begin(client, threadId);
      await client.next("turn/completed");
      await client.call("thread/resume", { threadId });
    },
  },
  {
    name: "what a schema asks for",
    script: () => [respond([message("msg_1", '{"answer":"x"}')])],
    play: oneTurn(
      {},
      {
        outputSchema: {
          type: "object",
          properties: { answer: { type: "string" } },
          required: ["answer"],
          additionalProperties: false,
        },
      },
    ),
  },
];

/** Whether a command is still running when its output is told is the machine's affair. */
export const itemsDialogues = dialogues.map((dialogue) => ({
  ...dialogue,
  without: ["item/commandExecution/outputDelta", ...(dialogue.without ?? [])],
}));
