import type { Config } from "../../config/config.ts";
import { browserLimitMs, loginTerms } from "../../host/settings/account-logins.ts";
import { claimsOf } from "../../config/secrets/login-claims.ts";
import { loginWeb } from "../../model/login/ask.ts";
import { logInByBrowser } from "../../model/login/browser-login.ts";
import { awaitDeviceLogin, startDeviceLogin } from "../../model/login/device-login.ts";
import type { NewTokens } from "../../model/login/issuer.ts";
import { keepLogin } from "../../model/login/keep-login.ts";
import { nodeSystem } from "../../system/node.ts";
import { openPage } from "../../system/open-page.ts";
import type { LoginFlags } from "./login-door.ts";

const say = (line: string): boolean => process.stderr.write(`${line}\n`);

/** Logs in with a ChatGPT account. 130 when the user gives up. */
export async function loginWithAccount(config: Config, way: "browser" | "device", flags: LoginFlags): Promise<number> {
  const { experimental_issuer: issuerUrl, experimental_clientId: clientId } = flags;
  const { issuer, rules } = await loginTerms(config, {
    ...(issuerUrl !== undefined && { issuer: issuerUrl }),
    ...(clientId !== undefined && { clientId }),
  });
  const web = loginWeb(config.environment);
  const { clock } = nodeSystem();
  const place = { codexHome: config.homes.codex, rules, now: () => clock.now() };
  const stop = new AbortController();
  const onSignal = (): void => stop.abort(new Error("given up"));
  const { signal } = stop;
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  const store = config.settings["cli_auth_credentials_store"];
  if (store !== undefined && store !== "file")
    say(`cli_auth_credentials_store = "${String(store)}": this login is kept in auth.json all the same.`);
  let who = "";
  const keep = async (tokens: NewTokens): Promise<void> => {
    await keepLogin(tokens, issuer, place);
    who = tokens.idToken.reveal();
  };
  try {
    if (way === "browser") {
      const onPage = (page: string): void => {
        tell(flags, { page }, `Log in on this page, which your browser shows if it can:\n\n${page}\n`);
        say("Without a browser on this machine: `codex-agent login --device`. Ctrl-C gives up.");
        openPage(page);
      };
      await logInByBrowser({ issuer, rules, signal, limitMs: browserLimitMs, onPage, keep }, web);
    } else {
      const started = await startDeviceLogin(issuer, web, signal);
      const minutes = Math.round(started.limitMs / 60_000);
      tell(
        flags,
        { page: started.url, userCode: started.userCode },
        `Open this page on any device, log in, and type the code, within ${minutes} minutes:\n\n${started.url}\n${started.userCode}\n`,
      );
      say("Type it only if it was you who began this login. Ctrl-C gives up.");
      const waits = { signal, now: place.now, sleep: (ms: number) => clock.sleep(ms, signal) };
      await keep(await awaitDeviceLogin(issuer, started, waits, web));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
    say("The login was given up; nothing has changed.");
    return 130;
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
  const { email, plan } = claimsOf(who);
  if (flags.json === true) tell(flags, { loggedIn: true, email, plan }, "");
  else say(`Logged in${email === null ? "" : ` as ${email}`}${plan === null ? "" : ` (plan ${plan})`}.`);
  return 0;
}

/** With `--json` one line for programs, of which there are two: where to go, and how it ended. */
function tell(flags: LoginFlags, fact: object, text: string): void {
  if (flags.json === true) process.stdout.write(`${JSON.stringify(fact)}\n`);
  else say(text);
}
