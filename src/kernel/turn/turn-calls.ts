import type { Answer, Question } from "../../protocol/questions.ts";
import { calledName, type ToolCallItem, type ToolCallOutputItem } from "../../protocol/response-items.ts";
import { withHead } from "../../tools/output-limit.ts";
import type { CallTurn, Tool } from "../../tools/tool.ts";
import { CallGate } from "./call-gate.ts";
import { CallRunner } from "./call-runner.ts";
import type { DialoguePlace } from "./dialogue.ts";
import type { CallHookPorts } from "../hooks/call-hooks.ts";
import { Interruption } from "../interruption.ts";
import type { JournalRecord } from "../journal-port.ts";
import { findTool } from "../tool-offer.ts";
import type { TurnHost } from "./turn-host.ts";
import type { TurnSetup } from "../turn-setup.ts";

/** Of what a refused call is told, in the note of it; the whole is its output. */
const mostNoted = 500;
/** Of what a script types into a command: more than the audit shows, which marks that there is more. */
const mostTyped = 2100;

/** What the calls of one turn stand on: its tools, decisions, hooks and journal. */
export class TurnCalls {
  readonly #host: TurnHost;
  readonly #setup: TurnSetup;
  readonly #turn: DialoguePlace;
  /** One for the whole turn: a script that was left running makes calls beside those of later responses. */
  readonly #gate = new CallGate();

  constructor(host: TurnHost, setup: TurnSetup, turn: DialoguePlace) {
    this.#host = host;
    this.#setup = setup;
    this.#turn = turn;
  }

  /** For the calls of one response. */
  open(tools: readonly Tool[], sampledThrough: number): CallRunner {
    const { clock, journal, newId } = this.#host;
    const setup = this.#setup;
    const place = { threadId: this.#host.threadId, turnId: this.#turn.turnId };
    const runner: CallRunner = new CallRunner(
      {
        clock,
        historyTokens: withHead(setup.outputTokens),
        newId: () => newId(),
        findTool: (call) => findTool(tools, call),
        findLate: async (call) => (await setup.lateTool?.(call, this.#turn.signal)) ?? null,
        contextFor: (call, nested) => ({
          threadId: this.#host.threadId,
          turnId: this.#turn.turnId,
          callId: call.call_id,
          cwd: setup.cwd,
          permissions: setup.permissionsFor?.(this.#turn.turnId) ?? setup.permissions,
          mode: setup.mode ?? "default",
          items: this.#host.itemSink(this.#turn.turnId),
          signal: nested ?? this.#turn.signal,
          outputTokens: setup.outputTokens,
          imageDetail: setup.model.imageDetail,
          ask: (question) => this.#ask(question),
          ...(nested === undefined && { turn: this.#callTurn(call, tools, runner) }),
        }),
        decide: ({ action, question = null }, { call_id: callId }, seen, signal) => {
          const request = { turnId: this.#turn.turnId, callId, question, signal };
          return setup.decide(action, seen === null ? request : { ...request, seen });
        },
        hooks: this.#hooks(),
        cancelled: () => this.#turn.abort(new Interruption("stopped by the user instead of an approval")),
        began: async (call, effect, typed) => {
          if (effect !== "once") return;
          const { call_id: callId } = call;
          if (typed !== null) {
            const [tool, text] = [calledName(call), typed.slice(0, mostTyped)];
            const note = { type: "typed", turn_id: place.turnId, call_id: callId, tool, text } as const;
            journal.append([{ type: "audit.noted", note }]);
          }
          journal.append([{ type: "call.started", callId }]);
          await journal.sync();
        },
        rejected: (call, message) => {
          const tool = calledName(call);
          const { turnId } = place;
          const said = message.slice(0, mostNoted);
          const note = { type: "call_rejected", turn_id: turnId, call_id: call.call_id, tool, message: said } as const;
          journal.append([{ type: "audit.noted", note }]);
          this.#host.emit({ type: "call.rejected", ...place, callId: call.call_id, tool, message });
        },
        ended: (item) => this.#keepOutput(item, sampledThrough),
      },
      this.#turn.signal,
      this.#gate,
    );
    return runner;
  }

  #hooks(): CallHookPorts | undefined {
    const { hooks } = this.#setup;
    const { hooks: turn } = this.#turn;
    if (hooks === undefined || turn === null) return undefined;
    return {
      hooks,
      fire: (event) => turn.fire(event),
      // Once the turn is stopped its calls have their outputs: what is said of them now would stand behind these.
      say: (contexts) => {
        if (!this.#turn.signal.aborted) turn.say(contexts);
      },
    };
  }

  #callTurn(call: ToolCallItem, tools: readonly Tool[], runner: CallRunner): CallTurn {
    const { steer } = this.#turn;
    return {
      tools,
      over: steer.over,
      call: (tool, input, signal) => runner.nested(tool, input, signal),
      note: (text) => {
        const output = text.toWellFormed();
        const id = `ctco_${this.#host.newId()}`;
        const name = calledName(call);
        return steer.note({ type: "custom_tool_call_output", id, call_id: call.call_id, name, output });
      },
      news: () => steer.news(),
    };
  }

  async #ask(question: Question): Promise<Answer> {
    const { turnId, signal } = this.#turn;
    const answer = (await this.#setup.ask?.(turnId, question, signal)) ?? { type: "deny" };
    if (answer.type === "cancel") this.#turn.abort(new Interruption("stopped by the user instead of an answer"));
    return answer;
  }

  /** Outputs are journaled as calls end; in the history they stand in the order of their calls. */
  #keepOutput(item: ToolCallOutputItem, sampledThrough: number): void {
    const { journal, clock, state } = this.#host;
    state.ended.push(item);
    const record: JournalRecord = {
      type: "response.item",
      turnId: this.#turn.turnId,
      item,
      sampledThrough,
      createdAtMs: clock.now(),
    };
    try {
      journal.append([record]);
    } catch (error) {
      state.unkept.push(record);
      throw error;
    }
  }
}
