import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  added,
  call,
  completed,
  created,
  customCall,
  done,
  message,
  reasoning,
  respond,
  textDelta,
} from "../../support/fake-model.ts";
import { last, patch, pixel, plan } from "../exec-turns.ts";
import {
  commandWithInput,
  everyKindOfPatch,
  imageForTheModel,
  patchedFiles,
  patchThatDoesNotMatch,
  sessionOf,
  webSearches,
} from "../item-scripts.ts";
import type { Dialogue } from "./dialogue.ts";
import { begin, oneTurn, thread, withoutPieces } from "./steps.ts";

const untilThere = (file: string): string => `until [ -e ${file} ]; do sleep 0.05; done`;

export const itemsDialogues: Dialogue[] = withoutPieces([
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
    script: () => [respond([call("1", "exec_command", { cmd: "echo first; sleep 1; echo second" })]), last],
    play: oneTurn(),
  },
  { name: "a command that takes input", ...commandWithInput, play: oneTurn() },
  {
    name: "waiting for a command in the background",
    script: () => [
      respond([call("1", "exec_command", { cmd: `echo a; ${untilThere("go")}; echo b`, yield_time_ms: 3000 })]),
      (request) =>
        respond([call("2", "write_stdin", { session_id: sessionOf(request), chars: "", yield_time_ms: 60_000 })]),
      last,
    ],
    async play(desk) {
      const client = await desk.connect();
      await begin(client, await thread(desk, client, { sandbox: "danger-full-access" }));
      await desk.model.seen(2);
      // Nobody is told that the model's second call waits.
      await sleep(3000);
      await writeFile(join(desk.stage.workspace, "go"), "");
      await client.next("turn/completed");
    },
  },
  {
    name: "a command that outlives its turn",
    script: () => [
      respond([call("1", "exec_command", { cmd: `echo ready; ${untilThere("go")}; echo late`, yield_time_ms: 3000 })]),
      last,
    ],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, { sandbox: "danger-full-access" });
      await begin(client, threadId);
      await client.next("turn/completed");
      await writeFile(join(desk.stage.workspace, "go"), "");
      await client.next("item/completed", ({ item }) => (item as { type: string }).type === "commandExecution");
    },
  },
  {
    name: "a patch of all kinds, then a command",
    script: () => [
      respond([customCall("1", "apply_patch", everyKindOfPatch)]),
      respond([call("2", "exec_command", { cmd: "cat new.txt" })]),
      respond([customCall("3", "apply_patch", patch("*** Update File: new.txt", "@@", "-fresh", "+again"))]),
      last,
    ],
    stage: patchedFiles,
    play: oneTurn(),
  },
  { name: "a patch that does not match", ...patchThatDoesNotMatch, play: oneTurn() },
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
        last,
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
      last,
    ],
    stage: { config: "tools.update_plan.enabled = true" },
    play: oneTurn(),
  },
  { name: "searches of the web", ...webSearches, play: oneTurn() },
  { name: "an image for the model", ...imageForTheModel, play: oneTurn() },
  {
    name: "tools that are not there, and bad arguments",
    script: () => [
      respond([
        call("1", "nope", { a: 1 }),
        customCall("2", "what", "x"),
        call("3", "exec_command", "{bad"),
        call("4", "write_stdin", { session_id: 77 }),
      ]),
      last,
    ],
    play: oneTurn(),
  },
  {
    name: "everything that a user can say",
    script: () => [last],
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
    // Said once more after the answer, when the dialogue may be over.
    without: ["thread/tokenUsage/updated"],
    script: () => [
      respond([message("msg_a", "hi"), call("1", "exec_command", { cmd: "cat a.txt" })]),
      respond([customCall("2", "apply_patch", patch("*** Update File: a.txt", "@@", "-one", "+two"))]),
      last,
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
]);
