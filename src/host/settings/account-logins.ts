import type { Config } from "../../config/config.ts";
import { assertLogin, loginRules, type LoginRules } from "../../config/secrets/login-rules.ts";
import { loginWeb } from "../../model/login/ask.ts";
import { logInByBrowser } from "../../model/login/browser-login.ts";
import { awaitDeviceLogin, startDeviceLogin } from "../../model/login/device-login.ts";
import { chosenIssuer, type Issuer } from "../../model/login/issuer.ts";
import { keepLogin } from "../../model/login/keep-login.ts";
import { AgentError } from "../../protocol/errors.ts";
import type { ResultOf } from "../../protocol/methods.ts";
import type { Ids } from "../../system/ids.ts";
import type { System } from "../../system/ports.ts";

export interface LoginTerms {
  readonly issuer: Issuer;
  readonly rules: LoginRules;
}

/** How long a user may take in the browser. */
export const browserLimitMs = 10 * 60_000;

/** What configuration and environment say of logins with an account. @throws AgentError where there may be none */
export async function loginTerms(
  config: Config,
  named: { issuer?: string; clientId?: string } = {},
): Promise<LoginTerms> {
  const rules = await loginRules(config.settings, "/etc/codex");
  assertLogin(rules, "chatgpt");
  return { issuer: chosenIssuer(named, config.environment), rules };
}

interface Waiting {
  readonly stop: AbortController;
  readonly done: Promise<void>;
  hasEnded: boolean;
}

/** Logins with an account that wait for their user. One at a time: the port that browsers come back to is one. */
export class AccountLogins {
  readonly #ids: Ids;
  readonly #waiting = new Map<string, Waiting>();

  constructor(ids: Ids) {
    this.#ids = ids;
  }

  async begin(config: Config, way: "browser" | "device", system: System): Promise<ResultOf<"account/login/begin">> {
    const terms = await loginTerms(config);
    for (const { stop, done } of this.#waiting.values()) {
      stop.abort(new AgentError("interrupted", "Another login has begun"));
      await done.catch(() => {});
    }
    const loginId = this.#ids.uuid();
    const stop = new AbortController();
    const begun = way === "browser" ? inBrowser(terms, config, system, stop) : onDevice(terms, config, system, stop);
    const { page, userCode, done } = await begun;
    const login: Waiting = { stop, done, hasEnded: false };
    this.#waiting.clear();
    this.#waiting.set(loginId, login);
    // Whoever waits hears of it; nobody has to.
    const end = (): void => {
      login.hasEnded = true;
    };
    done.then(end, end);
    return { loginId, page, userCode };
  }

  async wait(loginId: string): Promise<Record<string, never>> {
    const waiting = this.#waiting.get(loginId);
    if (waiting === undefined) throw new AgentError("usage", `no login has the id ${loginId}`);
    await waiting.done;
    return {};
  }

  cancel(loginId: string): { canceled: boolean } {
    const waiting = this.#waiting.get(loginId);
    if (waiting === undefined || waiting.hasEnded || waiting.stop.signal.aborted) return { canceled: false };
    waiting.stop.abort(new AgentError("interrupted", "The login was canceled"));
    return { canceled: true };
  }
}

interface Begun {
  readonly page: string;
  readonly userCode: string | null;
  readonly done: Promise<void>;
}

const placeOf = (terms: LoginTerms, config: Config, { clock }: System) => ({
  codexHome: config.homes.codex,
  rules: terms.rules,
  now: () => clock.now(),
});

async function inBrowser(terms: LoginTerms, config: Config, system: System, stop: AbortController): Promise<Begun> {
  let opened: (page: string) => void = () => {};
  const page = new Promise<string>((resolve) => {
    opened = resolve;
  });
  const done = logInByBrowser(
    {
      ...terms,
      signal: stop.signal,
      limitMs: browserLimitMs,
      onPage: opened,
      keep: (tokens) => keepLogin(tokens, terms.issuer, placeOf(terms, config, system)),
    },
    loginWeb(config.environment),
  );
  // Without a page there never was a login.
  const failed = done.then(() => "");
  return { page: await Promise.race([page, failed]), userCode: null, done };
}

async function onDevice(terms: LoginTerms, config: Config, system: System, stop: AbortController): Promise<Begun> {
  const web = loginWeb(config.environment);
  const { issuer } = terms;
  const { signal } = stop;
  const started = await startDeviceLogin(issuer, web, signal);
  const { clock } = system;
  const waits = { signal, now: () => clock.now(), sleep: (ms: number) => clock.sleep(ms, signal) };
  const done = awaitDeviceLogin(issuer, started, waits, web).then((tokens) =>
    keepLogin(tokens, issuer, placeOf(terms, config, system)),
  );
  return { page: started.url, userCode: started.userCode, done };
}
