import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { appServerInMemory } from "../../../support/app-client.ts";
import { makeStage } from "../../../support/run.ts";

it("a rule that is longer than any path keeps nobody from searching", async () => {
  const stage = await makeStage({ baseUrl: "http://127.0.0.1:9/v1", git: true, files: { "x.ts": "" } });
  const server = appServerInMemory(stage);
  onTestFinished(async () => {
    await server.close();
    await stage.dispose();
  });
  const client = await server.connect();
  const session = { sessionId: "s" };
  // No regular expression can be as long as this.
  await writeFile(join(stage.workspace, ".gitignore"), `${"y".repeat(100_000)}\nz.ts`);
  await writeFile(join(stage.workspace, "z.ts"), "");
  await client.call("fuzzyFileSearch/sessionStart", { ...session, roots: [stage.workspace] });
  await client.next("fuzzyFileSearch/sessionCompleted");
  await client.call("fuzzyFileSearch/sessionUpdate", { ...session, query: "x" });
  const { params: found } = await client.next("fuzzyFileSearch/sessionUpdated", ({ query }) => query === "x");
  expect(found["files"]).toContainEqual(expect.objectContaining({ path: "x.ts" }));
});
