import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { authJson, startFakeIssuer, type FakeIssuer, type IssuerOptions } from "../../support/fake-issuer.ts";
import { holdLoginPorts } from "../../support/login-ports.ts";
import { configFile, makeStage, oracle, ours, run, type Binary, type Outcome, type Stage } from "../../support/run.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

interface Place {
  issuer: FakeIssuer;
  stage: Stage;
  file: string;
  stored(): { tokens: Record<string, string> } & Record<string, unknown>;
  say(...argv: string[]): Promise<Outcome>;
}

/** A home whose ChatGPT is the issuer's own backend; `expiresIn`: with a login already. */
async function place(options: IssuerOptions = {}, expiresIn?: number): Promise<Place> {
  const issuer = await startFakeIssuer(options);
  closing.push(() => issuer.close());
  const homeFiles = {
    "config.toml": `model = "gpt-5.5"\nchatgpt_base_url = "${issuer.backend}"\n`,
    ...(expiresIn !== undefined && { "auth.json": authJson(issuer, issuer.grant(expiresIn)) }),
  };
  const stage = await makeStage({ homeFiles, git: true });
  closing.push(() => stage.dispose());
  const file = join(stage.codexHome, "auth.json");
  return {
    issuer,
    stage,
    file,
    stored: () => JSON.parse(readFileSync(file, "utf8")),
    say: (...argv) => run(ours(), stage, argv),
  };
}

interface Login {
  child: ChildProcessWithoutNullStreams;
  /** The first text on either stream that fits. */
  heard(pattern: RegExp): Promise<string>;
  end: Promise<{ code: number | null; stdout: string; stderr: string }>;
}

function start(binary: Binary, stage: Stage, argv: readonly string[], env: Record<string, string> = {}): Login {
  const child = spawn(binary.path, argv, { cwd: stage.workspace, env: { ...stage.env, ...env } });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  closing.push(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const said = { stdout: "", stderr: "" };
  const listeners = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const)
    child[name].on("data", (chunk: Buffer) => {
      said[name] += chunk.toString("utf8");
      for (const listener of listeners) listener();
    });
  return {
    child,
    heard: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = pattern.exec(`${said.stdout}\n${said.stderr}`);
          if (found === null) return;
          listeners.delete(look);
          resolve(found[1] ?? found[0]);
        };
        listeners.add(look);
        child.on("close", () => reject(new Error(`ended without ${String(pattern)}: ${said.stdout}${said.stderr}`)));
        look();
      }),
    end: new Promise((resolve) => child.on("close", (code) => resolve({ code, ...said }))),
  };
}

/** Conditions are waited for, however busy the machine is. */
const patient = { timeout: 60_000, interval: 2 };

const pagePattern = /(http\S+\/oauth\/authorize\S+)/;

async function browserLogin({ issuer, stage }: Place): Promise<{ login: Login; page: string }> {
  closing.push(await holdLoginPorts());
  const login = start(ours(), stage, ["login", "--chatgpt", "--experimental_issuer", issuer.url]);
  return { login, page: await login.heard(pagePattern) };
}

/** What a server says to such a request. */
function visit(
  url: URL,
  headers: Record<string, string> = {},
  method = "GET",
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString("utf8")));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asked.on("error", reject);
    asked.end();
  });
}

it("a login in the browser is kept as Codex keeps it, and the real Codex takes it for its own", async () => {
  const here = await place();
  const { issuer, stage, file, stored, say } = here;
  writeFileSync(file, JSON.stringify({ auth_mode: "apikey", OPENAI_API_KEY: "sk-old", of_tomorrow: [1] }), {
    mode: 0o644,
  });
  const { login, page } = await browserLogin(here);
  const asked = new URL(page).searchParams;
  expect(Object.fromEntries(asked)).toMatchObject({
    response_type: "code",
    client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
    code_challenge_method: "S256",
    originator: "codex_agent",
  });
  expect(asked.get("redirect_uri")).toMatch(/^http:\/\/127\.0\.0\.1:(1455|1457)\/auth\/callback$/);
  const back = await visit(issuer.visit(page));
  expect(back).toMatchObject({ status: 200, text: expect.stringContaining("You are logged in") });
  const { code, stdout, stderr } = await login.end;
  expect([code, stderr]).toEqual([0, expect.stringContaining("Logged in as me@example.test (plan plus).")]);
  const auth = stored();
  expect(Object.keys(auth)).toEqual(["auth_mode", "OPENAI_API_KEY", "tokens", "last_refresh", "of_tomorrow"]);
  expect(auth).toMatchObject({ auth_mode: "chatgpt", OPENAI_API_KEY: null, of_tomorrow: [1] });
  expect(Object.keys(auth.tokens)).toEqual([
    "id_token",
    "access_token",
    "refresh_token",
    "oauth_provenance",
    "login_owner_id",
    "account_id",
  ]);
  expect(auth.tokens).toMatchObject({ account_id: "account-1", oauth_provenance: { issuer: issuer.url } });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  for (const secret of [auth.tokens["access_token"]!, auth.tokens["refresh_token"]!, auth.tokens["id_token"]!])
    expect(stdout + stderr).not.toContain(secret);
  for (const binary of [ours(), oracle()])
    expect(await run(binary, stage, ["login", "status"])).toMatchObject({
      code: 0,
      stderr: "Logged in using ChatGPT\n",
    });
  expect((await say("whoami")).stdout).toBe(
    `OpenAI (${issuer.backend}codex)\nChatGPT account me@example.test, plan plus, workspace account-1\n`,
  );
  expect(JSON.parse((await say("whoami", "--json")).stdout)).toMatchObject({
    loggedIn: true,
    key: null,
    account: { email: "me@example.test", plan: "plus", workspace: "account-1" },
  });
});

