import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { loginWeb } from "../../../src/model/login/ask.ts";
import { listenForBrowser } from "../../../src/model/login/callback-server.ts";
import { awaitDeviceLogin, startDeviceLogin } from "../../../src/model/login/device-login.ts";
import { chosenIssuer } from "../../../src/model/login/issuer.ts";
import { startFakeIssuer, type IssuerOptions } from "../../support/fake-issuer.ts";

/** A login by code whose waits pass at once; how long each would have been, in seconds. */
async function device(options: IssuerOptions): Promise<{ pauses: number[]; end: Promise<unknown> }> {
  const fake = await startFakeIssuer(options);
  onTestFinished(() => fake.close());
  const issuer = chosenIssuer({ issuer: fake.url }, {});
  const web = loginWeb({});
  const { signal } = new AbortController();
  const pauses: number[] = [];
  let clock = 0;
  const sleep = async (ms: number): Promise<void> => {
    pauses.push(ms / 1000);
    clock += ms;
  };
  const started = await startDeviceLogin(issuer, web, signal);
  return { pauses, end: awaitDeviceLogin(issuer, started, { now: () => clock, sleep, signal }, web) };
}

const pending = { status: 403, body: { error: "authorization_pending" } };
const slower = { status: 400, body: { error: "slow_down" } };

it("a login by code asks as often as it is told to, and less often where that is too much", async () => {
  const devicePolls = [pending, slower, pending, { status: 429, body: {} }];
  const { pauses, end } = await device({ deviceInterval: "3", devicePolls });
  await end;
  expect(pauses).toEqual([3, 8, 8, 13]);
});

it.each(["0", "-1", "nonsense", "100000"])(
  "a pause of %s seconds is none to keep: it is five",
  async (deviceInterval) => {
    const { pauses, end } = await device({ deviceInterval, devicePolls: [pending] });
    await end;
    expect(pauses).toEqual([5]);
  },
);

it("a code that nobody uses is given up when it has run out", async () => {
  const devicePolls = Array.from({ length: 20 }, () => pending);
  const { pauses, end } = await device({ deviceInterval: "100", devicePolls });
  await expect(end).rejects.toThrow("Nobody has used the code in 15 minutes");
  expect(pauses).toHaveLength(8);
});

async function taken(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

it("the browser comes back to the next port where another program has the first, and to none where all are taken", async () => {
  const [first, second] = [await taken(), await taken()];
  const callback = await listenForBrowser("state", [first, 0]);
  expect(callback.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/auth\/callback$/);
  callback.stop();
  await expect(listenForBrowser("state", [first, second])).rejects.toMatchObject({
    code: "config",
    message: expect.stringContaining("--device"),
  });
});
