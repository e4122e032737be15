import { request } from "node:http";
import { expect, test, vi } from "vitest";
import { BodyBudget } from "../../src/proxy/http/body.ts";
import { chatText } from "../support/fake-chat.ts";
import { bridgeTo, post } from "./on-stage.ts";
import { untilPasses } from "../support/until.ts";

/** The status of a request that names a host. */
const asked = (url: string, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request(`${url}/models`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject);
    sent.end();
  });

test("a name in the Host header counts where it is allowed, and no other does", async () => {
  const { bridge } = await bridgeTo([], { allowedHosts: ["Models.Example"] });
  const { port } = new URL(bridge.url);
  for (const host of ["models.example", `models.example:${port}`, "localhost", "127.0.0.1:1", "[::1]"])
    expect(await asked(bridge.url, host), host).not.toBe(403);
  for (const host of ["models.example.evil", "evil.example", "xmodels.example", "0.0.0.0"])
    expect(await asked(bridge.url, host), host).toBe(403);
});

test("bodies beyond what all may take at once are refused, until others have been answered", () => {
  const budget = new BodyBudget(10);
  budget.take(6);
  expect(() => budget.take(5)).toThrow(/too much/);
  budget.take(4);
  budget.give(6);
  expect(() => budget.take(6)).not.toThrow();
});

test("what a body took is given back, whether it was answered, refused, or its client went", async () => {
  const take = vi.spyOn(BodyBudget.prototype, "take");
  const give = vi.spyOn(BodyBudget.prototype, "give");
  const sum = (spy: { mock: { calls: [number][] } }): number => spy.mock.calls.reduce((all, [bytes]) => all + bytes, 0);
  const { bridge } = await bridgeTo(() => chatText("Hi"), { maxBodyBytes: 100_000 });
  await (await post(bridge, { model: "m", input: "hi" })).text();
  await (await post(bridge, "no JSON")).text();
  const leaving = request(`${bridge.url}/responses`, { method: "POST", headers: { "content-length": "50000" } });
  leaving.on("error", () => undefined);
  leaving.write("x".repeat(1000));
  await untilPasses(() => expect(sum(take)).toBeGreaterThan(1000));
  leaving.destroy();
  await untilPasses(() => expect(sum(give)).toBe(sum(take)));
});