it("nobody but the browser that was sent ends a login, and it does so once", async () => {
  const here = await place();
  const { issuer, file } = here;
  const { login, page } = await browserLogin(here);
  const right = issuer.visit(page);
  const changed = (change: (url: URL) => void): URL => {
    const url = new URL(right);
    change(url);
    return url;
  };
  const refused: [string, Promise<{ status: number }>][] = [
    ["another state", visit(changed((url) => url.searchParams.set("state", "x".repeat(43))))],
    ["no state", visit(changed((url) => url.searchParams.delete("state")))],
    ["an error without the state", visit(changed((url) => (url.search = "?error=access_denied")))],
    ["another host", visit(right, { host: "evil.example" })],
    ["another host with our port", visit(right, { host: `evil.example:${right.port}` })],
    ["another path", visit(changed((url) => (url.pathname = "/success")))],
    ["Codex's way to cancel", visit(changed((url) => (url.pathname = "/cancel")))],
    ["another method", visit(right, {}, "POST")],
    ["a long query", visit(changed((url) => url.searchParams.set("more", "x".repeat(9000))))],
  ];
  for (const [name, answer] of refused) expect([name, (await answer).status >= 400]).toEqual([name, true]);
  const huge = changed((url) => url.searchParams.set("more", "x".repeat(200_000)));
  expect((await visit(huge).catch(() => ({ status: 400 }))).status).toBeGreaterThanOrEqual(400);
  expect(issuer.asked("/oauth/token")).toEqual([]);
  expect(existsSync(file)).toBe(false);
  const answers = await Promise.all([visit(right), visit(right)]);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
  expect((await login.end).code).toBe(0);
  expect(issuer.asked("/oauth/token")).toHaveLength(1);
});

it("a login that is refused in the browser fails with its reason, and leaves the one before", async () => {
  const here = await place({}, 3600);
  const before = readFileSync(here.file, "utf8");
  const { login, page } = await browserLogin(here);
  expect((await visit(here.issuer.visit(page, "access_denied"))).text).toContain("failed");
  expect(await login.end).toMatchObject({ code: 1, stderr: expect.stringContaining("access_denied") });
  expect(readFileSync(here.file, "utf8")).toBe(before);
});

it("a login that is given up with Ctrl-C ends at once and leaves the one before", async () => {
  const here = await place({}, 3600);
  const before = readFileSync(here.file, "utf8");
  const { login } = await browserLogin(here);
  login.child.kill("SIGINT");
  expect(await login.end).toMatchObject({ code: 130, stderr: expect.stringContaining("given up") });
  expect(readFileSync(here.file, "utf8")).toBe(before);
});

it("the browser is opened, but by no program of the folder that the user stands in", async () => {
  const here = await place();
  const { issuer, stage } = here;
  const opener = (folder: string, sign: string): void => {
    mkdirSync(folder);
    writeFileSync(join(folder, "xdg-open"), `#!/bin/sh\necho "$1" > ${join(stage.root, sign)}\n`, { mode: 0o755 });
  };
  opener(join(stage.workspace, "bin"), "planted");
  opener(join(stage.root, "bin"), "opened");
  closing.push(await holdLoginPorts());
  const PATH = [join(stage.workspace, "bin"), join(stage.root, "bin"), stage.env["PATH"]].join(":");
  const login = start(ours(), stage, ["login", "--chatgpt", "--experimental_issuer", issuer.url], { PATH });
  const page = await login.heard(pagePattern);
  await expect
    .poll(() => existsSync(join(stage.root, "opened")) && readFileSync(join(stage.root, "opened"), "utf8"), patient)
    .toBe(`${page}\n`);
  expect(existsSync(join(stage.root, "planted"))).toBe(false);
  login.child.kill("SIGTERM");
  expect((await login.end).code).toBe(130);
});

