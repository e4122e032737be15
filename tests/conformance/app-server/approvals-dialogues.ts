import { call, customCall, message, respond } from "../../support/fake-model.ts";
import type { AppClient, Told } from "../../support/app-client.ts";
import { patch } from "../exec-turns.ts";
import { behind, toldInstead } from "./changes.ts";
import type { Desk, Dialogue } from "./dialogue.ts";
import { begin, thread, withoutPieces } from "./steps.ts";

const end = respond([message("msg_end", "end")]);
const command = "item/commandExecution/requestApproval";
const files = "item/fileChange/requestApproval";
const asking = { approvalPolicy: "on-request", sandbox: "read-only" };
const escalated = (id: string, cmd: string, more: Record<string, unknown> = {}) =>
  call(id, "exec_command", {
    cmd,
    sandbox_permissions: "require_escalated",
    justification: "may it run?",
    ...more,
  });

/** A turn in which these are asked, each answered as said. */
const answered =
  (method: string, results: readonly unknown[], params: Record<string, unknown> = asking) =>
  async (desk: Desk): Promise<void> => {
    const client = await desk.connect();
    const threadId = await thread(desk, client, params);
    await begin(client, threadId);
    for (const result of results) client.answer(await client.next(method), result);
    await client.next("turn/completed");
  };

/** Replies with an error. */
const refuse = (client: AppClient, { id }: Told): void =>
  client.send({ id, error: { code: -32000, message: "not now" } });

const dialogues: Dialogue[] = [
  {
    name: "a command that is allowed once",
    script: () => [respond([escalated("1", "echo yes")]), end],
    play: answered(command, [{ decision: "accept" }]),
  },
  {
    name: "a command that is declined",
    script: () => [respond([escalated("1", "echo no")]), end],
    play: answered(command, [{ decision: "decline" }]),
  },
  {
    name: "a command that is cancelled",
    script: () => [respond([escalated("1", "echo no")]), end],
    play: answered(command, [{ decision: "cancel" }]),
  },
  {
    name: "a command that is allowed for the session, and asked again",
    script: () => [
      respond([escalated("1", "echo yes")]),
      respond([escalated("2", "echo yes")]),
      respond([escalated("3", "echo other")]),
      end,
    ],
    play: answered(command, [{ decision: "acceptForSession" }, { decision: "accept" }]),
  },
  {
    name: "a command whose first words are allowed for good",
    script: () => [
      respond([escalated("1", "touch one.txt", { prefix_rule: ["touch"] })]),
      respond([escalated("2", "touch two.txt", { prefix_rule: ["touch"] })]),
      end,
    ],
    play: answered(command, [{ decision: { acceptWithExecpolicyAmendment: { execpolicy_amendment: ["touch"] } } }]),
  },
  {
    name: "an answer with an error to a command",
    script: () => [respond([escalated("1", "echo no")]), end],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, asking);
      await begin(client, threadId);
      refuse(client, await client.next(command));
      await client.next("turn/completed");
    },
  },
  {
    name: "answers that mean nothing",
    script: () => [respond([escalated("1", "echo no")]), end],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, asking);
      await begin(client, threadId);
      const question = await client.next(command);
      client.send({ id: 4711, result: { decision: "accept" } });
      client.answer(question, { decision: "whatever" });
      client.answer(question, { decision: "accept" });
      await client.next("turn/completed");
    },
  },
  {
    name: "an untrusted command",
    script: () => [respond([call("1", "exec_command", { cmd: "cat a.txt && touch b.txt" })]), end],
    stage: { files: { "a.txt": "one\n" } },
    play: answered(command, [{ decision: "accept" }], { approvalPolicy: "untrusted", sandbox: "workspace-write" }),
    wanted: {
      reason: "a rule lets commands out of the sandbox: one that stays in it is offered none",
      change: toldInstead((told) =>
        told.map((message) => {
          if (message.method !== command) return message;
          const { proposedExecpolicyAmendment: _, ...params } = message.params;
          return { ...message, params: { ...params, availableDecisions: ["accept", "cancel"] } };
        }),
      ),
    },
  },
  {
    name: "a patch that is allowed",
    script: () => [respond([customCall("1", "apply_patch", patch("*** Add File: n.txt", "+x"))]), end],
    play: answered(files, [{ decision: "accept" }]),
  },
  {
    name: "a patch that is declined",
    script: () => [respond([customCall("1", "apply_patch", patch("*** Add File: n.txt", "+x"))]), end],
    play: answered(files, [{ decision: "decline" }]),
  },
  {
    name: "a patch that is cancelled",
    script: () => [respond([customCall("1", "apply_patch", patch("*** Add File: n.txt", "+x"))]), end],
    play: answered(files, [{ decision: "cancel" }]),
  },
  {
    name: "a patch that is allowed for the session, and a second one",
    script: () => [
      respond([customCall("1", "apply_patch", patch("*** Add File: n.txt", "+x"))]),
      respond([customCall("2", "apply_patch", patch("*** Update File: n.txt", "@@", "-x", "+y"))]),
      end,
    ],
    play: answered(files, [{ decision: "acceptForSession" }]),
  },
  {
    name: "a question that an interrupt takes back",
    script: () => [respond([escalated("1", "echo no")]), end],
    async play(desk) {
      const client = await desk.connect();
      const threadId = await thread(desk, client, asking);
      const turnId = await begin(client, threadId);
      const question = await client.next(command);
      await client.call("turn/interrupt", { threadId, turnId });
      await client.next("turn/completed");
      client.answer(question, { decision: "accept" });
      await client.request("thread/loaded/list", {});
    },
  },
  {
    name: "questions of the model to the user",
    script: () => [
      respond([
        call("1", "request_user_input", {
          questions: [
            {
              id: "q1",
              header: "Color",
              question: "Which color?",
              options: [
                { label: "Red", description: "like blood" },
                { label: "Blue", description: "like the sea" },
              ],
            },
          ],
        }),
      ]),
      end,
    ],
    stage: { config: "suppress_unstable_features_warning = true\n[features]\ndefault_mode_request_user_input = true" },
    play: answered("item/tool/requestUserInput", [{ answers: { q1: { answers: ["Red"] } } }]),
  },
  {
    name: "rights for the rest of the turn",
    script: () => [
      respond([
        call("1", "request_permissions", {
          reason: "need it",
          permissions: { network: { enabled: true }, file_system: { write: ["/var/tmp"] } },
        }),
      ]),
      end,
    ],
    stage: { config: "suppress_unstable_features_warning = true\n[features]\nrequest_permissions_tool = true" },
    play: answered("item/permissions/requestApproval", [
      { permissions: { network: { enabled: true } }, scope: "turn" },
    ]),
  },
];

/** Whether a command is still running when its output is told is the machine's affair. */
/** The real one tells the end of a declined command and that nobody waits any more in either order. */
const waitsNoMore: Dialogue["wanted"] = {
  reason: "nobody waits for an answer as soon as it is there",
  change: behind(/^item\/completed .*"(declined|failed)"/, /^thread\/status\/changed .*"activeFlags":\[\]/),
};

const inEitherOrder = new Set([
  "a command that is declined",
  "a command that is cancelled",
  "an answer with an error to a command",
  "answers that mean nothing",
]);

export const approvalsDialogues = withoutPieces(
  dialogues.map((dialogue) => ({ ...dialogue, ...(inEitherOrder.has(dialogue.name) && { wanted: waitsNoMore }) })),
);
