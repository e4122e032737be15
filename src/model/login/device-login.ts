import { AgentError } from "../../protocol/errors.ts";
import { ask, type Web } from "./ask.ts";
import { codeOf, exchangeCode, refusedBy, type Issuer, type NewTokens } from "./issuer.ts";

/** What the user needs to log in on any device. */
export interface DevicePrompt {
  readonly url: string;
  readonly userCode: string;
  /** How long the code is good, milliseconds. */
  readonly limitMs: number;
}

interface Started extends DevicePrompt {
  readonly id: string;
  readonly pauseMs: number;
}

/** Waits that the caller can give up. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

const usualLimitMs = 15 * 60_000;
const usualPauseMs = 5000;
const slowerMs = 5000;

/** Asks for a code. @throws AgentError */
export async function startDeviceLogin(issuer: Issuer, web: Web, signal: AbortSignal): Promise<Started> {
  const url = `${issuer.url}/api/accounts/deviceauth/usercode`;
  const answer = await ask(url, { json: { client_id: issuer.clientId }, signal }, web);
  if (answer.status === 404)
    throw new AgentError("not_supported", `${issuer.url} has no login by code; log in with \`codex-agent login\``);
  const { fields } = answer;
  const [id, userCode] = [fields["device_auth_id"], fields["user_code"] ?? fields["usercode"]];
  if (
    answer.status !== 200 ||
    typeof id !== "string" ||
    typeof userCode !== "string" ||
    !/^[\w-]{1,64}$/.test(userCode)
  )
    throw refusedBy(issuer, "there is no code to log in with", answer);
  const seconds = Number(fields["interval"]);
  return {
    id,
    userCode,
    url: `${issuer.url}/codex/device`,
    limitMs: usualLimitMs,
    pauseMs: seconds > 0 && seconds <= 300 ? seconds * 1000 : usualPauseMs,
  };
}

/** Asks until the user has logged in. @throws AgentError; the signal's reason */
export async function awaitDeviceLogin(
  issuer: Issuer,
  started: Started,
  { now, sleep, signal }: { now: () => number; sleep: Sleep; signal: AbortSignal },
  web: Web,
): Promise<NewTokens> {
  const end = now() + started.limitMs;
  const json = { device_auth_id: started.id, user_code: started.userCode };
  let { pauseMs } = started;
  for (;;) {
    const answer = await ask(`${issuer.url}/api/accounts/deviceauth/token`, { json, signal }, web);
    const { authorization_code: code, code_verifier: verifier } = answer.fields;
    if (answer.status === 200 && typeof code === "string" && typeof verifier === "string")
      return exchangeCode(issuer, { code, verifier, redirectUri: `${issuer.url}/deviceauth/callback`, signal }, web);
    const said = codeOf(answer);
    if (answer.status === 429 || said === "slow_down") pauseMs += slowerMs;
    else if (said === "access_denied" || said === "expired_token" || (answer.status !== 403 && answer.status !== 404))
      throw refusedBy(issuer, "the login came to nothing", answer);
    if (now() + pauseMs >= end)
      throw new AgentError("unauthorized", `Nobody has used the code in ${started.limitMs / 60_000} minutes`);
    await sleep(pauseMs, signal);
  }
}