const pending = { status: 403, body: { error: "authorization_pending" } };

it("a login by code waits until its user has typed it, and slower where it is asked to", async () => {
  const here = await place({ devicePolls: [pending, { status: 404, body: {} }, pending] });
  const { issuer, stage, stored } = here;
  const login = start(ours(), stage, ["login", "--device", "--json", "--experimental_issuer", issuer.url]);
  const { code, stdout } = await login.end;
  expect(code).toBe(0);
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { page: `${issuer.url}/codex/device`, userCode: "ABCD-1234" },
    { loggedIn: true, email: "me@example.test", plan: "plus" },
  ]);
  expect(issuer.asked("/api/accounts/deviceauth/token").map(({ body }) => body)).toEqual(
    Array.from({ length: 4 }, () => ({ device_auth_id: "device-1", user_code: "ABCD-1234" })),
  );
  expect(stored().tokens["account_id"]).toBe("account-1");
});

it.each([
  ["access_denied", { status: 400, body: { error: { code: "access_denied" } } }],
  ["expired_token", { status: 403, body: { error: "expired_token" } }],
  ["500", { status: 500, body: {} }],
])("a login by code that ends with %s says so", async (word, poll) => {
  const { issuer, stage, file } = await place({ devicePolls: [pending, poll] });
  const ended = await run(ours(), stage, ["login", "--device", "--experimental_issuer", issuer.url]);
  expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining(word) });
  expect(existsSync(file)).toBe(false);
});

it("a login by code can be given up while it waits", async () => {
  const { issuer, stage } = await place({ deviceInterval: "200", devicePolls: [pending] });
  const login = start(ours(), stage, ["login", "--device", "--experimental_issuer", issuer.url]);
  await expect.poll(() => issuer.asked("/api/accounts/deviceauth/token").length, patient).toBe(1);
  login.child.kill("SIGINT");
  expect((await login.end).code).toBe(130);
});

it("tokens go to no issuer in the open, and not to a workspace that may not log in", async () => {
  const { issuer, stage, file } = await place();
  const open = await run(ours(), stage, ["login", "--device", "--experimental_issuer", "http://issuer.example"]);
  expect(open).toMatchObject({ code: 1, stderr: expect.stringContaining("https URL") });
  const forced = ["-c", "forced_chatgpt_workspace_id=other"];
  const refused = await run(ours(), stage, ["login", "--device", "--experimental_issuer", issuer.url, ...forced]);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("allows other alone") });
  expect(existsSync(file)).toBe(false);
  const key = ["login", "--api-key-stdin", "-c", 'forced_login_method="chatgpt"'];
  const forbidden = await run(ours(), stage, key, { stdin: "sk-key" });
  expect(forbidden).toMatchObject({ code: 1, stderr: expect.stringContaining("forced_login_method") });
  expect(existsSync(file)).toBe(false);
  const two = await run(ours(), stage, ["login", "--device", "--api-key-stdin"]);
  expect(two).toMatchObject({ code: 1, stderr: expect.stringContaining("Choose one") });
});

it("requests go to ChatGPT with the login; a refused token is renewed and the request sent again, once", async () => {
  const { issuer, stored, say } = await place({}, 3600);
  const first = stored().tokens["access_token"]!;
  issuer.refuseAccess(first);
  const turn = await say("exec", "hi");
  expect(turn).toMatchObject({ code: 0, stdout: "hello\n" });
  const requests = issuer.asked("/backend-api/codex/responses");
  expect(requests.map(({ headers }) => headers.authorization)).toEqual([
    `Bearer ${first}`,
    `Bearer ${stored().tokens["access_token"]}`,
  ]);
  expect(requests[1]!.headers["chatgpt-account-id"]).toBe("account-1");
  expect(requests[1]!.body).toMatchObject({ stream: true, store: false });
  const unsupported = ["temperature", "top_p", "max_output_tokens", "metadata", "truncation", "previous_response_id"];
  for (const name of unsupported) expect(requests[1]!.body).not.toHaveProperty(name);
  expect(issuer.asked("/oauth/token")[0]!.body["refresh_reason"]).toBe("unauthorized_recovery");
  expect(stored()).toMatchObject({ of_tomorrow: { also: "kept" } });
});

it("a token that is refused again after its renewal ends the turn with what to do, and shows no token", async () => {
  const { issuer, stored, say } = await place({}, 3600);
  issuer.refuseAccess(stored().tokens["access_token"]!);
  issuer.onRefresh = () => issuer.refuseRefresh("refresh-token-1", "refresh_token_expired");
  const turn = await say("exec", "--json", "hi");
  expect(turn.code).toBe(1);
  expect(turn.stdout).toContain("log in again with `codex-agent login`");
  expect(issuer.asked("/oauth/token")).toHaveLength(1);
  for (const secret of Object.values(stored().tokens).filter((value) => typeof value === "string"))
    if (secret.length > 20) expect(turn.stdout + turn.stderr).not.toContain(secret);
});

