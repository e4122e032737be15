import { expect, test } from "vitest";
import { HttpChannel } from "../../../src/model/http/channel.ts";
import { nodeSystem } from "../../../src/system/node.ts";
import { startFakeModel } from "../../support/fake-model.ts";

test("a stream that breaks, and whose reader fails over that, is over", async () => {
  const server = await startFakeModel(() => ({ parts: [{ raw: 'data: {"a":1}\n\n' }, { cut: true }] }));
  try {
    const endpoint = {
      baseUrl: server.baseUrl,
      queryParams: {},
      headers: {},
      credential: () => null,
      requestMaxRetries: 0,
      streamMaxRetries: 0,
      streamIdleTimeoutMs: 60_000,
    };
    const { signal } = new AbortController();
    const channel = new HttpChannel(endpoint, "/responses", nodeSystem());
    const opened = await channel.open(Buffer.from("{}"), () => ({}), signal);
    if ("failure" in opened) throw new Error(opened.failure.message);
    const read = channel.read<string>(opened.response, {
      signal,
      onEvent: () => null,
      onClose: () => "closed",
      failed: () => {
        throw new Error("the reader has no words for it");
      },
    });
    await expect(read).rejects.toThrow("the reader has no words for it");
  } finally {
    await server.close();
  }
});
