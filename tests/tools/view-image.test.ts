import { join } from "node:path";
import { truncateSync } from "node:fs";
import { expect, test } from "vitest";
import { imageType, viewImageTool } from "../../src/tools/view-image.ts";
import { callTool, recordedContext } from "./call.ts";
import { temporaryDirectory } from "./temporary-directory.ts";

const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

test.each(["original", "high"] as const)(
  "an image is one part with detail %s, and an item is told",
  async (imageDetail) => {
    using folder = temporaryDirectory();
    const path = folder.write("shots/a.txt", png);
    const { context, started, completed } = recordedContext(folder.path, { imageDetail });
    const url = `data:image/png;base64,${png.toString("base64")}`;
    expect(await callTool(viewImageTool, { path: "shots/a.txt" }, context)).toEqual({
      ok: true,
      output: [{ type: "input_image", image_url: url, detail: imageDetail }],
      data: expect.objectContaining({ image_url: url }),
    });
    expect(started).toEqual([{ type: "imageView", id: "call_1", path }]);
    expect(completed).toEqual(started);
  },
);

test("the type is read from the first bytes", () => {
  expect(imageType(png)).toBe("image/png");
  expect(imageType(Buffer.from("\xff\xd8\xff\xe0", "latin1"))).toBe("image/jpeg");
  expect(imageType(Buffer.from("GIF89a"))).toBe("image/gif");
  expect(imageType(Buffer.from("RIFF\0\0\0\0WEBPVP8 ", "latin1"))).toBe("image/webp");
  expect(imageType(Buffer.from("RIFF\0\0\0\0WAVEfmt ", "latin1"))).toBe(null);
  expect(imageType(new Uint8Array())).toBe(null);
});

test("what is no image, too big or missing is a soft error without an item", async () => {
  using folder = temporaryDirectory();
  truncateSync(folder.write("big.png", png), 20 * 1024 * 1024 + 1);
  folder.write("fake.png", "<svg/>");
  const { context, started } = recordedContext(folder.path);
  const view = (path: string) => callTool(viewImageTool, { path }, context);
  for (const [path, text] of [
    ["fake.png", "is not a PNG, JPEG, GIF or WebP image"],
    ["big.png", "has 20971521 bytes"],
    ["none.png", "it does not exist"],
    [".", "is a directory"],
    ["", "`path` must name an image file"],
  ] as const) {
    expect(await view(path)).toEqual({ ok: false, output: expect.stringContaining(text) });
  }
  expect(started).toEqual([]);
});

test("a model without image input is told so", async () => {
  using folder = temporaryDirectory();
  folder.write("a.png", png);
  const { context } = recordedContext(folder.path, { imageDetail: null });
  expect(await callTool(viewImageTool, { path: "a.png" }, context)).toEqual({
    ok: false,
    output: `Error: \`${join(folder.path, "a.png")}\` was not opened: this model takes no images.`,
  });
});

test("the shown parameters are those of Codex", () => {
  expect(viewImageTool.spec).toMatchObject({
    strict: false,
    parameters: { required: ["path"], additionalProperties: false },
  });
  expect(() => viewImageTool.prepare("{}", recordedContext("/").context)).toThrow("missing field `path`");
});