it.each([
  ['forced_login_method="api"', "forced_login_method"],
  ['forced_chatgpt_workspace_id=["one","two"]', "allows one, two alone"],
])("a login that %s does not allow is not used", async (rule, said) => {
  const { issuer, say } = await place({}, 3600);
  const turn = await say("exec", "-c", rule, "hi");
  expect([turn.code, turn.stderr]).toEqual([1, expect.stringContaining(said)]);
  expect(issuer.requests).toEqual([]);
});

it("CODEX_API_KEY goes before the login, whose tokens then go nowhere", async () => {
  const { issuer, stage } = await place({}, -10);
  const base = `openai_base_url="${issuer.backend}codex"`;
  const turn = await run(ours(), stage, ["exec", "-c", base, "hi"], { env: { CODEX_API_KEY: "sk-given" } });
  expect(turn.code).toBe(1);
  expect(issuer.asked("/oauth/token")).toEqual([]);
  const sent = issuer.asked("/backend-api/codex/responses").map(({ headers }) => headers.authorization);
  expect(new Set(sent)).toEqual(new Set(["Bearer sk-given"]));
});

/** Whether the process has that file open. */
function hasOpen(pid: number, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((name) => readlinkSync(`/proc/${pid}/fd/${name}`) === path);
  } catch {
    return false;
  }
}

it("two processes that need a new token at once make one renewal, and both go on", async () => {
  const { issuer, stage } = await place({}, -10);
  const processes: Login[] = [];
  const lock = join(stage.codexHome, "auth.renewal.lock");
  const bothAreThere = (): boolean =>
    issuer.asked("/oauth/token").length > 1 ||
    (processes.length === 2 && processes.every(({ child }) => hasOpen(child.pid ?? 0, lock)));
  issuer.onRefresh = () => expect.poll(bothAreThere, patient).toBe(true);
  for (let count = 0; count < 2; count++) processes.push(start(ours(), stage, ["exec", "hi"]));
  for (const process of processes) process.child.stdin.end();
  const ends = await Promise.all(processes.map(({ end }) => end));
  expect(ends.map(({ code, stdout }) => [code, stdout])).toEqual([
    [0, "hello\n"],
    [0, "hello\n"],
  ]);
  expect(issuer.asked("/oauth/token")).toHaveLength(1);
});

it("the real Codex and ours take turns at renewing one login", async () => {
  const { issuer, stage, stored } = await place({ deviceInterval: "1" });
  const login = await run(oracle(), stage, ["login", "--device-auth", "--experimental_issuer", issuer.url]);
  expect(login.code).toBe(0);
  const config = `model = "gpt-5.5"\nchatgpt_base_url = "${issuer.backend}"`;
  const file = configFile(`${issuer.backend}codex`, { config, provider: "requires_openai_auth = true" });
  // A provider of one's own: for the built-in one it insists on https.
  writeFileSync(join(stage.codexHome, "config.toml"), file.replace('env_key = "FAKE_KEY"\n', ""));
  for (const [turn, binary] of [ours(), oracle(), ours()].entries()) {
    expect(stored().tokens["refresh_token"]).toBe(`refresh-token-${turn + 1}`);
    issuer.refuseAccess(stored().tokens["access_token"]!);
    expect((await run(binary, stage, ["exec", "hi"])).stdout).toBe("hello\n");
  }
  expect(stored().tokens["refresh_token"]).toBe("refresh-token-4");
});

it("logging out takes the tokens back and forgets them, also where the issuer does not answer", async () => {
  const { issuer, file, say } = await place({}, 3600);
  expect(await say("logout")).toMatchObject({ code: 0, stderr: "Successfully logged out\n" });
  expect(existsSync(file)).toBe(false);
  expect(issuer.asked("/oauth/revoke").map(({ body }) => body)).toEqual([
    {
      token: "refresh-token-1",
      token_type_hint: "refresh_token",
      client_id: "app_EMoamEEZ73f0CkXaXp7hrann",
    },
  ]);
  expect(await say("logout")).toMatchObject({ code: 0, stderr: "Not logged in\n" });
  writeFileSync(file, authJson({ ...issuer, url: "http://127.0.0.1:9" }, issuer.grant(1)));
  const deaf = await say("logout");
  expect(deaf).toMatchObject({ code: 0, stderr: expect.stringContaining("Successfully logged out") });
  expect(deaf.stderr).toContain("did not answer");
  expect(existsSync(file)).toBe(false);
});
