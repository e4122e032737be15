import { expect, it } from "vitest";
import { TurnQueue } from "../../src/sdk/turn-queue.ts";

it("lets nobody past who is still at it, when one that waits gives up", async () => {
  const queue = new TurnQueue();
  const [first, second, third] = [queue.enter(), queue.enter(), queue.enter()];
  const order: string[] = [];
  const done = third.turn.then(() => order.push("third"));
  await first.turn;
  second.leave();
  await new Promise((resolve) => setImmediate(resolve));
  order.push("first");
  first.leave();
  await done;
  expect(order).toEqual(["first", "third"]);
});
