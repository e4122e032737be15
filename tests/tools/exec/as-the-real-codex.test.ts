import { describe, expect, test } from "vitest";
import { openHarness, sessionOf, type Harness } from "./harness.ts";
import { runRealCodex, type Call, type Step } from "./real-codex.ts";

const command = (input: object): Call => ({ name: "exec_command", arguments: { ...input } });

/** What differs from run to run (TS-5). */
const normal = (output: string): string =>
  output
    .replace(/^Chunk ID: [0-9a-f]{6}$/m, "Chunk ID: X")
    .replace(/^Wall time: \d+\.\d{4} seconds$/m, "Wall time: N seconds")
    .replace(/session ID \d+/, "session ID N")
    .replace(/Unknown process id \d+/, "Unknown process id N")
    .replace(/ at line 1 column \d+$/, "");

/** What each call was answered with, and which items were completed, in no order. */
interface Told {
  answers: [asked: unknown, output: string][];
  items: string[];
}

/** The same calls on both. */
async function tell(steps: Step[]): Promise<{ real: Told; ours: Told }> {
  const calls: Call[] = [];
  const recorded = steps.map((step) => (outputs: string[]) => {
    const made = step(outputs);
    calls.push(...made);
    return made;
  });
  const real = await runRealCodex(recorded);
  const harness = openHarness();
  const outputs: string[] = [];
  for (const step of steps) {
    outputs.push(...(await Promise.all(step(outputs).map((call) => answer(harness, call)))));
  }
  const answers = (texts: string[]): Told["answers"] =>
    calls.map((call, index) => [call.arguments, normal(texts[index] ?? "no answer")]);
  const completed = real.events.flatMap(({ type, item }) =>
    type === "item.completed" && item?.["type"] === "command_execution" ? [item] : [],
  );
  return {
    real: {
      answers: answers(real.outputs),
      items: completed
        .map((item) => JSON.stringify([item["aggregated_output"], item["exit_code"], item["status"]]))
        .sort(),
    },
    ours: {
      answers: answers(outputs),
      items: harness.completed
        .map((item) => JSON.stringify([item.aggregatedOutput, item.exitCode, item.status]))
        .sort(),
    },
  };
}

/** A call that is refused before it begins answers with its error. */
async function answer(harness: Harness, call: Call): Promise<string> {
  try {
    return await harness.run(call.name, call.arguments);
  } catch (error) {
    return (error as Error).message;
  }
}

describe("as the real Codex tells it", () => {
  test("what commands write, of every size and kind", async () => {
    const { real, ours } = await tell([
      () =>
        [
          { cmd: "echo hi" },
          { cmd: "" },
          { cmd: "exit 7" },
          { cmd: "kill -9 $$" },
          { cmd: "cat; echo end" },
          { cmd: String.raw`printf '\377\376a\303'` },
          { cmd: "tty -s; stty size; echo $TERM", tty: true, login: false },
          { cmd: "echo x >/dev/stderr" },
          { cmd: "sleep 50 & echo main; exit 3" },
          { cmd: "exec >&- 2>&-; exit 4" },
          { cmd: "no_such_command_here" },
          { cmd: "echo $0 $- $#; shopt login_shell", login: false },
          { cmd: "pwd", workdir: "/nonexistent" },
          { cmd: "echo $0", shell: "sh" },
          { cmd: "echo $0", shell: "fish" },
        ].map(command),
    ]);
    expect(ours).toEqual(real);
  });

  test("how output is shortened", async () => {
    const repeat = (text: string): string => `printf '${text}'`;
    const { real, ours } = await tell([
      () =>
        [
          { cmd: "seq 1 5", max_output_tokens: 0 },
          { cmd: "seq 1 5", max_output_tokens: 1 },
          { cmd: "seq 1 50", max_output_tokens: 3 },
          { cmd: repeat(""), max_output_tokens: 0 },
          { cmd: repeat("a\\n\\n\\n"), max_output_tokens: 0 },
          { cmd: repeat("a\\r\\nb\\rc"), max_output_tokens: 0 },
          { cmd: repeat("aéééééééééééé"), max_output_tokens: 1 },
          { cmd: repeat("€€€€€€€€€€€€"), max_output_tokens: 2 },
          { cmd: repeat("😀😀😀😀😀😀"), max_output_tokens: 1 },
          { cmd: repeat("\\377".repeat(9)), max_output_tokens: 2 },
          { cmd: "head -c 40000 /dev/zero | tr '\\0' a" },
          { cmd: "head -c 40001 /dev/zero | tr '\\0' a" },
          { cmd: "seq 1 20000", max_output_tokens: 20_000 },
          { cmd: "seq 1 20000", max_output_tokens: 777 },
          { cmd: "head -c 1048576 /dev/zero | tr '\\0' a" },
          { cmd: "head -c 1048577 /dev/zero | tr '\\0' a" },
          { cmd: "seq 1 300000" },
          { cmd: "seq 1 300000", max_output_tokens: 20 },
        ].map(command),
    ]);
    expect(ours).toEqual(real);
  });

  test("what calls are refused for", async () => {
    const { real, ours } = await tell([
      () => [
        command({}),
        command({ cmd: "x", max_output_tokens: -1 }),
        command({ cmd: "x", max_output_tokens: 1.5 }),
        command({ cmd: "x", yield_time_ms: -5 }),
        { name: "write_stdin", arguments: {} },
        { name: "write_stdin", arguments: { session_id: 1 } },
      ],
    ]);
    expect(ours).toEqual(real);
  });

  test("how a command goes on", async () => {
    const type = (session: number, input: object): Call => ({
      name: "write_stdin",
      arguments: { session_id: session, ...input },
    });
    const { real, ours } = await tell([
      () => [
        command({ cmd: "cat; echo end", tty: true, yield_time_ms: 1000 }),
        command({
          cmd: "trap 'echo INT; exit 5' INT; echo ready; while :; do sleep 0.1; done",
          yield_time_ms: 3000,
        }),
        command({ cmd: "echo a; sleep 6; echo b; exit 6", yield_time_ms: 3000 }),
      ],
      (outputs) => [
        type(sessionOf(outputs[0]!), { chars: "hello\n", yield_time_ms: 3000 }),
        type(sessionOf(outputs[1]!), { chars: "\u0003", yield_time_ms: 30_000 }),
        type(sessionOf(outputs[2]!), { yield_time_ms: 30_000 }),
      ],
      (outputs) => [
        type(sessionOf(outputs[0]!), { chars: "\u0004", yield_time_ms: 30_000 }),
        type(sessionOf(outputs[1]!), {}),
      ],
    ]);
    expect(ours).toEqual(real);
  });
});
