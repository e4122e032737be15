/** `codex-agent sdk-demo`: the SDK's client of the app-server, tried on a server. */
import { casesOf, type DemoCase, type DemoMode, type DemoStage } from "./demo-cases.ts";

export interface DemoRequest {
  mode: DemoMode;
  model: string | null;
  /** End with the first failure. */
  strict: boolean;
  showEvents: boolean;
  prompts: { create: string | null; events: string | null; stream: string | null };
  useRealHome: boolean;
  json: boolean;
}

type Verdict = "pass" | "fail" | "skip";

interface Outcome {
  name: string;
  verdict: Verdict;
  detail: string;
  durationMs: number;
}

/** Resolves to the exit code: 1 when anything failed. */
export async function sdkDemo(request: DemoRequest): Promise<number> {
  // The library as it is shipped: loaded by this command alone.
  const { createClient, MethodNotSupportedError, NotAuthenticatedError } = await import("../../sdk/index.ts");
  const { mode, model, json, prompts } = request;
  const say = (line: string): void => {
    if (!json) process.stdout.write(`${line}\n`);
  };
  const accept = (): "accept" => "accept";
  const client = createClient({
    defaultThreadParams: { cwd: process.cwd(), sandbox: "read-only", ...(model !== null && { model }) },
    onCommandApproval: accept,
    onFileChangeApproval: accept,
  });
  const stage: DemoStage = {
    client,
    elsewhere: (home) => createClient({ env: { ...process.env, CODEX_HOME: home, AGENT_RUNTIME_DIR: home } }),
    useRealHome: request.useRealHome,
    prompts: {
      create: prompts.create ?? "Say hello in one short sentence.",
      events: prompts.events ?? "Name one file of this folder.",
      stream: prompts.stream ?? "Count from one to five in words.",
    },
    onEvent: ({ type, messageText }) => {
      if (request.showEvents) say(`  ${type}${messageText === undefined ? "" : ` ${JSON.stringify(messageText)}`}`);
    },
    threadId: "",
    review: null,
  };
  say(
    "In this demo every approval is answered with yes, in a sandbox that only reads; programs of yours say no by default.",
  );

  const verdictOf = (error: unknown): Verdict =>
    error instanceof MethodNotSupportedError || isWithoutAccount(error, NotAuthenticatedError) ? "skip" : "fail";
  const outcomes: Outcome[] = [];
  try {
    for (const each of casesOf(mode)) {
      const outcome = await tried(each, stage, verdictOf);
      outcomes.push(outcome);
      say(`[${outcome.verdict.toUpperCase()}] ${outcome.name}${outcome.detail === "" ? "" : `: ${outcome.detail}`}`);
      // Without a thread there is nothing to try.
      if (outcome.verdict === "fail" && (request.strict || stage.threadId === "")) break;
    }
  } finally {
    await client.close();
  }
  return summed(mode, outcomes, json);
}

async function tried(each: DemoCase, stage: DemoStage, verdictOf: (error: unknown) => Verdict): Promise<Outcome> {
  const start = performance.now();
  const took = (): number => Math.round(performance.now() - start);
  try {
    const detail = (await each.run(stage)) ?? "";
    return { name: each.name, verdict: "pass", detail, durationMs: took() };
  } catch (error) {
    const [detail = ""] = (error as Error).message.split("\n");
    return { name: each.name, verdict: verdictOf(error), detail, durationMs: took() };
  }
}

/** What belongs to an account fails without one; anything else that does is a failure. */
function isWithoutAccount(error: unknown, kind: new (...args: never[]) => Error & { method: string | null }): boolean {
  return error instanceof kind && error.method?.startsWith("account/") === true;
}

function summed(mode: DemoMode, outcomes: readonly Outcome[], json: boolean): number {
  const count = (verdict: Verdict): number => outcomes.filter((each) => each.verdict === verdict).length;
  const [passed, failed, skipped] = [count("pass"), count("fail"), count("skip")];
  const text = json
    ? JSON.stringify({ mode, total: outcomes.length, passed, failed, skipped, cases: outcomes })
    : `mode=${mode} total=${outcomes.length} passed=${passed} failed=${failed} skipped=${skipped}`;
  process.stdout.write(`${text}\n`);
  return failed > 0 ? 1 : 0;
}
