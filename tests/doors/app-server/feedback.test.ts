import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, inflateRawSync } from "node:zlib";
import { expect, it } from "vitest";
import { appServerInMemory } from "../../support/app-client.ts";
import { message, respond, startFakeModel } from "../../support/fake-model.ts";
import { makeStage } from "../../support/run.ts";

/** The files of an archive, by way of its directory at the end. */
function unpacked(zip: Buffer): Map<string, Buffer> {
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const files = new Map<string, Buffer>();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [crc, packed, length] = [zip.readUInt32LE(at + 16), zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28)];
    const name = zip.toString("utf8", at + 46, at + 46 + length);
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const bytes = inflateRawSync(zip.subarray(start, start + packed));
    expect(crc32(bytes)).toBe(crc);
    files.set(name, bytes);
    at += 46 + length;
  }
  return files;
}

it("feedback holds what was said and what was added, for its user alone", async () => {
  const stage = await makeStage();
  const server = appServerInMemory(stage);
  try {
    const client = await server.connect();
    const at = (path: string): string => join(stage.workspace, path);
    writeFileSync(at("my log.txt"), "what happened");
    const savePath = at("feedback.zip");
    const said = { classification: "bug", reason: "it broke", tags: { where: "here", classification: "mine" } };
    await client.call("feedback/save", { ...said, savePath, includeLogs: true, extraLogFiles: [at("my log.txt")] });
    const files = unpacked(readFileSync(savePath));
    expect([...files.keys()]).toEqual(["report.json", "attachments/0000/my_log.txt", "manifest.json"]);
    expect(JSON.parse(String(files.get("report.json")))).toMatchObject({
      reason: "it broke",
      tags: { where: "here", classification: "bug" },
    });
    expect(String(files.get("attachments/0000/my_log.txt"))).toBe("what happened");
    expect(statSync(savePath).mode & 0o777).toBe(0o600);
  } finally {
    await server.close();
    await stage.dispose();
  }
});

it("the thread in feedback is without secrets of the agent's own .env, of its configuration, and of what the thread was opened with", async () => {
  const secrets = ["plain-looking-value-1234", "plain-looking-value-5678", "plain-looking-value-9012"] as const;
  const [ofVariable, ofConfig, ofThread] = secrets;
  const model = await startFakeModel(() => respond([message("msg_1", `They are ${secrets.join(" and ")}.`)]));
  const stage = await makeStage({
    baseUrl: model.baseUrl,
    config: `model_providers.other = { name = "other", base_url = "http://127.0.0.1:1", http_headers = { x = "${ofConfig}" } }`,
    homeFiles: { ".env": `MY_SERVICE_TOKEN=${ofVariable}\n` },
  });
  const server = appServerInMemory(stage);
  try {
    const client = await server.connect();
    const { thread } = await client.call("thread/start", {
      cwd: stage.workspace,
      config: { "model_providers.other.http_headers.y": ofThread },
    });
    const { id: threadId } = thread as { id: string };
    await client.call("turn/start", { threadId, input: [{ type: "text", text: "which?" }] });
    await client.next("turn/completed");
    const savePath = join(stage.workspace, "feedback.zip");
    await client.call("feedback/save", { classification: "bug", threadId, savePath, includeLogs: true });
    const log = String(unpacked(readFileSync(savePath)).get("attachments/0000/thread.jsonl"));
    expect(log).toContain("They are [redacted] and [redacted] and [redacted].");
    for (const secret of secrets) expect(log).not.toContain(secret);
  } finally {
    await server.close();
    await model.close();
    await stage.dispose();
  }
});
