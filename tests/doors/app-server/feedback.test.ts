import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, inflateRawSync } from "node:zlib";
import { expect, it } from "vitest";
import { appServerInMemory } from "../../support/app-client.ts";
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
